import Architectures
import Diagnostics

/// The steps of a loop as they go: what each is given, and what has come of them.
struct LoopSteps<S: Scalar> {
  private let loop: Loop
  private let architecture: Architecture
  /// The number of the loop's first value.
  private let first: Int
  /// What is cut, by the value that is a step of it.
  private var sequences: [Int: Value<S>] = [:]
  /// What the next step is given.
  private var carried: [Int: Value<S>] = [:]
  private var made: [Int: [Value<S>]] = [:]
  private var tables: [Int: [Tensor<S>]] = [:]
  private let count: Int

  /// The nodes that each step runs.
  var body: Range<Int> {
    (loop.nodes.lowerBound + sequences.count + loop.carried.count)..<loop.nodes.upperBound
  }

  /// The places of steps in the sequence, in the order in which they run.
  var order: [Int] {
    loop.direction == .forward ? Array(0..<count) : (0..<count).reversed()
  }

  /// Gathers what the loop begins with; nil where some of it is absent.
  init?(_ loop: Loop, _ architecture: Architecture, _ values: [Int: Value<S>])
    throws(CrosswalkError)
  {
    self.loop = loop
    self.architecture = architecture
    first = architecture.inputs.count + loop.nodes.lowerBound
    var lengths: [Int] = []
    for (offset, node) in architecture.nodes[loop.nodes].enumerated() {
      guard node.operation is StepInput || node.operation is CarriedState else { break }
      guard let value = node.arguments["input"]?.first.flatMap({ values[$0] }) else { return nil }
      if node.operation is CarriedState {
        carried[first + offset] = value
      } else {
        guard value.shape.count >= 2 else {
          throw CrosswalkError(
            .invalidInput, "a sequence without an axis of steps", at: Place(.node(node.name)),
            expected: "batch, steps, …", found: "the shape \(value.shape)")
        }
        sequences[first + offset] = value
        lengths.append(value.shape[1])
      }
    }
    count = lengths.first ?? loop.count ?? 0
    guard count > 0, lengths.allSatisfy({ $0 == count }) else {
      throw CrosswalkError(
        .invalidInput, "sequences to go along that are not of one length",
        expected: "at least one step, as many in each", found: "\(lengths)")
    }
  }

  /// Sets what a step is given.
  func enter(_ step: Int, _ values: inout [Int: Value<S>]) throws(CrosswalkError) {
    for (value, sequence) in sequences { values[value] = try sequence.step(step) }
    for (value, given) in carried {
      let known = loop.stepTypes[value - first].axes.map(\.extent)
      let fits = zip(known, given.shape).allSatisfy { $0 == nil || $0 == $1 }
      guard known.count == given.shape.count, fits else {
        throw CrosswalkError(
          .invalidInput, "what is carried has another shape", at: Place(.node(name(of: value))),
          expected: loop.stepTypes[value - first].summary, found: "\(given.shape)")
      }
      values[value] = given
    }
  }

  /// Takes what a step made, and frees the rest.
  mutating func leave(
    _ kept: Set<Int>, _ values: inout [Int: Value<S>], _ found: inout [Int: Tensor<S>]
  ) throws(CrosswalkError) {
    for (value, next) in loop.carried {
      guard let given = values[next] else {
        throw CrosswalkError(
          .invalidInput, "a step gives nothing to the next, as an input of the model is missing",
          at: Place(.node(name(of: value))))
      }
      carried[value] = given
    }
    for position in loop.nodes {
      let value = position + architecture.inputs.count
      let isAtOnce = sequences[value] != nil || carried[value] != nil
      if kept.contains(value), !isAtOnce, let given = values[value] {
        let isJoined = loop.joins[value - first] != nil
        made[value] = (isJoined ? made[value] ?? [] : []) + [given]
      }
      if let table = found[position] { tables[position, default: []].append(table) }
      values[value] = nil
      found[position] = nil
    }
  }

  /// Leaves what all steps made.
  func finish(
    _ kept: Set<Int>, _ values: inout [Int: Value<S>], _ found: inout [Int: Tensor<S>]
  ) throws(CrosswalkError) {
    for (value, given) in sequences.merging(carried, uniquingKeysWith: { $1 })
    where kept.contains(value) {
      values[value] = given
    }
    for (value, steps) in made {
      values[value] = try inOrder(steps).joined(along: loop.joins[value - first] ?? 0)
    }
    for (position, steps) in tables {
      do throws(CrosswalkError) {
        found[position] = try Tensor(joining: inOrder(steps), along: 2)
      } catch { throw error.inside(.node(architecture.nodes[position].name)) }
    }
  }

  private func inOrder<Item>(_ steps: [Item]) -> [Item] {
    loop.direction == .forward ? steps : steps.reversed()
  }

  private func name(of value: Int) -> String { architecture.name(of: value) }
}

extension Value {
  /// One place along the second axis.
  fileprivate func step(_ place: Int) throws(CrosswalkError) -> Value {
    switch self {
    case .floating(let tensor): .floating(try tensor.step(place))
    case .integer(let tensor): .integer(try tensor.step(place))
    }
  }
}

extension Tensor {
  /// One place along the second axis.
  fileprivate func step(_ place: Int) throws(CrosswalkError) -> Tensor {
    var shape = shape
    let steps = shape[1]
    shape[1] = 1
    let result = try Tensor(shape: shape)
    let size = shape[2...].reduce(1, *)
    for row in 0..<shape[0] {
      let start = (row * steps + place) * size
      result.write(elements[start..<(start + size)], at: row * size)
    }
    return result
  }
}

extension Array {
  /// The values one after another along an axis; one alone as it is.
  fileprivate func joined<S>(along axis: Int) throws(CrosswalkError) -> Value<S>
  where Element == Value<S> {
    var (numbers, ids): ([Tensor<S>], [Tensor<Int>]) = ([], [])
    for value in self {
      switch value {
      case .floating(let tensor): numbers.append(tensor)
      case .integer(let tensor): ids.append(tensor)
      }
    }
    if count == 1 { return self[0] }
    return ids.isEmpty
      ? .floating(try Tensor(joining: numbers, along: axis))
      : .integer(try Tensor(joining: ids, along: axis))
  }
}
