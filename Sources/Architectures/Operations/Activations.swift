public import Diagnostics

/// A function applied to each number.
public struct Activation: Operation {
  /// `activation`.
  public static let name = "activation"
  /// What it does.
  public static let summary = "a function of each number"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// Which function.
  public let function: NumberFunction

  /// Reads `function` and the options that it has.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try NumberFunction(&settings)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    type.element = .floating
    return Signature(type)
  }
}

/// A function of one number, with its options.
public struct NumberFunction: Sendable, Equatable {
  /// Which function.
  public let function: Activation.Function
  /// The options' values, in the function's own order.
  public let options: [Double]

  /// A function with its options as they are when left out.
  public init(_ function: Activation.Function) {
    self.function = function
    options = function.options.map { $0.value }
  }

  /// Reads `function` and its options.
  init(_ settings: inout Settings) throws(CrosswalkError) {
    function = try settings.word("function")
    var options: [Double] = []
    for (key, fallback) in function.options {
      // JSON has no infinity: what is unbounded has its default so.
      options.append(
        fallback.isFinite
          ? try settings.number(key, default: fallback)
          : try settings.optionalNumber(key) ?? fallback)
    }
    self.options = options
    for (key, value) in zip(function.options.map(\.key), options)
    where function.divides.contains(key) && value == 0 {
      throw CrosswalkError(
        .invalidDocument, "an option that is divided by", at: Place(.key(key)),
        expected: "not 0", found: "0")
    }
  }
}

extension Settings {
  /// A function of one number: its word, or an object with `function` and its options.
  public mutating func function(_ key: String, default fallback: Activation.Function)
    throws(CrosswalkError) -> NumberFunction
  {
    if isObject(key) {
      return try nested(key) { (inner: inout Settings) throws(CrosswalkError) in
        try NumberFunction(&inner)
      } ?? NumberFunction(fallback)
    }
    return NumberFunction(try word(key, default: fallback))
  }
}

/// A rectifier whose slope below zero is learned (He 2015).
public struct PRelu: Operation {
  /// `prelu`.
  public static let name = "prelu"
  /// What it does.
  public static let summary = "x, or weight × x below zero; parameter weight (shape)"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The weight's shape.
  public let shape: [Int]
  /// The input's axis that the weight's last one lines up with, negative from the end.
  public let axis: Int

  /// Reads `shape` and `axis`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    shape = try settings.extents("shape")
    axis = try settings.position("axis", default: -1)
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    _ = try aligned(with: input.axes.map(\.extent))
    return Signature(input, parameters: [("weight", shape)])
  }

  /// The weight's shape with as many axes as the input has.
  ///
  /// - Throws: `wrongShape` when the weight does not broadcast to the input.
  public func aligned(with input: [Int?]) throws(CrosswalkError) -> [Int] {
    let last = try axisPosition(axis, of: input.count)
    let front = last + 1 - shape.count
    let padded =
      Array(repeating: 1, count: max(0, front)) + shape
      + Array(repeating: 1, count: input.count - 1 - last)
    guard front >= 0, zip(padded, input).allSatisfy({ $0 == 1 || $1 == nil || $0 == $1 }) else {
      throw CrosswalkError(
        .wrongShape, "a weight that does not broadcast to the input", at: Place(.key("shape")),
        expected: input.map { $0.map(String.init) ?? "?" }.joined(separator: ", "),
        found: "\(shape)")
    }
    return padded
  }
}

/// One half of an axis as it is, times a function of the other half (Dauphin 2017, Shazeer 2020).
public struct GatedLinearUnit: Operation {
  /// `glu`.
  public static let name = "glu"
  /// What it does.
  public static let summary = "one half of an axis times a function of the other half"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The axis, negative from the end.
  public let axis: Int
  /// The function of the gate.
  public let function: NumberFunction
  /// Which half is the gate.
  public let gate: Half

  /// One half of an axis.
  public enum Half: String, Sendable, CaseIterable {
    /// The one at the beginning.
    case first
    /// The one at the end, as torch.nn.GLU has it.
    case second
  }

  /// Reads `axis`, `function` and `gate`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axis = try settings.position("axis", default: -1)
    function = try settings.function("function", default: .sigmoid)
    gate = try settings.word("gate", default: .second)
  }

  /// The input with one axis half as long.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    let position = try axisPosition(axis, of: type.axes.count)
    type.axes[position].extent = try type.axes[position].extent.map(half)
    return Signature(type)
  }

  /// Half of an extent.
  ///
  /// - Throws: `wrongShape` when it is odd.
  package func half(_ extent: Int) throws(CrosswalkError) -> Int {
    guard extent % 2 == 0 else {
      throw CrosswalkError(
        .wrongShape, "an axis that has no halves", at: Place(.key("axis")),
        expected: "an even extent", found: String(extent))
    }
    return extent / 2
  }
}
