import Diagnostics

/// In which of its forms a file keeps word vectors, as its first bytes tell.
struct WordForm: Equatable {
  /// How rows are kept.
  let kind: Kind
  /// How many words the first line says that there are; nil where there is no such line.
  var count: Int?
  /// How many numbers each word has.
  let width: Int
  /// Where the first row begins.
  var start = 0

  /// The forms, by their names in reports.
  enum Kind: String {
    /// A line of two counts; then each word, a space, and its numbers in binary32.
    case binary = "word2vec binary"
    /// A line of two counts; then a line for each word. So fastText's `.vec` is, too.
    case text = "word2vec text"
    /// A line for each word.
    case glove = "GloVe text"
  }

  /// How many bytes of a file tell its form.
  static let headSize = 1 << 18
  /// How many rows are looked at to tell a width that nothing says.
  private static let rowsOfHead = 100

  /// Looks at the first bytes of a file; nil when they are none of word vectors.
  ///
  /// - Parameter isWhole: whether these are all.
  init?(_ head: [UInt8], isWhole: Bool) {
    let form = head.withUnsafeBytes { head in
      Self.header(head).map { Self.withHeader($0, head, isWhole) } ?? Self.glove(head, isWhole)
    }
    guard let form else { return nil }
    self = form
  }

  private init(_ kind: Kind, count: Int?, width: Int, start: Int) {
    (self.kind, self.count, self.width, self.start) = (kind, count, width, start)
  }

  private static func header(_ head: UnsafeRawBufferPointer) -> (
    count: Int, width: Int, start: Int
  )? {
    guard let end = head.prefix(64).firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let parts = WordRow(.init(rebasing: head[..<end])).parts(atMost: 3)
    guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy { $0 &- 48 < 10 } }),
      let count = Int(String(decoding: parts[0], as: UTF8.self)),
      let width = Int(String(decoding: parts[1], as: UTF8.self)), width > 0
    else { return nil }
    return (count, width, end + 1)
  }

  private static func withHeader(
    _ header: (count: Int, width: Int, start: Int), _ head: UnsafeRawBufferPointer, _ isWhole: Bool
  ) -> WordForm? {
    let body = UnsafeRawBufferPointer(rebasing: head[header.start...])
    let line = body.prefix { $0 != UInt8(ascii: "\n") }
    let isText = line.count < body.count || isWhole
    let kind: Kind
    if body.isEmpty {
      guard header.count == 0, isWhole else { return nil }
      kind = .text
    } else if isText, isPlain(line), WordRow(.init(rebasing: line)).numbers > 0 {
      kind = .text
    } else if body.contains(UInt8(ascii: " ")), !isPlain(body[...]) {
      kind = .binary
    } else {
      return nil
    }
    return WordForm(kind, count: header.count, width: header.width, start: header.start)
  }

  /// Whether bytes could be a text's: no controls, as numbers in binary have some soon.
  private static func isPlain(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 || (0x09...0x0D).contains($0) }
  }

  private static func glove(_ head: UnsafeRawBufferPointer, _ isWhole: Bool) -> WordForm? {
    var lines = head.split(
      separator: UInt8(ascii: "\n"), maxSplits: rowsOfHead, omittingEmptySubsequences: false)
    // The last is cut, or what comes after the rows that are looked at.
    if !isWhole || lines.count > rowsOfHead || lines.last?.isEmpty == true { lines.removeLast() }
    var counts: [Int: Int] = [:]
    for line in lines {
      guard isPlain(line) else { return nil }
      let numbers = WordRow(.init(rebasing: line)).numbers
      guard numbers > 1 else { return nil }
      counts[numbers, default: 0] += 1
    }
    // A word whose last part is a number seems to have more of them.
    guard let most = counts.values.max(),
      let width = counts.filter({ $0.value == most }).keys.min(),
      !lines.allSatisfy({ isNumber(wordOf: $0, width) })
    else { return nil }
    return WordForm(.glove, count: nil, width: width, start: 0)
  }

  /// Whether what stands for a word is a number: then it is a table of numbers and no more.
  private static func isNumber(wordOf line: Slice<UnsafeRawBufferPointer>, _ width: Int) -> Bool {
    let line = UnsafeRawBufferPointer(rebasing: line)
    guard let start = WordRow(line).startOfNumbers(width) else { return false }
    return DecimalText.number(.init(rebasing: line[..<(start - 1)])) != nil
  }
}
