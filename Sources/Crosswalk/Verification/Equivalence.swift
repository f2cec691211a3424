import Architectures
import Diagnostics
import Reports
import Tensors

/// Recognises inner values that are not what was recorded and need not be: an exact invariance of the
/// model takes the difference out again.
///
/// That all outputs agree is not enough: each value that differs must differ in a way that is known to
/// leave what comes after it alone. Otherwise nothing is said to be equivalent.
struct Equivalence {
  let architecture: Architecture
  /// What the fixture gives for the tokens that are there: 1 for each, 0 for padding.
  let present: [Double]?
  private let presence: [Int]

  /// How many nodes may lie between a projection and the attention that it is for.
  private static let reach = 6

  init(_ architecture: Architecture, inputs: TensorTable) throws(CrosswalkError) {
    self.architecture = architecture
    var found: (values: [Double], shape: [Int])?
    if let (name, isVisible) = Self.paddingMask(of: architecture), let tensor = inputs[name],
      tensor.shape.count == 2
    {
      let values = try tensor.doubles()
      if values.allSatisfy({ $0 == 0 || $0 == 1 }) {
        found = (isVisible ? values : values.map { 1 - $0 }, tensor.shape)
      }
    }
    (present, presence) = (found?.values, found?.shape ?? [])
  }

  /// The input that says which tokens are there, of a model that takes one sequence, and whether it is
  /// 1 for those.
  private static func paddingMask(of architecture: Architecture) -> (String, Bool)? {
    let masks = architecture.inputs.indices.filter {
      architecture.inputs[$0].type.element == .mask
    }
    let isOfTwo = architecture.inputs.contains {
      $0.name.contains("decoder") || $0.name.contains("target")
    }
    guard masks.count == 1, !isOfTwo else { return nil }
    let meanings = architecture.nodes.filter {
      $0.operationName == "attention_mask" && $0.arguments["input"] == [masks[0]]
    }.map { $0.settings["nonzero"]?.stringValue == "visible" }
    guard let meaning = meanings.first, meanings.allSatisfy({ $0 == meaning }) else { return nil }
    return (architecture.inputs[masks[0]].name, meaning)
  }

  /// One value that differs.
  struct Pair {
    let row: DifferenceReport.Row
    /// The value's number in the graph.
    let value: Int
    let ours: [Double]
    let recorded: [Double]

    /// Whether a difference is within the limits of the row.
    func isNear(_ a: Double, _ b: Double) -> Bool {
      guard let limits = row.tolerance else { return a == b }
      return abs(a - b) <= limits.absolute + limits.relative * abs(b)
    }
  }

  /// Why a difference does not matter; nil where it may.
  ///
  /// - Parameter after: the numbers of values that are what was recorded.
  func reason(_ pair: Pair, right after: Set<Int>) -> String? {
    guard let width = pair.row.shape.last, width > 0, pair.ours.count == pair.recorded.count,
      (pair.ours + pair.recorded).allSatisfy(\.isFinite)
    else { return nil }
    if isPaddingAlone(pair) { return "only padded positions differ" }
    if isRowConstant(pair, width) {
      return "one number is added to each row of logits; probabilities are the same"
    }
    // What else differs must be made good by something that comes after it, and passes.
    guard !after.isDisjoint(with: descendants(of: pair.value)) else { return nil }
    let toKeys = leads(from: pair.value, to: ["key"])
    if toKeys, isChannelConstant(pair, width) {
      return "keys differ by one vector, which the softmax takes out again"
    }
    if isPermuted(pair, width) {
      return "the numbers are in another order, and what comes after takes them in that"
    }
    if leads(from: pair.value, to: ["query", "key"]), isTurned(pair, width) {
      return "queries and keys are turned alike, and only the angle between them counts"
    }
    return nil
  }
}

// MARK: invariances

extension Equivalence {
  /// All that differs is at positions that are padding.
  private func isPaddingAlone(_ pair: Pair) -> Bool {
    let shape = pair.row.shape
    guard let present, presence.count == 2, shape.count >= 3, shape[0] == presence[0] else {
      return false
    }
    // (batch, token, …), or the queries of a table (batch, head, query, key).
    let isTable = pair.row.role == TraceRole.attention.rawValue && shape.count == 4
    let axis = isTable ? 2 : 1
    guard shape[axis] == presence[1] else { return false }
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = isTable ? shape[1] : 1
    var (error, scale) = (0.0, 0.0)
    for index in pair.ours.indices {
      let token = index / inner % presence[1]
      let batch = index / (inner * presence[1] * outer)
      guard present[batch * presence[1] + token] == 1 else { continue }
      let (a, b) = (pair.ours[index], pair.recorded[index])
      guard pair.isNear(a, b) else { return false }
      error += (a - b) * (a - b)
      scale += b * b
    }
    return (error / max(scale, .leastNormalMagnitude)).squareRoot()
      <= pair.row.tolerance?.relativeRMS ?? .infinity
  }

  /// The same number is added to all of a row.
  private func isRowConstant(_ pair: Pair, _ width: Int) -> Bool {
    let isLogits =
      (pair.row.role == TraceRole.output.rawValue
        && (pair.row.counterpart ?? pair.row.name).hasSuffix("logits"))
      || architecture.outputs.contains { $0.value == pair.value && $0.name.hasSuffix("logits") }
    guard isLogits, width > 1 else { return false }
    return pair.ours.indices.allSatisfy { index in
      let first = index - index % width
      let constant = pair.ours[first] - pair.recorded[first]
      return pair.isNear(pair.ours[index] - constant, pair.recorded[index])
    }
  }

  /// The same vector is added at all positions of all rows.
  private func isChannelConstant(_ pair: Pair, _ width: Int) -> Bool {
    guard pair.ours.count > width else { return false }
    return pair.ours.indices.allSatisfy { index in
      let channel = index % width
      let constant = pair.ours[channel] - pair.recorded[channel]
      return pair.isNear(pair.ours[index] - constant, pair.recorded[index])
    }
  }

  /// The channels are in another order.
  private func isPermuted(_ pair: Pair, _ width: Int) -> Bool {
    guard width > 1, pair.ours.count >= 4 * width,
      let places = ColumnMatching(pair.ours, pair.recorded, width).places,
      places != Array(0..<width)
    else { return false }
    return pair.recorded.indices.allSatisfy { index in
      pair.isNear(pair.ours[index - index % width + places[index % width]], pair.recorded[index])
    }
  }

  /// The vector of each head has the length that it should have, and another direction, by an angle
  /// that is the same at all positions.
  private func isTurned(_ pair: Pair, _ width: Int) -> Bool {
    let node = pair.value - architecture.inputs.count
    guard architecture.nodes.indices.contains(node),
      architecture.nodes[node].operationName == "rotary"
    else { return false }
    let settings = architecture.nodes[node].settings
    let heads = max(1, settings["heads"]?.intValue ?? 1)
    guard width % heads == 0 else { return false }
    let head = width / heads
    let turned = settings["width"]?.intValue ?? head
    let start = settings["start"]?.intValue ?? 0
    guard turned % 2 == 0, start + turned <= head else { return false }
    let isHalf = settings["pairs"]?.stringValue != "interleaved"
    let scale = 1e-4 * (pair.row.tolerance == nil ? 0 : 1)
    var angles: [Int: (cosine: Double, sine: Double)] = [:]
    for row in stride(from: 0, to: pair.ours.count, by: head) {
      for number in 0..<(turned / 2) {
        let a = row + start + (isHalf ? number : 2 * number)
        let b = a + (isHalf ? turned / 2 : 1)
        let (x, y) = (pair.ours[a], pair.ours[b])
        let (u, v) = (pair.recorded[a], pair.recorded[b])
        let square = u * u + v * v
        guard square > 1e-6 else { continue }
        let (cosine, sine) = ((x * u + y * v) / square, (y * u - x * v) / square)
        let known = angles[number] ?? (cosine, sine)
        angles[number] = known
        guard abs(cosine - known.cosine) + abs(sine - known.sine) <= scale,
          abs(cosine * cosine + sine * sine - 1) <= scale
        else { return false }
      }
    }
    return !angles.isEmpty
  }

  /// What is computed from a value.
  private func descendants(of value: Int) -> Set<Int> {
    let first = architecture.inputs.count
    var found: Set<Int> = [value]
    for (position, node) in architecture.nodes.enumerated()
    where node.arguments.values.joined().contains(where: found.contains) {
      found.insert(position + first)
    }
    found.remove(value)
    return found
  }

  /// Whether a value comes to an attention in one of some roles, soon and by itself.
  private func leads(from value: Int, to roles: Set<String>, within reach: Int = Self.reach) -> Bool
  {
    guard reach > 0 else { return false }
    let first = architecture.inputs.count
    for (position, node) in architecture.nodes.enumerated() {
      let taking = node.arguments.filter { $0.value.contains(value) }.map(\.key)
      if taking.isEmpty { continue }
      if node.attention != nil {
        if taking.contains(where: roles.contains) { return true }
      } else if node.arguments.values.joined().count == 1 || node.operationName == "rotary",
        leads(from: position + first, to: roles, within: reach - 1)
      {
        return true
      }
    }
    return false
  }
}

// MARK: what nobody sees

extension Equivalence {
  /// The keys whose bias no recorded value shows.
  func hiddenBiases(recorded values: Set<Int>) -> [String] {
    let first = architecture.inputs.count
    var found: [String] = []
    for node in architecture.nodes where node.operationName == "attention" {
      guard let key = node.arguments["key"]?.first, key >= first, !values.contains(key) else {
        continue
      }
      let projection = architecture.nodes[key - first]
      if projection.operationName == "linear",
        projection.parameters.contains(where: { $0.role == "bias" })
      {
        found.append(projection.name)
      }
    }
    return found
  }
}
