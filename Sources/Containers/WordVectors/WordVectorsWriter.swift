public import Diagnostics
public import Documents
import Tensors

extension WordVectors {
  /// No facts of other containers have a place in rows.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    lost += lifted(facts).members.flatMap(names)
    return .object(JSONObject())
  }

  /// Writes the form that the destination's ending asks for.
  ///
  /// Text has the fewest digits that are read back as the same numbers. Rows of the binary form end
  /// in a newline, as the original tool's do, unless the metadata says that they had none.
  ///
  /// - Throws: `unsupported` for tensors that are no word vectors, and for a word that the form
  ///   cannot hold.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    let table = try WordTable(contents.tensors)
    let kind = WordForm.Kind(forEndingOf: file.destination)
    let endsRows = contents.metadata[rowEndKey]?.stringValue != "none"
    let writer = WordRowWriter(table: table, kind: kind, endsRows: endsRows)
    try writer.write(to: file, observer: observer)
  }
}

extension WordForm.Kind {
  /// The form of a name: one of GloVe without counts, one of binary numbers, else text.
  init(forEndingOf name: String) {
    let name = name.lowercased()
    self =
      if name.hasSuffix(".glove") || name.hasSuffix(".glove.txt") {
        .glove
      } else if name.hasSuffix(".w2v") || name.hasSuffix(".word2vec.bin") {
        .binary
      } else {
        .text
      }
  }
}

/// Writes rows in one of the forms.
private struct WordRowWriter {
  let table: WordTable
  let kind: WordForm.Kind
  let endsRows: Bool

  func write(to file: FileWriter, observer: any Observer) throws(CrosswalkError) {
    if kind != .glove {
      try file.append(Array("\(table.count) \(table.width)\n".utf8))
    } else {
      try checkWidth()
    }
    var end = 0
    for start in stride(from: 0, to: table.count, by: table.piece) {
      let range = start..<min(table.count, start + table.piece)
      let rows = try table.rows(range)
      if start == 0 { try checkHead(rows.words) }
      let numbers = try numbers(of: range)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(numbers.count * 5)
      for (row, word) in rows.words.enumerated() {
        try check(word, row: start + row)
        bytes += word
        bytes.append(UInt8(ascii: " "))
        append(numbers[(row * table.width * 4)...].prefix(table.width * 4), to: &bytes)
      }
      try file.append(bytes)
      observer.observe(.advanced(by: numbers.count, item: WordVectors.vectors))
      end = rows.end
    }
    try table.requireEnd(end)
  }

  private func numbers(of rows: Range<Int>) throws(CrosswalkError) -> [UInt8] {
    do throws(CrosswalkError) {
      return try table.vectors.bytes(
        (rows.lowerBound * table.width)..<(rows.upperBound * table.width))
    } catch { throw error.inside(.tensor(WordVectors.vectors)) }
  }

  private func append(_ row: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    if kind == .binary {
      bytes += row
    } else {
      row.withUnsafeBytes { row in
        for place in stride(from: 0, to: row.count, by: 4) {
          let bits = UInt32(littleEndian: row.loadUnaligned(fromByteOffset: place, as: UInt32.self))
          if place > 0 { bytes.append(UInt8(ascii: " ")) }
          DecimalText.append(Float(bitPattern: bits), to: &bytes)
        }
      }
    }
    if kind != .binary || endsRows { bytes.append(UInt8(ascii: "\n")) }
  }

  // MARK: what a form cannot hold

  /// Refuses a word that would be read as another, or as more rows.
  private func check(_ word: ArraySlice<UInt8>, row: Int) throws(CrosswalkError) {
    let ends = kind == .binary ? [UInt8(ascii: " "), UInt8(ascii: "\n")] : [UInt8(ascii: "\n")]
    guard word.contains(where: ends.contains) else { return }
    let text = String(decoding: word.prefix(40), as: UTF8.self)
    throw CrosswalkError(
      .unsupported, "\(kind.rawValue) cannot hold the word of row \(row + 1)",
      at: Place(.tensor(WordVectors.wordBytes)),
      expected: kind == .binary ? "no space and no newline" : "no newline", found: "'\(text)'",
      remedy: kind == .binary
        ? "end the destination in .vec or .glove.txt, or write HDF5 or safetensors"
        : "write HDF5 or safetensors instead")
  }

  /// Refuses a table that would be taken for something else when nothing says its width.
  private func checkWidth() throws(CrosswalkError) {
    guard table.width > 1, table.count > 0 else {
      throw CrosswalkError(
        .unsupported, "GloVe's text cannot say that a table is \(table.count) × \(table.width)",
        remedy: "end the destination in .vec")
    }
  }

  /// Refuses rows of which too many look wider than they are, so that the width could not be told.
  private func checkHead(_ words: [ArraySlice<UInt8>]) throws(CrosswalkError) {
    guard kind == .glove else { return }
    let looked = words.prefix(100)
    var head: [UInt8] = []
    for word in looked {
      head += word
      for _ in 0..<table.width { head += Array(" 0".utf8) }
      head.append(UInt8(ascii: "\n"))
    }
    guard
      WordForm(head, isWhole: true).map({ $0.kind == .glove && $0.width == table.width })
        ?? false
    else {
      throw CrosswalkError(
        .unsupported,
        "the first words end in numbers, so GloVe's text could not be told from others",
        at: Place(.tensor(WordVectors.wordBytes)), remedy: "end the destination in .vec")
    }
  }
}
