import Architectures

/// Which parts of a graph a growing run computes once, which by what is new, and which anew each
/// time.
struct GrowthPlan {
  /// How a value comes about.
  enum Kind {
    /// It is not there, or nothing asks for it.
    case none
    /// Once.
    case fixed
    /// By what is new.
    case growing(GrowthRule)
    /// From everything so far, each time.
    case anew
  }

  /// A node, or a loop with all its nodes, that runs as one.
  struct Unit {
    /// The values that it makes.
    let values: Range<Int>
    /// What flows in from outside, by role.
    let arguments: [String: [Int]]
    /// The node; nil for a loop.
    let node: Node?
    /// The loop's number; nil for a node.
    let loop: Int?
    var value: Int { values.lowerBound }
  }

  /// What runs, in order.
  private(set) var units: [Unit]
  /// By value.
  private(set) var kinds: [Kind]
  /// The values of which something needs all elements so far.
  private(set) var stored: Set<Int> = []
  /// The values of which nothing needs but the last place.
  private(set) var lastOnly: Set<Int> = []
  /// The values that do not grow but that growing ones are made from.
  private(set) var kept: Set<Int> = []
  /// For each unit, the values that are used there for the last time.
  private(set) var expiring: [[Int]] = []
  let output: Int

  /// - Parameters:
  ///   - present: the inputs that are there.
  ///   - growing: those that grow, each along an axis.
  ///   - output: the value that is asked for.
  ///   - isIncremental: whether what is new may be computed by itself.
  init(
    _ architecture: Architecture, present: Set<Int>, growing: [Int: Int], output: Int,
    isIncremental: Bool
  ) {
    self.output = output
    units = Self.units(of: architecture)
    let count = architecture.inputs.count + architecture.nodes.count
    kinds = Array(repeating: .none, count: count)
    settle(architecture, present, growing, isIncremental)
    if hasPairsAnew { settle(architecture, present, growing, false) }
    findStored()
    findLastOnly()
    findExpiring()
  }

  private static func units(of architecture: Architecture) -> [Unit] {
    let first = architecture.inputs.count
    var units: [Unit] = []
    var position = 0
    while position < architecture.nodes.count {
      // Of loops that begin in one place, the outermost is first.
      let loop = architecture.loops.firstIndex { $0.nodes.lowerBound == position }
      let nodes = loop.map { architecture.loops[$0].nodes } ?? position..<(position + 1)
      let values = (nodes.lowerBound + first)..<(nodes.upperBound + first)
      let node = loop == nil ? architecture.nodes[position] : nil
      let outside = architecture.nodes[nodes].flatMap { $0.arguments.values.joined() }
        .filter { !values.contains($0) }
      units.append(
        Unit(
          values: values, arguments: node?.arguments ?? ["": outside], node: node, loop: loop))
      position = nodes.upperBound
    }
    return units
  }

  private mutating func settle(
    _ architecture: Architecture, _ present: Set<Int>, _ growing: [Int: Int], _ isIncremental: Bool
  ) {
    for input in present {
      kinds[input] = growing[input].map { .growing(GrowthRule(.along($0))) } ?? .fixed
    }
    for unit in units {
      let kind = kind(of: unit, architecture, isIncremental)
      for value in unit.values { kinds[value] = kind }
    }
    dropUnneeded(architecture.inputs.count)
  }

  /// Whether the output is computed by what is new.
  var isIncremental: Bool { if case .growing = kinds[output] { true } else { false } }

  /// The arguments of a unit that are there, by role.
  func arguments(of unit: Unit) -> [String: [Int]] {
    unit.arguments.mapValues { values in values.filter(isThere) }
  }

  private func isThere(_ value: Int) -> Bool {
    if case .none = kinds[value] { false } else { true }
  }

  private func isFixed(_ value: Int) -> Bool {
    if case .fixed = kinds[value] { true } else { false }
  }

  private func growth(of value: Int) -> Growth? {
    switch kinds[value] {
    case .growing(let rule): rule.output
    case .fixed: .fixed
    case .none, .anew: nil
    }
  }

  private func kind(of unit: Unit, _ architecture: Architecture, _ isIncremental: Bool) -> Kind {
    let arguments = arguments(of: unit)
    for role in unit.node?.roles ?? [] where role.arity != .optional {
      if arguments[role.name]?.isEmpty ?? true { return .none }
    }
    if arguments.values.joined().allSatisfy(isFixed) { return .fixed }
    guard isIncremental, let operation = unit.node?.operation, !(operation is FurtherOutput) else {
      return .anew
    }
    var types: [String: [(growth: Growth, type: TensorType)]] = [:]
    for (role, values) in arguments {
      for value in values {
        guard let growth = growth(of: value) else { return .anew }
        types[role, default: []].append((growth, architecture.type(of: value)))
      }
    }
    guard let rule = operation.growth(GrowingTypes(types)), rule.output != .fixed else {
      return .anew
    }
    return .growing(rule)
  }

  private mutating func dropUnneeded(_ inputs: Int) {
    var needed: Set<Int> = [output]
    for unit in units.reversed() {
      if unit.values.contains(where: needed.contains) {
        needed.formUnion(arguments(of: unit).values.joined())
      } else {
        for value in unit.values { kinds[value] = .none }
      }
    }
    for input in 0..<inputs where !needed.contains(input) { kinds[input] = .none }
  }

  /// The units that run.
  private var running: [Unit] { units.filter { isThere($0.value) } }

  /// Whether pairs are needed whole, which are not kept.
  private var hasPairsAnew: Bool {
    running.contains { unit in
      arguments(of: unit).contains { role, values in
        needsAll(role, of: unit.value)
          && values.contains { if case .pairs? = growth(of: $0) { true } else { false } }
      }
    }
  }

  /// Whether a value is made from all elements of a role.
  func needsAll(_ role: String, of value: Int) -> Bool {
    switch kinds[value] {
    case .growing(let rule): rule.computesAll || rule.needsAll.contains(role)
    case .anew: true
    case .none, .fixed: false
    }
  }

  private mutating func findStored() {
    for unit in running where !isFixed(unit.value) {
      for (role, arguments) in arguments(of: unit) {
        for argument in arguments {
          if isFixed(argument) {
            kept.insert(argument)
          } else if needsAll(role, of: unit.value), case .growing = kinds[argument] {
            stored.insert(argument)
          }
        }
      }
    }
    if isFixed(output) { kept.insert(output) }
  }

  private mutating func findLastOnly() {
    guard isIncremental else { return }
    var wanted: Set<Int> = []
    for unit in running.reversed() {
      let value = unit.value
      if value == output || !wanted.contains(value), !stored.contains(value) {
        lastOnly.insert(value)
      }
      for (role, arguments) in arguments(of: unit)
      where !lastOnly.contains(value) || needsAll(role, of: value) {
        wanted.formUnion(arguments)
      }
    }
  }

  private mutating func findExpiring() {
    expiring = Array(repeating: [], count: units.count)
    var last: [Int: Int] = [:]
    for (position, unit) in units.enumerated() where isThere(unit.value) {
      for value in unit.values { last[value] = position }
      for argument in arguments(of: unit).values.joined() { last[argument] = position }
    }
    for (value, position) in last where value != output && !kept.contains(value) {
      expiring[position].append(value)
    }
  }
}
