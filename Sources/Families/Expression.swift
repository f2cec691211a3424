import Diagnostics
import Documents

/// A formula of a family file: a string that begins with `=`, as in a spreadsheet.
///
/// Operators, loosest first: `? :`, `??`, `||`, `&&`, `== !=`, `< <= > >=`, `+ -`, `* / %`,
/// `! -`, and `list[index]`, `name(argument, …)`. Operands: numbers, 'strings', true, false, null,
/// [lists], and the names of config values and indices. Whole numbers that divide evenly stay
/// whole.
indirect enum Expression: Sendable {
  case literal(JSON)
  case name(String)
  case list([Expression])
  case call(String, [Expression])
  case index(Expression, Expression)
  case unary(String, Expression)
  case binary(String, Expression, Expression)
  case conditional(Expression, Expression, Expression)

  /// The deepest nesting that is read.
  static let maximumDepth = 64
  /// The longest formula that is read; a chain of operators nests as deep as it is long.
  static let maximumLength = 4096

  /// Parses the text after the `=`.
  init(_ text: some StringProtocol) throws(CrosswalkError) {
    guard text.utf8.count <= Self.maximumLength else {
      throw CrosswalkError(
        .tooLarge, "a formula too long to read", expected: "at most \(Self.maximumLength) bytes",
        found: "\(text.utf8.count)")
    }
    var parser = ExpressionParser(text: String(text))
    self = try parser.parse()
  }

  /// The names that the formula's value depends on.
  var names: Set<String> {
    switch self {
    case .literal: []
    case .name(let name): [name]
    case .list(let items), .call(_, let items):
      items.reduce(into: []) { $0.formUnion($1.names) }
    case .index(let a, let b), .binary(_, let a, let b): a.names.union(b.names)
    case .unary(_, let a): a.names
    case .conditional(let a, let b, let c): a.names.union(b.names).union(c.names)
    }
  }
}

private struct ExpressionParser {
  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  private let text: String

  enum Token: Equatable {
    case number(JSON)
    case string(String)
    case word(String)
    case symbol(String)
  }

  init(text: String) {
    self.text = text
    tokens = Self.tokens(of: text)
  }

  mutating func parse() throws(CrosswalkError) -> Expression {
    let expression = try conditional()
    guard position == tokens.count else { throw failure("something after the formula's end") }
    return expression
  }

  private static let levels = [
    ["??"], ["||"], ["&&"], ["==", "!="], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"],
  ]

  private mutating func conditional() throws(CrosswalkError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth < Expression.maximumDepth else { throw failure("nested too deeply") }
    let condition = try binary(0)
    guard take("?") else { return condition }
    let yes = try conditional()
    guard take(":") else { throw failure("a '?' without its ':'") }
    return .conditional(condition, yes, try conditional())
  }

  private mutating func binary(_ level: Int) throws(CrosswalkError) -> Expression {
    guard level < Self.levels.count else { return try unary() }
    var left = try binary(level + 1)
    while case .symbol(let symbol)? = peek, Self.levels[level].contains(symbol) {
      position += 1
      left = .binary(symbol, left, try binary(level + 1))
    }
    return left
  }

  private mutating func unary() throws(CrosswalkError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth < Expression.maximumDepth else { throw failure("nested too deeply") }
    if take("!") { return .unary("!", try unary()) }
    if take("-") { return .unary("-", try unary()) }
    var operand = try primary()
    while take("[") {
      operand = .index(operand, try conditional())
      guard take("]") else { throw failure("a '[' without its ']'") }
    }
    return operand
  }

  private mutating func primary() throws(CrosswalkError) -> Expression {
    guard let token = peek else { throw failure("the formula ends too early") }
    position += 1
    switch token {
    case .number(let number): return .literal(number)
    case .string(let string): return .literal(.string(string))
    case .word("true"): return .literal(true)
    case .word("false"): return .literal(false)
    case .word("null"): return .literal(.null)
    case .word(let name):
      return take("(") ? .call(name, try arguments(until: ")")) : .name(name)
    case .symbol("["): return .list(try arguments(until: "]"))
    case .symbol("("):
      let inner = try conditional()
      guard take(")") else { throw failure("a '(' without its ')'") }
      return inner
    case .symbol(let symbol): throw failure("'\(symbol)' in the place of a value")
    }
  }

  private mutating func arguments(until end: String) throws(CrosswalkError) -> [Expression] {
    var list: [Expression] = []
    if take(end) { return list }
    repeat { list.append(try conditional()) } while take(",")
    guard take(end) else { throw failure("a list without its '\(end)'") }
    return list
  }

  private var peek: Token? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ symbol: String) -> Bool {
    guard peek == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  private func failure(_ message: String) -> CrosswalkError {
    CrosswalkError(.invalidDocument, "the formula '=\(text)' cannot be read", cause: message)
  }

  private static func tokens(of text: String) -> [Token] {
    var tokens: [Token] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first.isASCII, first.isNumber {
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "e") }
        tokens.append(.number(number(String(digits))))
        rest = rest.dropFirst(digits.count)
      } else if first.isLetter || first == "_" {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        tokens.append(.word(String(word)))
        rest = rest.dropFirst(word.count)
      } else if first == "'" {
        let string = rest.dropFirst().prefix { $0 != "'" }
        tokens.append(.string(String(string)))
        rest = rest.dropFirst(string.count + 2)
      } else {
        let two = String(rest.prefix(2))
        let symbol = ["??", "||", "&&", "==", "!=", "<=", ">="].contains(two) ? two : String(first)
        tokens.append(.symbol(symbol))
        rest = rest.dropFirst(symbol.count)
      }
    }
    return tokens
  }

  private static func number(_ text: String) -> JSON {
    Int64(text).map(JSON.integer) ?? Double(text).map(JSON.number) ?? .null
  }
}
