public import Diagnostics

/// Comma-separated values (RFC 4180), handed on in pieces so that no table has to fit in memory.
public struct CSVWriter: ~Copyable {
  private var pending: [UInt8] = []
  private let sink: ([UInt8]) throws(CrosswalkError) -> Void

  /// Bytes are handed on when this many are waiting.
  private static let pieceSize = 1 << 16

  /// A writer that gives its bytes to a closure; call ``finish()`` at the end.
  public init(sink: @escaping ([UInt8]) throws(CrosswalkError) -> Void) { self.sink = sink }

  /// Writes one record.
  ///
  /// - Throws: what the closure throws.
  public mutating func write(_ fields: [String]) throws(CrosswalkError) {
    for (index, field) in fields.enumerated() {
      if index > 0 { pending.append(UInt8(ascii: ",")) }
      append(field)
    }
    pending += [13, 10]
    if pending.count >= Self.pieceSize { try flush() }
  }

  /// Hands on what is still waiting.
  ///
  /// - Throws: what the closure throws.
  public consuming func finish() throws(CrosswalkError) { try flush() }

  private mutating func flush() throws(CrosswalkError) {
    try sink(pending)
    pending.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ field: String) {
    guard field.utf8.contains(where: Self.needsQuotes) else {
      pending += field.utf8
      return
    }
    let quote = UInt8(ascii: "\"")
    pending.append(quote)
    for byte in field.utf8 {
      if byte == quote { pending.append(quote) }
      pending.append(byte)
    }
    pending.append(quote)
  }

  private static func needsQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13: true
    default: false
    }
  }
}
