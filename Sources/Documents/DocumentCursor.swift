public import Diagnostics

/// A value of a document that knows where it stands, so that whoever decodes it can say so.
public struct DocumentCursor: Sendable {
  /// The document.
  public let document: Document
  /// The JSON pointer to the value (RFC 6901).
  public let pointer: String
  /// The value.
  public let value: JSON

  /// The value of a whole document.
  public init(_ document: Document) {
    self.init(document, "", document.root)
  }

  private init(_ document: Document, _ pointer: String, _ value: JSON) {
    self.document = document
    self.pointer = pointer
    self.value = value
  }

  /// The place of the value: file, line and column, pointer.
  public var place: Place { document.place(of: pointer) }

  /// A refusal of this value, to be thrown.
  public func refusal(
    _ message: String, kind: CrosswalkError.Kind = .invalidDocument, expected: String? = nil,
    found: String? = nil, remedy: String? = nil
  ) -> CrosswalkError {
    CrosswalkError(kind, message, at: place, expected: expected, found: found, remedy: remedy)
  }

  private func wrongKind(_ expected: String) -> CrosswalkError {
    refusal("the value is of the wrong kind", expected: expected, found: value.summary)
  }
}

// MARK: scalars

extension DocumentCursor {
  /// Whether the value is `null`.
  public var isNull: Bool { value.isNull }

  /// The value as a string.
  public func string() throws(CrosswalkError) -> String {
    guard let string = value.stringValue else { throw wrongKind("a string") }
    return string
  }

  /// The value as an integer; `2.0` is one.
  public func int() throws(CrosswalkError) -> Int {
    guard let int = value.intValue else { throw wrongKind("an integer") }
    return int
  }

  /// The value as an integer within bounds.
  public func int(in range: ClosedRange<Int>) throws(CrosswalkError) -> Int {
    let int = try int()
    guard range.contains(int) else {
      throw refusal(
        "the number is out of range", expected: range.summary, found: String(int))
    }
    return int
  }

  /// The value as a number.
  public func double() throws(CrosswalkError) -> Double {
    guard let double = value.doubleValue else { throw wrongKind("a number") }
    return double
  }

  /// The value as a truth value.
  public func bool() throws(CrosswalkError) -> Bool {
    guard let bool = value.boolValue else { throw wrongKind("true or false") }
    return bool
  }

  /// The value as one of the strings of an enumeration.
  public func one<Choice: CaseIterable & RawRepresentable<String>>(
    of type: Choice.Type
  ) throws(CrosswalkError) -> Choice {
    let name = try string()
    if let choice = Choice(rawValue: name) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    throw refusal(
      "the value is not known", expected: names.map { "'\($0)'" }.joined(separator: ", "),
      found: "'\(name)'", remedy: suggestion(for: name, among: names))
  }
}

// MARK: parts

extension DocumentCursor {
  /// The elements, when the value is an array.
  public func array() throws(CrosswalkError) -> [DocumentCursor] {
    guard let elements = value.arrayValue else { throw wrongKind("an array") }
    return elements.enumerated().map {
      DocumentCursor(document, "\(pointer)/\($0.offset)", $0.element)
    }
  }

  /// The members in order, when the value is an object.
  public func members() throws(CrosswalkError) -> [(key: String, value: DocumentCursor)] {
    try object().members.map { ($0.key, member($0.key, $0.value)) }
  }

  /// The member of a key that must be there.
  public func require(_ key: String) throws(CrosswalkError) -> DocumentCursor {
    let object = try object()
    if let value = object[key] { return member(key, value) }
    throw refusal(
      "the key '\(key)' is missing", remedy: suggestion(for: key, among: object.keys))
  }

  /// The member of a key, when it is there; it may be `null`.
  public func optional(_ key: String) throws(CrosswalkError) -> DocumentCursor? {
    try object()[key].map { member(key, $0) }
  }

  /// Refuses an object that has other keys than these.
  public func rejectUnknownKeys(_ known: [String]) throws(CrosswalkError) {
    for (key, value) in try members() where !known.contains(key) {
      throw value.refusal(
        "the key '\(key)' is not known",
        remedy: suggestion(for: key, among: known)
          ?? "known here: " + known.joined(separator: ", "))
    }
  }

  private func object() throws(CrosswalkError) -> JSONObject {
    guard let object = value.objectValue else { throw wrongKind("an object") }
    return object
  }

  private func member(_ key: String, _ value: JSON) -> DocumentCursor {
    DocumentCursor(document, pointer + "/" + key.pointerEscaped, value)
  }
}

// MARK: words

/// "did you mean …", when a name is near.
private func suggestion(for name: String, among candidates: [String]) -> String? {
  let near = nearest(to: name, among: candidates)
  return near.isEmpty
    ? nil : "did you mean " + near.map { "'\($0)'" }.joined(separator: " or ") + "?"
}

extension ClosedRange<Int> {
  fileprivate var summary: String {
    switch (lowerBound, upperBound) {
    case (let low, .max): "at least \(low)"
    case (.min, let high): "at most \(high)"
    case (let low, let high): "\(low) to \(high)"
    }
  }
}
