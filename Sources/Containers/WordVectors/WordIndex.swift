import Diagnostics
import Tensors

/// The words of a file, and where the numbers of each begin: what is held of it in memory.
struct WordIndex: Sendable {
  /// The words' bytes, one after the other.
  private(set) var words: [UInt8] = []
  /// Where each word begins among them, and where the last ends.
  private(set) var offsets = [0]
  /// Where each word's numbers begin in the file.
  private(set) var starts: [Int] = []
  /// Where the last row ends.
  private(set) var end = 0
  /// Whether binary rows end in a newline, as those of the original tool do and gensim's do not.
  private(set) var endsRows = false

  /// The number of words.
  var count: Int { starts.count }

  /// More words than any vocabulary has; each takes some bytes of memory.
  static let maximumCount = 100_000_000
  /// Longer than any word is.
  static let maximumWordSize = 1 << 16

  /// Goes through a file.
  ///
  /// - Throws: `truncated` for fewer rows than the first line says, `malformed` for more, or for a
  ///   row that is none.
  init(of stream: ByteStream, _ form: WordForm) throws(CrosswalkError) {
    end = form.start
    switch form.kind {
    case .binary: try readBinary(stream, form)
    case .text, .glove: try readText(stream, form)
    }
  }

  /// The bytes of a word.
  func word(_ row: Int) -> ArraySlice<UInt8> { words[offsets[row]..<offsets[row + 1]] }

  /// Where a row of text ends, without its newline.
  func end(ofTextRow row: Int) -> Int {
    row + 1 < count ? starts[row + 1] - word(row + 1).count - 2 : end
  }

  private mutating func add(_ word: some Collection<UInt8>, numbersAt start: Int)
    throws(CrosswalkError)
  {
    guard word.count <= Self.maximumWordSize, count < Self.maximumCount else {
      throw CrosswalkError(
        .tooLarge, count < Self.maximumCount ? "a word that is too long" : "too many words",
        at: Place(.byte(UInt64(clamping: start))),
        expected: count < Self.maximumCount
          ? "at most \(Self.maximumWordSize) bytes" : "at most \(Self.maximumCount)")
    }
    words += word
    offsets.append(words.count)
    starts.append(start)
  }

  /// Refuses a file that ends before all its rows.
  private func cut(_ form: WordForm) -> CrosswalkError {
    CrosswalkError(
      .truncated, "fewer words than the first line says", at: Place(.byte(UInt64(clamping: end))),
      expected: form.count.map { "\($0) words of \(form.width) numbers" }, found: "\(count)",
      remedy: "it may be a download or copy that was cut: fetch it again")
  }

  private func more(_ form: WordForm) -> CrosswalkError {
    CrosswalkError(
      .malformed, "more after the last of the words that the first line counts",
      at: Place(.byte(UInt64(clamping: end))), expected: form.count.map { "\($0) words" },
      remedy: "if the words are right, correct the count in the first line")
  }
}

// MARK: binary

extension WordIndex {
  private mutating func readBinary(_ stream: ByteStream, _ form: WordForm) throws(CrosswalkError) {
    let (size, overflow) = form.width.multipliedReportingOverflow(by: 4)
    guard !overflow else { throw CrosswalkError(.tooLarge, "more numbers than 64 bits count") }
    var window = Window(stream: stream, start: form.start)
    for row in 0..<(form.count ?? 0) {
      guard var word = try window.word(at: end) else { throw cut(form) }
      let (start, overflow) = (end + word.count + 1).addingReportingOverflow(size)
      guard !overflow, try window.reaches(start) else { throw cut(form) }
      if row > 0, word.first == UInt8(ascii: "\n") {
        word.removeFirst()
        endsRows = true
      }
      try add(word, numbersAt: start - size)
      end = start
    }
    guard let rest = try window.rest(at: end) else { return }
    guard rest == UInt8(ascii: "\n"), try window.rest(at: end + 1) == nil else { throw more(form) }
    endsRows = true
  }

  /// A stretch of the file that words are looked for in.
  private struct Window {
    let stream: ByteStream
    var start: Int
    var bytes: [UInt8] = []

    private static let size = 1 << 20

    init(stream: ByteStream, start: Int) { (self.stream, self.start) = (stream, start) }

    /// The bytes up to a space; nil when the file ends before.
    mutating func word(at place: Int) throws(CrosswalkError) -> [UInt8]? {
      if let word = found(at: place) { return word }
      try move(to: place)
      if let word = found(at: place) { return word }
      guard bytes.count > WordIndex.maximumWordSize else { return nil }
      throw CrosswalkError(
        .malformed, "a word without end", at: Place(.byte(UInt64(clamping: place))),
        expected: "a space within \(WordIndex.maximumWordSize) bytes")
    }

    private func found(at place: Int) -> [UInt8]? {
      guard place >= start, place - start < bytes.count else { return nil }
      let rest = bytes[(place - start)...]
      return rest.prefix(WordIndex.maximumWordSize + 2).firstIndex(of: UInt8(ascii: " "))
        .map { Array(rest[..<$0]) }
    }

    private mutating func move(to place: Int) throws(CrosswalkError) {
      bytes = try stream.bytes(at: place, atMost: Self.size)
      start = place
    }

    /// Whether the file has at least so many bytes.
    mutating func reaches(_ end: Int) throws(CrosswalkError) -> Bool {
      if end <= start + bytes.count { return true }
      guard stream.isCompressed else { return end <= stream.file.size }
      return try rest(at: end - 1) != nil
    }

    /// The byte at a place; nil at the end.
    mutating func rest(at place: Int) throws(CrosswalkError) -> UInt8? {
      if place < start || place >= start + bytes.count { try move(to: place) }
      return bytes.first.map { _ in bytes[place - start] }
    }
  }
}

// MARK: text

extension WordIndex {
  private static let pieceSize = 4 << 20
  /// Longer than any row is.
  private static let maximumLineSize = 1 << 26

  private mutating func readText(_ stream: ByteStream, _ form: WordForm) throws(CrosswalkError) {
    var (pending, start): ([UInt8], Int) = ([], form.start)
    while true {
      let piece = try stream.bytes(at: start + pending.count, atMost: Self.pieceSize)
      let isLast = piece.isEmpty
      guard pending.count <= Self.maximumLineSize else {
        throw CrosswalkError(
          .malformed, "a line that is too long", at: Place(.byte(UInt64(clamping: start))))
      }
      pending += piece
      let used = try pending.withRawBytes { (bytes) throws(CrosswalkError) in
        try addLines(bytes, from: start, isLast: isLast, form)
      }
      (pending, start) = (Array(pending[used...]), start + used)
      if isLast { break }
    }
    if let expected = form.count, count < expected { throw cut(form) }
  }

  /// Adds the lines that are whole; returns how many bytes they have.
  private mutating func addLines(
    _ bytes: UnsafeRawBufferPointer, from place: Int, isLast: Bool, _ form: WordForm
  ) throws(CrosswalkError) -> Int {
    var used = 0
    while used < bytes.count {
      let rest = bytes[used...]
      let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
      guard let line = newline ?? (isLast ? bytes.endIndex : nil) else { break }
      try add(
        line: UnsafeRawBufferPointer(rebasing: bytes[used..<line]), at: place + used, form)
      used = newline == nil ? line : line + 1
    }
    return used
  }

  private mutating func add(line: UnsafeRawBufferPointer, at place: Int, _ form: WordForm)
    throws(CrosswalkError)
  {
    let row = WordRow(line)
    let isEnough = form.count.map { count >= $0 } ?? false
    // A file may end in empty lines.
    if isEnough || form.count == nil, row.isBlank { return }
    guard !isEnough else { throw more(form) }
    guard let start = row.startOfNumbers(form.width) else {
      throw CrosswalkError(
        .malformed, "row \(count + 1) is none of word vectors",
        at: Place(.byte(UInt64(clamping: place))),
        expected: "a word and \(form.width) numbers", found: "\(row.numbers) numbers",
        remedy: "the file may have been cut or changed: fetch or save it again")
    }
    try add(line[..<(start - 1)], numbersAt: place + start)
    end = place + line.count
  }
}
