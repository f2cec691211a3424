import Documents

/// The type of a value in GGUF's metadata: a scalar's code, or an array's and its elements'.
struct GGUFValueType: Equatable {
  let code: UInt32
  /// The code of an array's elements, unless they are arrays.
  var element: UInt32?

  static let array: UInt32 = 9

  /// The least bytes of a value of each type but arrays.
  static let byteCounts: [UInt32: Int] = [
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8,
  ]

  private static let words: [String] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64",
  ]

  private init(_ code: UInt32, of element: UInt32? = nil) {
    (self.code, self.element) = (code, element)
  }

  /// The type of a value in a file; nil for arrays of arrays, whose own types are not kept.
  init?(code: UInt32, element: UInt32?) {
    guard element != Self.array, Self.words.indices.contains(Int(code)) else { return nil }
    self.init(code, of: element)
  }

  /// The word by which a type is noted: `u64`, or `[i32]` for an array.
  var word: String {
    guard let element else { return Self.words[Int(code)] }
    return "[\(Self.words[Int(element)])]"
  }

  /// The type that a word notes.
  init?(word: String) {
    let isArray = word.hasPrefix("[") && word.hasSuffix("]")
    let inner = isArray ? String(word.dropFirst().dropLast()) : word
    guard let position = Self.words.firstIndex(of: inner), position != Int(Self.array) else {
      return nil
    }
    let code = UInt32(position)
    self.init(isArray ? Self.array : code, of: isArray ? code : nil)
  }

  /// The type that a value is written as unless another was noted; nil where GGUF has none.
  init?(guessedFor value: JSON) {
    switch value {
    case .bool: self.init(7)
    case .string: self.init(8)
    case .number(let number): self.init(Self.isSingle(number) ? 6 : 12)
    case .unsigned: self.init(10)
    case .integer(let number):
      self.init(UInt32(exactly: number) != nil ? 4 : Int32(exactly: number) != nil ? 5 : 11)
    case .array(let values):
      guard let common = Self.common(values.map { GGUFValueType(guessedFor: $0)?.code }) else {
        return nil
      }
      self.init(Self.array, of: common)
    case .null, .object: return nil
    }
  }

  /// The code of the elements of an array; nil where they have nothing in common.
  private static func common(_ codes: [UInt32?]) -> UInt32? {
    switch Set(codes) {
    case []: 4
    case let same where same.count == 1: same.first.flatMap { $0 }
    case let integers where integers.isSubset(of: [4, 5, 11]): 11
    case let numbers where numbers.isSubset(of: [6, 12]): 12
    default: nil
    }
  }

  private static func isSingle(_ number: Double) -> Bool {
    number.isNaN || Double(Float(number)) == number
  }
}
