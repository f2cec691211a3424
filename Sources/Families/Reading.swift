import Architectures
public import Diagnostics
import Documents
public import Tensors

extension Crossing {
  /// What reading gave: parameters by our names, and where every tensor went.
  public struct Reading: Sendable {
    /// The parameters that are filled, in the architecture's order.
    public let parameters: TensorTable
    /// The fates.
    public let account: Account
  }

  /// Maps their tensors to our parameters; nothing but names and shapes is read yet.
  ///
  /// - Throws: `ambiguous` when two rules take one tensor or fill one parameter. What is unused,
  ///   missing or misshapen is in the account.
  public func read(_ tensors: TensorTable) throws(CrosswalkError) -> Reading {
    var reader = Reader(crossing: self, tensors: tensors)
    return try reader.read()
  }
}

/// The working state of one reading.
private struct Reader {
  let crossing: Crossing
  let tensors: TensorTable
  private let shapes: [String: [Int]]
  private var filled: [String: StoredTensor] = [:]
  private var fates: [String: Account.TensorFate] = [:]
  private var misshapen: [String: Account.ParameterFate] = [:]

  init(crossing: Crossing, tensors: TensorTable) {
    self.crossing = crossing
    self.tensors = tensors
    shapes = Dictionary(
      crossing.architecture.parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { a, _ in a })
  }

  mutating func read() throws(CrosswalkError) -> Crossing.Reading {
    for (row, names) in try rows() { try read(row, names) }
    var parameters = TensorTable()
    var account = Account()
    for name in tensors.names {
      account.tensors.append((name, fates[name] ?? .unused(reason: "no rule takes it")))
    }
    let unused = account.unused.map(\.name)
    for parameter in crossing.architecture.parameters {
      if let tensor = filled[parameter.name] {
        try parameters.append(parameter.name, tensor)
      } else {
        account.parameters.append(
          (parameter.name, misshapen[parameter.name] ?? missing(parameter.name, among: unused)))
      }
    }
    return Crossing.Reading(parameters: parameters, account: account)
  }

  /// Settles what is no weight, and gathers the rest by the row that takes it, in order.
  private mutating func rows() throws(CrosswalkError) -> [(Row, [Int: String])] {
    var order: [Row] = []
    var gathered: [Row: [Int: String]] = [:]
    for name in tensors.names {
      guard let (row, slot) = try crossing.row(of: name) else { continue }
      switch crossing.rules[row.rule].fate {
      case .ignored(let reason, _): fates[name] = .ignored(reason: reason)
      case .tied(let pattern):
        fates[name] = .tied(to: try pattern.name(row.indices, prefix: crossing.prefix))
      case .mapped:
        if gathered[row] == nil { order.append(row) }
        if let other = gathered[row, default: [:]].updateValue(name, forKey: slot) {
          throw CrosswalkError(
            .ambiguous, "two tensors claim one place", at: Place(.tensor(name)),
            cause: "'\(other)' is another spelling of it")
        }
      }
    }
    return order.map { ($0, gathered[$0] ?? [:]) }
  }

  private mutating func read(_ row: Row, _ found: [Int: String]) throws(CrosswalkError) {
    let rule = crossing.rules[row.rule]
    guard case .mapped(let ours, let steps) = rule.fate else { return }
    let count = try crossing.slots(of: row).count
    let names = (0..<count).compactMap { found[$0] }
    guard names.count == count, found.count == count else {
      for name in found.values {
        fates[name] = .unused(
          reason: "its rule takes \(count) such tensors, and there are \(found.count)")
      }
      return
    }
    try map(names, to: crossing.names(ours, row), by: steps, row)
  }

  private mutating func map(
    _ names: [String], to parameters: [String], by steps: [Step], _ row: Row
  ) throws(CrosswalkError) {
    if let absent = parameters.first(where: { shapes[$0] == nil }) {
      for name in names {
        fates[name] = .unused(reason: "the architecture has no parameter '\(absent)'")
      }
      return
    }
    for name in names { fates[name] = .mapped(to: parameters) }
    var current = names.compactMap { tensors[$0] }
    let environment = crossing.environment.with(row.indices)
    do throws(CrosswalkError) {
      for step in steps { current = try step.apply(current, in: environment) }
    } catch  where error.kind == .wrongShape {
      for parameter in parameters {
        misshapen[parameter] = .misshapen(
          expected: shapes[parameter] ?? [], found: tensors[names[0]]?.shape ?? [], from: names)
      }
      return
    }
    for (parameter, tensor) in zip(parameters, current) {
      if tensor.shape != shapes[parameter] {
        misshapen[parameter] = .misshapen(
          expected: shapes[parameter] ?? [], found: tensor.shape, from: names)
      } else if filled.updateValue(tensor, forKey: parameter) != nil {
        throw CrosswalkError(
          .ambiguous, "two tensors fill the parameter '\(parameter)'", at: Place(.tensor(names[0])))
      }
    }
  }

  private func missing(_ parameter: String, among unused: [String]) -> Account.ParameterFate {
    let theirs = crossing.sources(of: parameter)
    let near = (theirs + [parameter]).flatMap { nearest(to: $0, among: unused) }
    return .missing(suggestions: Array(near.prefix(3)))
  }
}
