extension JSON {
  /// The value in a few words, for messages.
  public var summary: String {
    switch self {
    case .string(let string): "'\(string.prefix(60))'"
    case .array(let elements): "an array of \(elements.count)"
    case .object(let object): "an object of \(object.count) keys"
    default: text(indented: false)
    }
  }
}

extension String {
  /// The text as one part of a JSON pointer (RFC 6901).
  public var pointerEscaped: String {
    guard utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return self
    }
    return unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
