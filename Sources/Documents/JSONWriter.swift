extension JSON {
  /// The value as JSON text; parsed again it is equal, number by number.
  ///
  /// Doubles have the fewest digits that name them. What is no number becomes a string: `"NaN"`,
  /// `"Infinity"`, `"-Infinity"`.
  ///
  /// - Parameter indented: for a reader: two spaces a level, and on one line what is flat and fits;
  ///   otherwise there is no white space at all.
  public func text(indented: Bool) -> String {
    var writer = JSONWriter()
    if indented { writer.writeIndented(self, level: 0, column: 0) } else { writer.write(self) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Writes JSON; it calls itself as deep as the value is, which a program or ``Document`` made.
private struct JSONWriter {
  /// The columns that a line of the indented form keeps to.
  static let columns = 100

  private(set) var bytes: [UInt8] = []

  /// Writes a value without white space, or in the spaced form of one line.
  mutating func write(_ value: JSON, spaced: Bool = false) {
    let comma = spaced ? ", " : ","
    switch value {
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { write(comma) }
        write(element, spaced: spaced)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      let padding = spaced && !object.isEmpty ? " " : ""
      write("{" + padding)
      for (index, (key, member)) in object.members.enumerated() {
        if index > 0 { write(comma) }
        write(key: key, spaced: spaced)
        write(member, spaced: spaced)
      }
      write(padding + "}")
    default: write(scalar: value)
    }
  }

  /// Writes a value that begins in a column of a line.
  mutating func writeIndented(_ value: JSON, level: Int, column: Int) {
    if value.isFlat, value.writes(within: Self.columns - column) {
      write(value, spaced: true)
      return
    }
    switch value {
    case .array(let elements) where elements.allSatisfy(\.isScalar):
      fill(elements, level: level)
    case .array(let elements):
      writeLines("[", elements, "]", level: level) { (writer, element) in
        writer.writeIndented(element, level: level + 1, column: 2 * (level + 1))
      }
    case .object(let object):
      writeLines("{", object.members, "}", level: level) { (writer, member) in
        let start = writer.bytes.count
        writer.write(key: member.key, spaced: true)
        let column = 2 * (level + 1) + writer.bytes.count - start
        writer.writeIndented(member.value, level: level + 1, column: column)
      }
    default: write(scalar: value)
    }
  }

  /// Writes one part a line.
  private mutating func writeLines<Part>(
    _ open: String, _ parts: [Part], _ close: String, level: Int,
    _ write: (inout JSONWriter, Part) -> Void
  ) {
    self.write(open)
    for (index, part) in parts.enumerated() {
      if index > 0 { self.write(",") }
      newLine(level + 1)
      write(&self, part)
    }
    newLine(level)
    self.write(close)
  }

  /// Writes as many scalars a line as fit.
  private mutating func fill(_ elements: [JSON], level: Int) {
    write("[")
    newLine(level + 1)
    var line = bytes.count - 2 * (level + 1)
    for (index, element) in elements.enumerated() {
      let start = bytes.count
      write(scalar: element)
      if index < elements.count - 1 { write(", ") }
      guard bytes.count - line > Self.columns, start > line + 2 * (level + 1) else { continue }
      // It went over: begin a line before it, in place of the space.
      let written = Array(bytes[start...])
      bytes.removeLast(written.count + 1)
      newLine(level + 1)
      line = bytes.count - 2 * (level + 1)
      bytes += written
    }
    newLine(level)
    write("]")
  }

  private mutating func newLine(_ level: Int) {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(key: String, spaced: Bool) {
    write(string: key)
    write(spaced ? ": " : ":")
  }

  private mutating func write(scalar: JSON) {
    switch scalar {
    case .null, .array, .object: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .integer(let value): write(String(value))
    case .unsigned(let value): write(String(value))
    case .string(let value): write(string: value)
    case .number(let value):
      if value.isFinite {
        write(value.description)
      } else {
        write(string: value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
      }
    }
  }

  private mutating func write(string: String) {
    write("\"")
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write("\\\\")
      case UInt8(ascii: "\n"): write("\\n")
      case UInt8(ascii: "\r"): write("\\r")
      case UInt8(ascii: "\t"): write("\\t")
      case 0..<0x20, 0x7F:
        write((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    write("\"")
  }
}

extension JSON {
  /// Whether it has no parts.
  fileprivate var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// Whether it reads well on one line: scalars, and arrays of them in an object.
  fileprivate var isFlat: Bool {
    switch self {
    case .array(let elements): elements.allSatisfy(\.isScalar)
    case .object(let object):
      object.members.allSatisfy {
        $0.value.isScalar || $0.value.arrayValue != nil && $0.value.isFlat
      }
    default: true
    }
  }

  /// Whether the one-line form takes no more than so many columns.
  fileprivate func writes(within columns: Int) -> Bool {
    guard minimumWidth <= columns else { return false }
    var writer = JSONWriter()
    writer.write(self, spaced: true)
    return writer.bytes.count <= columns
  }

  /// Columns that a flat value takes at the very least, found without writing it.
  private var minimumWidth: Int {
    switch self {
    case .array(let elements): 3 * elements.count
    case .object(let object):
      object.members.reduce(0) { $0 + $1.key.utf8.count + 6 + $1.value.minimumWidth }
    case .string(let string): string.utf8.count
    default: 1
    }
  }
}
