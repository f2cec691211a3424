import Architectures
import CKernels
import Diagnostics

extension Add: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    try combine(call, .add)
  }
}

extension Multiply: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    try combine(call, .multiply)
  }
}

extension Scale: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let result = try call.floating("input").copy()
    S.kernels.scale(result.elements.baseAddress, S(by), result.count)
    return Outcome(result)
  }
}

extension Arithmetic: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let combination: Combination =
      switch function {
      case .subtract: .subtract
      case .divide: .divide
      case .maximum: .maximum
      case .minimum: .minimum
      case .average: .add
      case .power: .power
      case .floorDivide: .floorDivide
      case .remainder: .remainder
      }
    let result = try combine(call, combination, asNumbers: function.makesFractions)
    if function == .average, case .floating(let sum) = result.value {
      S.kernels.scale(sum.elements.baseAddress, 1 / S(call.all("input").count), sum.count)
    }
    return result
  }
}

/// How two numbers make one.
private enum Combination {
  case add, subtract, multiply, divide, maximum, minimum, power, floorDivide, remainder

  /// The kernel's number.
  var code: Int32 {
    let code =
      switch self {
      case .add: CK_ADD
      case .subtract: CK_SUBTRACT
      case .multiply: CK_MULTIPLY
      case .divide: CK_DIVIDE
      case .maximum: CK_MAXIMUM
      case .minimum: CK_MINIMUM
      case .power: CK_POWER
      case .floorDivide: CK_FLOOR_DIVIDE
      case .remainder: CK_REMAINDER
      }
    return Int32(code.rawValue)
  }

  /// The same of ids; what 64 bits do not hold wraps around, as in the frameworks.
  func callAsFunction(_ a: Int, _ b: Int) throws(CrosswalkError) -> Int {
    switch self {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .power:
      guard (0...64).contains(b) || a.magnitude <= 1, b >= 0 else {
        throw CrosswalkError(
          .invalidInput, "a power of ids that no 64 bits hold", found: "\(a) to the \(b)",
          remedy: "cast to floating first")
      }
      return (0..<(a.magnitude <= 1 ? b % 2 + (b > 0 ? 2 : 0) : b)).reduce(1) { power, _ in
        power &* a
      }
    case .divide, .floorDivide, .remainder:
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      guard b != 0 else { throw CrosswalkError(.invalidInput, "ids divided by 0") }
      guard !overflow else { return self == .remainder ? 0 : a }
      let rest = a &- quotient &* b
      let isBelow = rest != 0 && (rest < 0) != (b < 0)
      return self == .remainder ? (isBelow ? rest + b : rest) : (isBelow ? quotient - 1 : quotient)
    }
  }
}

/// The inputs combined in order, each broadcast to the common shape; ids when all are.
private func combine<S: Scalar>(
  _ call: Call<S>, _ combination: Combination, asNumbers: Bool = false
) throws(CrosswalkError) -> Outcome<S> {
  let operands = call.all("input")
  let shape = try broadcast(operands.map(\.shape))
  guard let first = operands.first else {
    throw CrosswalkError(.invalidInput, "nothing flows into 'input'")
  }
  if !asNumbers, let ids = operands.ids() {
    let result = try ids[0].broadcast(to: shape).copy()
    for operand in ids.dropFirst() {
      let aligned = try operand.broadcast(to: shape)
      for place in 0..<result.count {
        result.elements[place] = try combination(result.elements[place], aligned.elements[place])
      }
    }
    return Outcome(.integer(result))
  }
  let result = try first.numbers().broadcast(to: shape).copy()
  for operand in operands.dropFirst() {
    let aligned = try operand.numbers().broadcast(to: shape)
    guard let sum = result.elements.baseAddress, let addend = aligned.elements.baseAddress else {
      continue
    }
    Workers.share(result.count, cost: 1, unit: 64) { range in
      S.kernels.combine(
        combination.code, sum + range.lowerBound, addend + range.lowerBound, range.count)
    }
  }
  return Outcome(result)
}

extension Array {
  /// All as ids; nil when one of them is numbers, or there are none.
  fileprivate func ids<S: Scalar>() -> [Tensor<Int>]? where Element == Value<S> {
    var ids: [Tensor<Int>] = []
    for value in self {
      guard case .integer(let tensor) = value else { return nil }
      ids.append(tensor)
    }
    return ids.isEmpty ? nil : ids
  }
}

extension Value {
  /// The value as numbers, ids too.
  func numbers() throws(CrosswalkError) -> Tensor<S> {
    switch self {
    case .floating(let tensor): return tensor
    case .integer(let ids):
      let numbers = try Tensor<S>(shape: ids.shape)
      for place in 0..<ids.count { numbers.elements[place] = S(ids.elements[place]) }
      return numbers
    }
  }
}

extension Compare: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let operands = call.all("input")
    let shape = try broadcast(operands.map(\.shape))
    let result = try Tensor<Int>(shape: shape)
    if let ids = operands.ids() {
      var aligned: [Tensor<Int>] = []
      for operand in ids { aligned.append(try operand.broadcast(to: shape)) }
      hold(aligned, 0, result)
    } else {
      var aligned: [Tensor<S>] = []
      for operand in operands { aligned.append(try operand.numbers().broadcast(to: shape)) }
      hold(aligned, 0, result)
    }
    return Outcome(.integer(result))
  }

  @specialized(where Number == Float)
  @specialized(where Number == Double)
  @specialized(where Number == Int)
  private func hold<Number: Comparable & BitwiseCopyable & Sendable>(
    _ operands: [Tensor<Number>], _ zero: Number, _ result: Tensor<Int>
  ) {
    let holds: (Number, Number) -> Bool =
      switch function {
      case .equal: { $0 == $1 }
      case .notEqual: { $0 != $1 }
      case .less: { $0 < $1 }
      case .lessEqual: { $0 <= $1 }
      case .greater: { $0 > $1 }
      case .greaterEqual: { $0 >= $1 }
      case .and: { $0 != zero && $1 != zero }
      case .or: { $0 != zero || $1 != zero }
      case .xor: { ($0 != zero) != ($1 != zero) }
      case .not: { value, _ in value == zero }
      }
    guard let first = operands.first else { return }
    let second = operands.count > 1 ? operands[1] : first
    for place in 0..<result.count {
      result.elements[place] = holds(first.elements[place], second.elements[place]) ? 1 : 0
    }
    for operand in operands.dropFirst(2) {
      for place in 0..<result.count {
        let isTrue = operand.elements[place] != zero
        result.elements[place] =
          function == .and
          ? (result.elements[place] != 0 && isTrue ? 1 : 0)
          : (result.elements[place] != 0 || isTrue ? 1 : 0)
      }
    }
  }
}
