import Diagnostics
import Documents
import Tensors

/// Inputs written as nested lists of numbers.
enum JSONInputs {
  static func read(_ path: String) throws(CrosswalkError) -> TensorTable {
    let document = try Document(
      parsing: PythonWords.quoted(Document.text(reading: path)), file: path)
    guard document.root.objectValue != nil else {
      throw DocumentCursor(document).refusal(
        "inputs are given by name", kind: .invalidInput, expected: "an object",
        found: "something else", remedy: #"write {"input_ids": [[101, 102]]}"#)
    }
    var inputs = TensorTable()
    for (name, cursor) in try DocumentCursor(document).members() {
      var nested = NestedList(document, at: cursor.pointer)
      try nested.take(cursor.value)
      try inputs.append(name, nested.tensor())
    }
    return inputs
  }
}

/// Nested lists as they are read: their numbers in a row, their extents, where it stands.
private struct NestedList {
  private let document: Document
  private let root: String
  private var path: [Int] = []
  private var shape: [Int] = []
  /// The depth at which numbers stand, once one was met.
  private var rank: Int?
  private var numbers: [Double] = []
  private var integers: [Int64] = []
  private var kind: Kind?

  enum Kind: String {
    case integer = "integers"
    case number = "numbers"
    case boolean = "truth values"
  }

  init(_ document: Document, at root: String) {
    self.document = document
    self.root = root
  }

  /// Takes a value at the current path; no deeper than a tensor has axes.
  mutating func take(_ value: JSON) throws(CrosswalkError) {
    guard let elements = value.arrayValue else { return try take(scalar: value) }
    guard path.count < Shape.maximumRank else {
      throw refusal("lists nested too deep", "at most \(Shape.maximumRank) lists", "more")
    }
    guard path.count != rank else { throw refusal("a list among numbers", "a number", "a list") }
    if path.count == shape.count {
      shape.append(elements.count)
    } else if shape[path.count] != elements.count {
      throw refusal(
        "a list of another length than those before it", "\(shape[path.count]) elements",
        "\(elements.count)")
    }
    for (index, element) in elements.enumerated() {
      path.append(index)
      try take(element)
      path.removeLast()
    }
  }

  private mutating func take(scalar: JSON) throws(CrosswalkError) {
    guard rank ?? shape.count == path.count, shape.count == path.count else {
      throw refusal("a number among lists", "a list", scalar.text(indented: false))
    }
    rank = path.count
    let isBoolean = scalar.boolValue != nil
    let infinity = scalar.stringValue.flatMap { PythonWords.infinities[$0] }
    guard let number = scalar.boolValue.map({ $0 ? 1 : 0 }) ?? scalar.doubleValue ?? infinity else {
      throw refusal(
        "an input that is neither a number nor true or false", "a number or truth value",
        scalar.text(indented: false))
    }
    guard Float(number).isFinite || infinity != nil else {
      throw refusal("a number beyond binary32", "at most 3.4e38", scalar.text(indented: false))
    }
    guard kind == nil || (kind == .boolean) == isBoolean else {
      throw refusal(
        "truth values among numbers", kind?.rawValue ?? "", scalar.text(indented: false))
    }
    if isBoolean {
      kind = .boolean
    } else if case .integer(let integer) = scalar {
      kind = kind ?? .integer
      integers.append(integer)
    } else {
      kind = .number
    }
    numbers.append(number)
  }

  func tensor() throws(CrosswalkError) -> StoredTensor {
    switch kind {
    case .boolean:
      let bytes = numbers.map { $0 == 0 ? UInt8(0) : 1 }
      return try StoredTensor(.bool, shape, source: MemorySource(bytes, of: .bool))
    case .number: return try StoredTensor(numbers.map(Float.init), shape: shape)
    default: return try StoredTensor(integers, shape: shape)
    }
  }

  private func refusal(_ message: String, _ expected: String, _ found: String) -> CrosswalkError {
    let pointer = path.reduce(root) { "\($0)/\($1)" }
    return CrosswalkError(
      .invalidInput, message, at: document.place(of: pointer), expected: expected, found: found)
  }
}

/// Infinity as Python's json module writes it in a causal mask, which is not JSON.
private enum PythonWords {
  static let infinities: [String: Double] = [
    "Infinity": .infinity, "-Infinity": -.infinity, "Inf": .infinity, "-Inf": -.infinity,
  ]

  /// The text with each bare word as a string of the same length, blanks after it: places stay.
  static func quoted(_ text: [UInt8]) -> [UInt8] {
    let word = Array("Infinity".utf8)
    guard text.contains(word[0]) else { return text }
    var result = text
    var position = 0
    var isInString = false
    while position < text.count {
      let byte = text[position]
      if isInString, byte == UInt8(ascii: "\\") {
        position += 1
      } else if byte == UInt8(ascii: "\"") {
        isInString.toggle()
      } else if !isInString, byte == word[0], text[position...].starts(with: word) {
        let isNegative = position > 0 && text[position - 1] == UInt8(ascii: "-")
        let start = isNegative ? position - 1 : position
        let replacement = Array((isNegative ? "\"-Inf\"   " : "\"Inf\"   ").utf8)
        result.replaceSubrange(start..<start + replacement.count, with: replacement)
        position += word.count - 1
      }
      position += 1
    }
    return result
  }
}
