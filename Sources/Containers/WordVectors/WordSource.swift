import Diagnostics
import Tensors

/// The numbers of all words, read from their rows when they are wanted.
struct WordSource: TensorSource {
  let stream: ByteStream
  let index: WordIndex
  let form: WordForm

  private static let pieceSize = 1 << 20

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    do throws(CrosswalkError) {
      var row = range.lowerBound / form.width
      while row * form.width < range.upperBound {
        let rows = rows(from: row, before: range.upperBound)
        try read(rows, of: range, into: buffer)
        row = rows.upperBound
      }
    } catch { throw error.inFile(stream.file.path) }
  }

  /// As many rows as are read at a time.
  private func rows(from first: Int, before end: Int) -> Range<Int> {
    var last = first + 1
    while last * form.width < end, self.end(of: last) - index.starts[first] <= Self.pieceSize {
      last += 1
    }
    return first..<last
  }

  private func end(of row: Int) -> Int {
    form.kind == .binary ? index.starts[row] + form.width * 4 : index.end(ofTextRow: row)
  }

  /// Reads what is wanted of some rows.
  private func read(
    _ rows: Range<Int>, of range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    let start = index.starts[rows.lowerBound]
    let bytes = try stream.bytes(at: start, count: max(0, end(of: rows.upperBound - 1) - start))
    try bytes.withRawBytes { (bytes) throws(CrosswalkError) in
      for row in rows {
        let wanted = range.clamped(to: (row * form.width)..<((row + 1) * form.width))
        let line = UnsafeRawBufferPointer(
          rebasing: bytes[(index.starts[row] - start)..<(end(of: row) - start)])
        let first = (wanted.lowerBound - row * form.width) * 4
        let place = (wanted.lowerBound - range.lowerBound) * 4
        let room = UnsafeMutableRawBufferPointer(
          rebasing: buffer[place...].prefix(wanted.count * 4))
        if form.kind == .binary {
          room.copyMemory(from: .init(rebasing: line[first...].prefix(room.count)))
        } else if wanted.count == form.width {
          try parse(line, row, into: room)
        } else {
          let whole = try [UInt8](count: form.width * 4) { (whole) throws(CrosswalkError) in
            try parse(line, row, into: whole)
          }
          room.copyBytes(from: whole[first...].prefix(room.count))
        }
      }
    }
  }

  /// Reads the text of a whole row.
  private func parse(
    _ line: UnsafeRawBufferPointer, _ row: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    guard let wrong = WordRow(line).read(into: room) else { return }
    throw CrosswalkError(
      .malformed, "row \(row + 1) is none of word vectors",
      at: Place(.byte(UInt64(clamping: index.starts[row]))), expected: "\(form.width) numbers",
      found: wrong.isEmpty ? "another count" : "'\(String(decoding: wrong, as: UTF8.self))'")
  }
}
