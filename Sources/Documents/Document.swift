public import Diagnostics

/// A parsed JSON text: its value, and where each part of it stands.
public struct Document: Sendable {
  /// The value of the text.
  public let root: JSON
  /// The file it was read from, for messages.
  public let file: String?
  /// The text and a NUL; nothing for a document that was never text.
  let text: [UInt8]

  /// The deepest nesting that is read.
  public static let maximumDepth = 128
  /// The most bytes of a file that are read.
  public static let maximumFileSize = 64 << 20
  /// The most bytes that json-c takes, with a NUL.
  static let maximumTextSize = Int(Int32.max) - 1

  /// Parses a JSON text (RFC 8259, UTF-8; a byte order mark is skipped).
  ///
  /// - Throws: `malformed` or `truncated` with line and column for what is not JSON, `malformed`
  ///   for a key that an object has twice and for a number that neither 64-bit integers nor
  ///   binary64 hold exactly as written when it is an integer; `tooLarge` beyond
  ///   ``maximumDepth``.
  public init(parsing text: [UInt8], file: String? = nil) throws(CrosswalkError) {
    guard text.count <= Self.maximumTextSize else {
      throw CrosswalkError(
        .tooLarge, "the text is too long", at: Place(file: file),
        expected: "at most \(Self.maximumTextSize) bytes", found: "\(text.count)")
    }
    self.text = text + [0]
    self.file = file
    root = try Parser(text: self.text, file: file).parse()
  }

  /// Parses a JSON text.
  ///
  /// - Throws: as ``init(parsing:file:)-([UInt8],_)``.
  public init(parsing text: String, file: String? = nil) throws(CrosswalkError) {
    try self.init(parsing: Array(text.utf8), file: file)
  }

  /// A document of a value that a program made; its places are pointers without lines.
  public init(_ root: JSON, file: String? = nil) {
    self.root = root
    self.file = file
    text = []
  }

  /// The value of the whole document, with its place.
  public var cursor: DocumentCursor { DocumentCursor(self) }
}

// MARK: places

extension Document {
  /// The place of a part of the document: file, line and column, pointer.
  ///
  /// The text is walked again for it, so ask only when there is something to say.
  ///
  /// - Parameter pointer: a JSON pointer (RFC 6901), as `/nodes/3/name`; of one that leads nowhere
  ///   the place is the last part that is there.
  public func place(of pointer: String) -> Place {
    var place = Place(file: file, .pointer(pointer))
    if let offset = offset(of: path(to: pointer)) {
      place.steps.insert(lineStep(of: offset, in: text), at: 0)
    }
    return place
  }

  /// The indices of the members and elements on the way to a value.
  private func path(to pointer: String) -> [Int] {
    var value = root
    var path: [Int] = []
    for token in pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .dropFirst()
    {
      guard let (index, child) = value.child(atPointerToken: String(Substring(token))) else {
        break
      }
      path.append(index)
      value = child
    }
    return path
  }

  /// The offset of the value at the end of a path of indices.
  private func offset(of path: [Int]) -> Int? {
    guard !text.isEmpty else { return nil }
    var locator = Locator(terminated: text)
    var matched = 0
    while let step = try? locator.next() {
      let depth: Int
      let offset: Int
      switch step {
      case .finished: return nil
      case .closed: continue
      case .opened(let start): (offset, depth) = (start, locator.stack.count - 1)
      case .scalar(let start): (offset, depth) = (start, locator.stack.count)
      }
      guard depth == matched else { continue }
      if depth > 0 && locator.stack[depth - 1].count - 1 != path[depth - 1] { continue }
      if depth == path.count { return offset }
      matched += 1
    }
    return nil
  }
}

/// The line and column of an offset, both counted from 1, columns in Unicode scalars.
func lineStep(of offset: Int, in text: [UInt8]) -> Place.Step {
  let before = text.prefix(offset).drop(while: { [0xEF, 0xBB, 0xBF].contains($0) })
  let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
  let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? before.startIndex
  let column = before[start...].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  return .line(line, column: column)
}

extension JSON {
  /// The child that a token of a JSON pointer names, with its index.
  fileprivate func child(atPointerToken token: String) -> (Int, JSON)? {
    switch self {
    case .array(let elements):
      guard let index = Int(token), elements.indices.contains(index) else { return nil }
      return (index, elements[index])
    case .object(let object):
      return object.members.enumerated()
        .first { $0.element.key.pointerEscaped == token }
        .map { ($0.offset, $0.element.value) }
    default: return nil
    }
  }
}
