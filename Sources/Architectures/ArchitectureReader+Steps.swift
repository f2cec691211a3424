import Diagnostics
import Documents

/// Blocks that run once for each step of a sequence.
extension ArchitectureReader {
  mutating func readSteps(
    _ json: JSONObject, name: String, at pointer: String, in scope: Scope
  ) throws(CrosswalkError) {
    try refuseUnknownKeys(
      of: json,
      known: [
        "name", "if", "steps", "direction", "input", "output", "parameters", "nodes", "description",
      ], at: pointer)
    let index = try Capture(in: name, isNeeded: false) { message in
      invalid(message, at: pointer + "/name")
    }
    guard index.variable == nil else {
      throw invalid("a block of steps has no index", at: pointer + "/name", json["name"])
    }
    var inner = scope.entering(name, capture: index, iteration: 0, carries: [:])
    if json["parameters"] != nil { inner.owner = try owner(json, at: pointer, in: inner) }
    let first = nodes.count
    let axis = Axis("step", 1)
    let (count, whole) = try readCuts(json["steps"], axis, at: pointer + "/steps", &inner, scope)
    let starts = try readStarts(json["input"], axis, at: pointer + "/input", &inner, scope)
    guard let last = try readNodes(json["nodes"], at: pointer + "/nodes", in: inner) else {
      throw invalid("a list of nodes is missing", at: pointer + "/nodes")
    }
    let carried = try readNexts(json["output"], starts, at: pointer + "/output", in: inner)
    let types = nodes[first...].map(\.output)
    let joins = types.map { type in
      type.axes.firstIndex(of: axis) ?? type.axes.firstIndex(of: Axis("queries", 1))
        ?? (type.hasOnePlace ? 1 : nil)
    }
    widen(first, joins, to: whole)
    loops.append(
      Loop(
        name: inner.prefix, nodes: first..<nodes.count, carried: carried, count: count,
        direction: try direction(json["direction"], at: pointer + "/direction"), joins: joins,
        stepTypes: types))
    values[inner.prefix] = last
    blocks.append((inner.prefix, last))
  }

  /// Reads what is cut into steps: how many there are, where that is all it says, and the axis that
  /// all of them have outside.
  private mutating func readCuts(
    _ json: JSON?, _ axis: Axis, at pointer: String, _ inner: inout Scope, _ scope: Scope
  ) throws(CrosswalkError) -> (count: Int?, whole: Axis) {
    if let count = json?.intValue, (1...Self.maximumNodes).contains(count) {
      inner.times *= count
      guard inner.times <= Self.maximumNodes else {
        throw CrosswalkError(
          .tooLarge, "steps in steps, over \(Self.maximumNodes) of them",
          at: document.place(of: pointer))
      }
      return (count, Axis("steps", count))
    }
    guard let members = json?.objectValue?.members, !members.isEmpty else {
      throw invalid(
        "what a block of steps goes along", at: pointer,
        expected: "names with the sequences that are cut, or how many steps there are",
        json ?? .null)
    }
    var whole: Axis?
    for (cut, reference) in members {
      let place = "\(pointer)/\(cut.pointerEscaped)"
      let value = try self.value(reference, at: place, in: scope)
      let known = type(of: value).axes.dropFirst().first
      let made = try append(StepInput(), cut, ["input": [value]], at: place, in: inner)
      nodes[made - inputs.count].output.axes[1] = axis
      inner.carries[cut] = made
      guard let known else { continue }
      if let ours = whole?.extent, let theirs = known.extent, ours != theirs {
        throw CrosswalkError(
          .wrongShape, "sequences of different lengths", at: document.place(of: place),
          expected: "\(ours) steps", found: "\(theirs)")
      }
      whole = whole?.extent == nil ? known : whole
    }
    return (nil, whole ?? axis)
  }

  /// Reads what the first step is given.
  private mutating func readStarts(
    _ json: JSON?, _ axis: Axis, at pointer: String, _ inner: inout Scope, _ scope: Scope
  ) throws(CrosswalkError) -> [String: Int] {
    var starts: [String: Int] = [:]
    let cuts = inner.carries.values.sorted()
    for (carry, reference) in members(json, single: "input") {
      let place = "\(pointer)/\(carry.pointerEscaped)"
      let value = try self.value(reference, at: place, in: scope)
      let made = try append(
        CarriedState(), carry, ["steps": cuts, "input": [value]], at: place, in: inner)
      // What has one place along a sequence is a step, as what takes its place will be.
      if type(of: made).hasOnePlace { nodes[made - inputs.count].output.axes[1] = axis }
      starts[carry] = made
    }
    for (carry, made) in starts { inner.carries[carry] = made }
    return starts
  }

  private func readNexts(
    _ json: JSON?, _ starts: [String: Int], at pointer: String, in inner: Scope
  ) throws(CrosswalkError) -> [(value: Int, next: Int)] {
    var carried: [(value: Int, next: Int)] = []
    let nexts = members(json, single: "input")
    for (carry, reference) in nexts {
      let place = "\(pointer)/\(carry.pointerEscaped)"
      guard let value = starts[carry] else {
        throw invalid("nothing that is carried into this block is called '\(carry)'", at: place)
      }
      let next = try self.value(reference, at: place, in: inner)
      let (was, becomes) = (type(of: value), type(of: next))
      let fits = zip(was.axes, becomes.axes).allSatisfy {
        $0.extent == nil || $1.extent == nil || $0.extent == $1.extent
      }
      let isKind = (was.element == .floating) == (becomes.element == .floating)
      guard was.axes.count == becomes.axes.count, fits, isKind else {
        throw CrosswalkError(
          .wrongShape, "a step gives another kind of '\(carry)' than it is given",
          at: document.place(of: place), expected: "\(was.element.rawValue) \(was.summary)",
          found: "\(becomes.element.rawValue) \(becomes.summary)")
      }
      carried.append((value, next))
    }
    for carry in starts.keys.sorted() where !nexts.contains(where: { $0.0 == carry }) {
      throw invalid("no step gives '\(carry)' to the next", at: pointer)
    }
    return carried
  }

  private func direction(_ json: JSON?, at pointer: String) throws(CrosswalkError)
    -> Recurrent.Direction
  {
    guard let json else { return .forward }
    guard let direction = json.stringValue.flatMap(Recurrent.Direction.init(rawValue:)) else {
      throw invalid("which step comes first", at: pointer, expected: "forward or backward", json)
    }
    return direction
  }

  /// Gives nodes of a block the types that they have outside of it, where all steps are one value.
  private mutating func widen(_ first: Int, _ joins: [Int?], to whole: Axis) {
    for (offset, join) in joins.enumerated() {
      let position = first + offset
      if let join {
        let isLast = nodes[position].operation is CarriedState
        nodes[position].output.axes[join] = isLast ? Axis(whole.name, 1) : whole
      }
      if nodes[position].attention?.axes[2].extent == 1 {
        nodes[position].attention?.axes[2].extent = whole.extent
      } else {
        nodes[position].attention?.axes[2].extent = nil
      }
    }
  }

  /// Adds a node that the block brings, and says what value it is.
  private mutating func append(
    _ operation: any Operation, _ name: String, _ arguments: [String: [Int]], at pointer: String,
    in inner: Scope
  ) throws(CrosswalkError) -> Int {
    let whole = inner.full(name)
    guard isName(name) else { throw invalid("a name inside a block", at: pointer) }
    guard nodeNames.insert(whole).inserted else {
      throw invalid("two nodes are called '\(whole)'", at: pointer)
    }
    do throws(CrosswalkError) {
      let types = InputTypes(types: arguments.mapValues { $0.map(type(of:)) })
      try append(
        whole, operation, try operation.signature(types), arguments, owner: whole, shared: [:],
        at: pointer, in: inner)
    } catch { throw placed(error, at: pointer, node: whole) }
    return inputs.count + nodes.count - 1
  }
}

extension TensorType {
  /// Whether there is one place along a sequence: what a step of it has.
  fileprivate var hasOnePlace: Bool {
    axes.count >= (element == .integer ? 2 : 3) && axes[1].extent == 1
  }
}
