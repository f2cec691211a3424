import Architectures
import Diagnostics
import Tensors

/// Runs a graph again and again while a sequence grows.
final class GrowingExecutor<S: Scalar>: GrowingRunner {
  private let executor: Executor<S>
  private let plan: GrowthPlan
  private let capacity: Int
  /// The inputs that grow.
  private var inputs: [Int: ValueStore<S>] = [:]
  /// What does not grow, and is needed again.
  private var kept: [Int: Value<S>] = [:]
  /// What is kept of values that grow.
  private var stores: [Int: ValueStore<S>] = [:]
  private let growing: [Int: Int]
  /// How many places have been computed.
  private var past = 0
  /// Whether what does not grow has been computed.
  private var isPrepared = false
  private var regimes: [Int] = []

  init(_ executor: Executor<S>, _ start: GrowingStart) throws(CrosswalkError) {
    self.executor = executor
    capacity = start.capacity
    growing = start.growing
    let values: [Int: Value<S>] = try InputReader(executor.architecture, start.inputs).read()
    plan = GrowthPlan(
      executor.architecture, present: Set(values.keys), growing: start.growing,
      output: start.output, isIncremental: start.isIncremental)
    for (input, value) in values {
      if let axis = start.growing[input] {
        inputs[input] = try ValueStore(value, axis: axis, capacity: capacity)
      } else {
        kept[input] = value
      }
    }
  }

  var isIncremental: Bool { plan.isIncremental }

  private var length: Int { inputs.first?.value.length ?? 0 }

  // MARK: Growing

  func grow(_ columns: [String: [Int]]) throws(CrosswalkError) {
    for (input, _) in inputs {
      let description = executor.architecture.inputs[input]
      let rows = inputs[input]?.rows ?? 0
      let values = columns[description.name] ?? fill(description, rows)
      guard let values, values.count == rows else {
        throw CrosswalkError(
          .invalidInput, "nothing says how the input goes on", at: Place(.tensor(description.name)),
          remedy: "leave it out")
      }
      let column = try Tensor<Int>(shape: [rows, 1])
      _ = column.elements.update(fromContentsOf: values)
      try inputs[input]?.append(.integer(column))
    }
  }

  private func fill(_ input: Input, _ rows: Int) -> [Int]? {
    guard case .filled(let number, _) = input.absence, let id = Int(exactly: number) else {
      return nil
    }
    return Array(repeating: id, count: rows)
  }

  func select(_ rows: [Int], of count: Int) throws(CrosswalkError) {
    guard rows != Array(0..<count) else { return }
    for key in inputs.keys { try inputs[key]?.select(rows, of: count) }
    for key in stores.keys { try stores[key]?.select(rows, of: count) }
    for (key, value) in kept where isBatched(key) {
      if value.shape.first == count { kept[key] = try value.selected(rows) }
    }
  }

  /// Whether the first axis of a value is that of the batch.
  private func isBatched(_ value: Int) -> Bool {
    let axis = executor.architecture.type(of: value).axes.first
    return axis?.extent == nil && axis?.name == batchAxis
  }

  private var batchAxis: String? {
    growing.keys.min().flatMap { executor.architecture.inputs[$0].type.axes.first?.name }
  }

  /// Whether rows of the batch can be told apart in all that is kept.
  var canSelect: Bool {
    var dependent = Set(executor.architecture.inputs.indices)
    for unit in plan.units {
      if plan.arguments(of: unit).values.joined().contains(where: dependent.contains) {
        dependent.formUnion(unit.values)
      }
    }
    return plan.kept.allSatisfy { isBatched($0) || !dependent.contains($0) }
  }

  // MARK: Running

  func last() throws(CrosswalkError) -> (rows: Int, width: Int, numbers: [Float]) {
    try startAnewIfRegimeChanges()
    let memory = Memory()
    var values = kept.mapValues { Slot(new: $0, all: $0) }
    for (input, store) in inputs {
      let all = try store.dense()
      values[input] = Slot(new: try all.last(length - past, along: growing[input] ?? 1), all: all)
    }
    for (position, unit) in plan.units.enumerated() {
      if Task.isCancelled { throw CrosswalkError(.cancelled, "the run was cancelled") }
      guard values[unit.value] == nil, !(unit.node?.operation is FurtherOutput) else { continue }
      switch plan.kinds[unit.value] {
      case .none: continue
      case .fixed: if !isPrepared { try runWhole(unit, memory, &values) }
      case .anew: try runWhole(unit, memory, &values)
      case .growing(let rule): try runNew(unit, rule, memory, &values)
      }
      for expired in plan.expiring[position] { values[expired] = nil }
    }
    past = length
    isPrepared = true
    guard let output = values[plan.output]?.new else {
      throw CrosswalkError(.invalidInput, "the output does not come about from these inputs")
    }
    return try lastPlace(of: output)
  }

  /// What is there of a value during one run.
  private struct Slot {
    /// What is new, or the last place alone.
    var new: Value<S>?
    /// All places so far.
    var all: Value<S>?
  }

  private func startAnewIfRegimeChanges() throws(CrosswalkError) {
    let now = plan.kinds.compactMap { kind in
      if case .growing(let rule) = kind { rule.regime?(length) } else { nil }
    }
    if now != regimes {
      past = 0
      stores = [:]
    }
    regimes = now
  }

  private func runWhole(_ unit: GrowthPlan.Unit, _ memory: Memory, _ values: inout [Int: Slot])
    throws(CrosswalkError)
  {
    var arguments: [String: [Value<S>]] = [:]
    var given: [Int: Value<S>] = [:]
    for (role, numbers) in plan.arguments(of: unit) {
      var found: [Value<S>] = []
      for number in numbers {
        guard let all = try all(number, values) else { continue }
        found.append(all)
        given[number] = all
      }
      arguments[role] = found
    }
    var made: [Int: Value<S>] = [:]
    if let node = unit.node {
      let outcome = try node.run(arguments, executor.parameters, memory)
      for (place, value) in ([outcome.value] + outcome.others).enumerated() {
        made[unit.value + place] = value
      }
    } else if let loop = unit.loop {
      var pass = Pass(
        executor.architecture, executor.schedule, executor.parameters, .outputs, Silence(),
        values: given)
      made = try pass.values(ofLoop: loop)
    }
    for (value, made) in made {
      values[value] = Slot(new: made, all: made)
      if plan.kept.contains(value) { kept[value] = made }
    }
  }

  private func runNew(
    _ unit: GrowthPlan.Unit, _ rule: GrowthRule, _ memory: Memory, _ values: inout [Int: Slot]
  ) throws(CrosswalkError) {
    guard let node = unit.node else { return }
    let count = plan.lastOnly.contains(unit.value) ? 1 : length - past
    let spreadRoles = (node.operation as? any Executable).map { type(of: $0).spreadRoles } ?? []
    var arguments: [String: [Value<S>]] = [:]
    var spreads: [String: Int] = [:]
    for (role, numbers) in plan.arguments(of: unit) {
      var found: [Value<S>] = []
      for number in numbers {
        if !plan.needsAll(role, of: unit.value) {
          if let new = try new(number, count, values) { found.append(new) }
        } else if spreadRoles.contains(role), let store = stores[number] {
          found.append(store.spreadOut)
          spreads[role] = store.spread
        } else if let all = try all(number, values) {
          found.append(all)
        }
      }
      arguments[role] = found
    }
    let outcome = try node.run(
      arguments, executor.parameters, memory, past: rule.computesAll ? 0 : length - count,
      spreads: spreads)
    values[unit.value] = try slot(of: unit.value, rule, outcome.value, count)
  }

  private func slot(of value: Int, _ rule: GrowthRule, _ made: Value<S>, _ count: Int)
    throws(CrosswalkError) -> Slot
  {
    let axis =
      switch rule.output {
      case .fixed: 0
      case .along(let axis): axis
      case .pairs(let queries, _, _): queries
      }
    if rule.computesAll { return Slot(new: try made.last(count, along: axis), all: made) }
    if plan.stored.contains(value) {
      if stores[value] == nil {
        stores[value] = try ValueStore(made, axis: axis, capacity: capacity)
      } else {
        try stores[value]?.append(made)
      }
    }
    return Slot(new: made)
  }

  private func all(_ value: Int, _ values: [Int: Slot]) throws(CrosswalkError) -> Value<S>? {
    if let all = values[value]?.all { return all }
    return try stores[value]?.dense()
  }

  private func new(_ value: Int, _ count: Int, _ values: [Int: Slot]) throws(CrosswalkError)
    -> Value<S>?
  {
    guard let new = values[value]?.new, case .growing(let rule) = plan.kinds[value] else {
      return values[value]?.new
    }
    switch rule.output {
    case .fixed: return new
    case .along(let axis): return try new.last(count, along: axis)
    case .pairs(let queries, _, _): return try new.last(count, along: queries)
    }
  }

  /// The numbers (batch, width) at the last place of what was asked for.
  private func lastPlace(of value: Value<S>) throws(CrosswalkError) -> (Int, Int, [Float]) {
    guard case .floating(let tensor) = value, (2...3).contains(tensor.shape.count) else {
      throw CrosswalkError(
        .unsupported, "the output is not numbers for each token of a vocabulary",
        expected: "(batch, sequence, vocabulary)", found: "\(value.shape)")
    }
    let (rows, width) = (tensor.shape[0], tensor.width)
    let places = tensor.shape.count == 3 ? tensor.shape[1] : 1
    var numbers: [Float] = []
    numbers.reserveCapacity(rows * width)
    for row in 0..<rows {
      let start = tensor.start + ((row + 1) * places - 1) * width
      if let start = start as? UnsafeMutablePointer<Float> {
        numbers.append(contentsOf: UnsafeBufferPointer(start: start, count: width))
      } else {
        for column in 0..<width { numbers.append(Float(start[column])) }
      }
    }
    return (rows, width, numbers)
  }
}

extension ValueStore {
  /// Selects rows where there is one for each of the batch.
  fileprivate mutating func select(_ rows: [Int], of count: Int) throws(CrosswalkError) {
    if self.rows == count { try select(rows) }
  }
}
