import Diagnostics
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What names and functions mean while a formula is evaluated.
protocol Environment {
  /// The value of a name, nil when there is none of this name.
  func value(of name: String) throws(CrosswalkError) -> JSON?
  /// The value of a function that looks at the checkpoint's tensors, nil for an unknown function.
  func call(_ function: String, _ arguments: [JSON]) throws(CrosswalkError) -> JSON?
}

extension Environment {
  func call(_ function: String, _ arguments: [JSON]) throws(CrosswalkError) -> JSON? { nil }
}

extension Expression {
  /// The value of the formula.
  ///
  /// Arithmetic with null gives null: what is not known stays so.
  func evaluate(in environment: some Environment) throws(CrosswalkError) -> JSON {
    switch self {
    case .literal(let value): return value
    case .name(let name):
      guard let value = try environment.value(of: name) else {
        throw CrosswalkError(.invalidDocument, "the formula uses '\(name)', which nothing defines")
      }
      return value
    case .list(let items):
      return .array(try Self.evaluate(items, in: environment))
    case .call(let function, let arguments):
      return try Self.call(
        function, try Self.evaluate(arguments, in: environment), in: environment)
    case .index(let list, let index):
      return try Self.element(
        of: list.evaluate(in: environment), at: index.evaluate(in: environment))
    case .unary(let symbol, let operand):
      let value = try operand.evaluate(in: environment)
      if symbol == "!" { return .bool(!(try Self.truth(value))) }
      return try Self.arithmetic("-", .integer(0), value)
    case .binary(let symbol, let left, let right):
      return try Self.binary(symbol, left, right, in: environment)
    case .conditional(let condition, let yes, let no):
      return try Self.truth(condition.evaluate(in: environment))
        ? yes.evaluate(in: environment) : no.evaluate(in: environment)
    }
  }

  private static func evaluate(_ items: [Expression], in environment: some Environment)
    throws(CrosswalkError) -> [JSON]
  {
    var values: [JSON] = []
    for item in items { values.append(try item.evaluate(in: environment)) }
    return values
  }

  /// Whether a value counts as true: null does not.
  static func truth(_ value: JSON) throws(CrosswalkError) -> Bool {
    switch value {
    case .bool(let truth): return truth
    case .null: return false
    default:
      throw CrosswalkError(
        .invalidDocument, "a condition that is neither true nor false", expected: "a truth value",
        found: value.text(indented: false))
    }
  }

  private static func binary(
    _ symbol: String, _ left: Expression, _ right: Expression, in environment: some Environment
  ) throws(CrosswalkError) -> JSON {
    let a = symbol == "??" ? try left.known(in: environment) : try left.evaluate(in: environment)
    switch symbol {
    case "&&", "||":
      let isDecided = try truth(a) == (symbol == "||")
      return isDecided ? .bool(symbol == "||") : .bool(try truth(right.evaluate(in: environment)))
    case "??": return a.isNull ? try right.evaluate(in: environment) : a
    default: break
    }
    let b = try right.evaluate(in: environment)
    switch symbol {
    case "==": return .bool(equal(a, b))
    case "!=": return .bool(!equal(a, b))
    case "<", "<=", ">", ">=": return try compare(symbol, a, b)
    default: return try arithmetic(symbol, a, b)
    }
  }

  /// The value of what may not be there: null for an element beyond a list's end.
  private func known(in environment: some Environment) throws(CrosswalkError) -> JSON {
    guard case .index(let list, let index) = self,
      let items = try list.evaluate(in: environment).arrayValue,
      let position = try index.evaluate(in: environment).intValue
    else { return try evaluate(in: environment) }
    return items.indices.contains(position) ? items[position] : .null
  }

  static func equal(_ a: JSON, _ b: JSON) -> Bool {
    if let x = a.doubleValue, let y = b.doubleValue { return x == y }
    return a == b
  }

  private static func compare(_ symbol: String, _ a: JSON, _ b: JSON) throws(CrosswalkError)
    -> JSON
  {
    if a.isNull || b.isNull { return .null }
    guard let x = a.doubleValue, let y = b.doubleValue else { throw notNumbers(symbol, a, b) }
    switch symbol {
    case "<": return .bool(x < y)
    case "<=": return .bool(x <= y)
    case ">": return .bool(x > y)
    default: return .bool(x >= y)
    }
  }

  private static func arithmetic(_ symbol: String, _ a: JSON, _ b: JSON) throws(CrosswalkError)
    -> JSON
  {
    if a.isNull || b.isNull { return .null }
    if symbol == "+", let x = a.stringValue ?? a.label, let y = b.stringValue ?? b.label,
      a.stringValue != nil || b.stringValue != nil
    {
      return .string(x + y)
    }
    if let x = a.intValue, let y = b.intValue, let whole = whole(symbol, x, y) {
      return .integer(Int64(whole))
    }
    guard let x = a.doubleValue, let y = b.doubleValue else { throw notNumbers(symbol, a, b) }
    switch symbol {
    case "+": return .number(x + y)
    case "-": return .number(x - y)
    case "*": return .number(x * y)
    case "/" where y != 0: return .number(x / y)
    case "%" where y != 0: return .number(fmod(x, y))
    default:
      throw CrosswalkError(.invalidConfig, "a division by zero in a formula")
    }
  }

  /// The whole result of two whole numbers; nil when it is not whole or does not fit.
  private static func whole(_ symbol: String, _ x: Int, _ y: Int) -> Int? {
    let (result, overflow) =
      switch symbol {
      case "+": x.addingReportingOverflow(y)
      case "-": x.subtractingReportingOverflow(y)
      case "*": x.multipliedReportingOverflow(by: y)
      case "/": x.dividedReportingOverflow(by: y)
      default: x.remainderReportingOverflow(dividingBy: y)
      }
    if overflow || (symbol == "/" && x % y != 0) { return nil }
    return result
  }

  private static func element(of list: JSON, at index: JSON) throws(CrosswalkError) -> JSON {
    if list.isNull { return .null }
    if let key = index.stringValue { return list[key] ?? .null }
    guard let items = list.arrayValue, let position = index.intValue,
      items.indices.contains(position)
    else {
      throw CrosswalkError(
        .invalidConfig, "an index beyond a list in a formula",
        expected: "below \(list.arrayValue?.count ?? 0)", found: index.text(indented: false))
    }
    return items[position]
  }

  private static func call(_ name: String, _ values: [JSON], in environment: some Environment)
    throws(CrosswalkError) -> JSON
  {
    let own = try environment.call(name, values)
    if let value = own ?? Labels.call(name, values) ?? Lists.call(name, values) { return value }
    let numbers = values.compactMap(\.doubleValue)
    switch (name, values.count) {
    case ("length", 1): return .integer(Int64(values[0].arrayValue?.count ?? 0))
    case ("rest", 1): return .array(Array((values[0].arrayValue ?? []).dropFirst()))
    case ("upto", 1) where numbers.count == 1 && (0...1024).contains(numbers[0]):
      return .array((0..<Int(numbers[0])).map { .integer(Int64($0)) })
    case ("zeros", 1) where numbers.count == 1 && (0...1024).contains(numbers[0]):
      return .array(Array(repeating: .integer(0), count: Int(numbers[0])))
    case ("multiple", 2) where numbers.count == 2: return try multiple(numbers[0], numbers[1])
    case ("contains", 2): return .bool(values[0].arrayValue?.contains(values[1]) ?? false)
    case ("matches", 2):
      let glob = Glob(values[1].stringValue ?? "")
      let texts = values[0].arrayValue ?? [values[0]]
      return .bool(texts.contains { glob.matches($0.stringValue ?? "") })
    case ("min", _) where numbers.count == values.count && !values.isEmpty:
      return JSON(whole: numbers.reduce(.infinity, Swift.min))
    case ("max", _) where numbers.count == values.count && !values.isEmpty:
      return JSON(whole: numbers.reduce(-.infinity, Swift.max))
    case ("floor", 1) where numbers.count == 1: return JSON(whole: numbers[0].rounded(.down))
    case ("ceil", 1) where numbers.count == 1: return JSON(whole: numbers[0].rounded(.up))
    case ("power", 2) where numbers.count == 2: return .number(pow(numbers[0], numbers[1]))
    case ("log", 1) where numbers.count == 1 && numbers[0] > 0: return .number(log(numbers[0]))
    case ("sqrt", 1) where numbers.count == 1: return .number(numbers[0].squareRoot())
    case (_, _) where values.contains(.null): return .null
    default:
      throw CrosswalkError(
        .invalidDocument, "no function \(name) takes \(values.count) such values")
    }
  }

  /// The least common multiple of two whole numbers.
  private static func multiple(_ a: Double, _ b: Double) throws(CrosswalkError) -> JSON {
    guard let a = Int(exactly: a), let b = Int(exactly: b), a > 0, b > 0, a < 1 << 31, b < 1 << 31
    else {
      throw CrosswalkError(
        .invalidConfig, "a common multiple of what are no whole numbers above 0",
        expected: "whole numbers", found: "\(a), \(b)")
    }
    var (larger, rest) = (a, b)
    while rest != 0 { (larger, rest) = (rest, larger % rest) }
    return .integer(Int64(a / larger * b))
  }

  private static func notNumbers(_ symbol: String, _ a: JSON, _ b: JSON) -> CrosswalkError {
    CrosswalkError(
      .invalidConfig, "a formula that needs numbers", expected: "a number \(symbol) a number",
      found: "\(a.text(indented: false)) \(symbol) \(b.text(indented: false))")
  }
}

extension JSON {
  /// A number, whole when it is.
  fileprivate init(whole number: Double) {
    self = Int64(exactly: number).map(JSON.integer) ?? .number(number)
  }

  /// A number as text, for joining names.
  fileprivate var label: String? { intValue.map(String.init) }
}
