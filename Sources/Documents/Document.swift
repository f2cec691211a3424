public import Diagnostics

/// A parsed JSON text: its value, and where each part of it stands.
public struct Document: Sendable {
  /// The value of the text.
  public let root: JSON
  /// The file it was read from, for messages.
  public let file: String?

  /// Parses a JSON text (RFC 8259, UTF-8).
  ///
  /// - Throws: `malformed` with line and column for what is not JSON, for a key that an object has
  ///   twice, for a number that neither 64-bit integers nor binary64 hold exactly as written when
  ///   it is an integer; `tooLarge` beyond ``maximumDepth``.
  public init(parsing text: [UInt8], file: String? = nil) throws(CrosswalkError) {
    throw CrosswalkError(.unsupported, "not built yet")
  }

  /// The deepest nesting that is read.
  public static let maximumDepth = 128

  /// The place of a part of the document: file, line and column, pointer.
  ///
  /// - Parameter pointer: a JSON pointer (RFC 6901), as `/nodes/3/name`.
  public func place(of pointer: String) -> Place { Place(file: file, .pointer(pointer)) }
}
