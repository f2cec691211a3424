import Architectures
import Diagnostics
import Engine
import Tensors

/// Other parameters: transposed, exchanged with another node's, in another order, scaled.
struct WeightHypotheses: HypothesisSource {
  /// Nodes whose parameters are tried in place of a node's, at most.
  private static let mostNodes = 400

  func hypotheses(about position: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis]
  {
    let node = evidence.architecture.nodes[position]
    guard !node.parameters.isEmpty else { return [] }
    var found: [Hypothesis] = []
    for (role, name) in node.parameters {
      guard let tensor = evidence.parameters[name] else { continue }
      if tensor.shape.count == 2, tensor.shape[0] == tensor.shape[1], tensor.shape[0] > 1 {
        found.append(
          try hypothesis(
            "transposed", "\(role) is transposed", position, [role: tensor.transposed()],
            how: "transpose",
            evidence))
      }
    }
    found += try exchanges(position, evidence)
    found += try swaps(position, evidence)
    found += try headOrders(position, evidence)
    found += try gateOrders(position, evidence)
    found += try solved(position, evidence)
    return found
  }

  func hypothesis(
    _ cause: String, _ says: String, _ position: Int, _ parameters: [String: StoredTensor],
    how: String, rank: Int = 0, _ evidence: Evidence
  ) throws(CrosswalkError) -> Hypothesis {
    var change = GraphChange()
    for (role, name) in evidence.architecture.nodes[position].parameters {
      change.parameters[name] = parameters[role]
    }
    return Hypothesis(
      cause: cause, says: says, node: position, edit: .parameters(parameters, how: how),
      change: change, rank: rank)
  }

  /// Parameters of another node of the same operation and shapes, all of them or one alone.
  private func exchanges(_ position: Int, _ evidence: Evidence) throws(CrosswalkError)
    -> [Hypothesis]
  {
    let (nodes, parameters) = (evidence.architecture.nodes, evidence.parameters)
    let node = nodes[position]
    let own = node.parameters.compactMap { parameters[$0.name]?.shape }
    var found: [Hypothesis] = []
    let others = nodes.lazy.filter { other in
      other.operationName == node.operationName && other.name != node.name
        && other.parameters.map(\.name) != node.parameters.map(\.name)
        && other.parameters.compactMap { parameters[$0.name]?.shape } == own
    }
    for other in others.prefix(Self.mostNodes) {
      let pairs = zip(node.parameters, other.parameters).map { ($0.0, $0.1.name) }
      found.append(
        taking(
          pairs.map { ($0.0.name, $0.1) }, position, "the parameters are those of \(other.name)",
          how: "take \(other.name)", rank: 1, evidence))
      for (own, theirs) in pairs where pairs.count > 1 {
        found.append(
          taking(
            [(own.name, theirs)], position, "\(own.role) is that of \(other.name)",
            how: "take \(own.role) of \(other.name)", rank: 2, evidence))
      }
    }
    return found
  }

  private func taking(
    _ names: [(String, String)], _ position: Int, _ says: String, how: String, rank: Int,
    _ evidence: Evidence
  ) -> Hypothesis {
    var change = GraphChange()
    for (name, other) in names { change.parameters[name] = evidence.parameters[other] }
    return Hypothesis(
      cause: "exchanged", says: says, node: position,
      edit: .takes(Dictionary(names) { first, _ in first }, how: how), change: change, rank: rank)
  }

  /// The parameters of a node and of one shortly before it in each other's place, where neither's
  /// output need have been recorded.
  private func swaps(_ position: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis] {
    let (nodes, parameters) = (evidence.architecture.nodes, evidence.parameters)
    let node = nodes[position]
    let own = node.parameters.compactMap { parameters[$0.name] }
    var found: [Hypothesis] = []
    for other in nodes[max(0, position - 12)..<position]
    where other.operationName == node.operationName {
      let theirs = other.parameters.compactMap { parameters[$0.name] }
      guard theirs.map(\.shape) == own.map(\.shape), own.count == node.parameters.count else {
        continue
      }
      let pairs = zip(node.parameters.map(\.name), other.parameters.map(\.name)).map { ($0, $1) }
      found.append(
        taking(
          pairs + pairs.map { ($0.1, $0.0) }, position,
          "the parameters are exchanged with those of \(other.name)",
          how: "exchange with \(other.name)", rank: 1, evidence))
    }
    return found
  }

  /// The numbers of heads in another order, in what a product puts out or takes in.
  private func headOrders(_ position: Int, _ evidence: Evidence) throws(CrosswalkError)
    -> [Hypothesis]
  {
    let architecture = evidence.architecture
    let node = architecture.nodes[position]
    guard node.operationName == "linear", let weight = parameter("weight", of: node, evidence),
      weight.shape.count == 2
    else { return [] }
    var found: [Hypothesis] = []
    let bias = parameter("bias", of: node, evidence)
    for heads in headCounts(around: position, architecture) {
      for order in HeadOrder.allCases {
        if let rows = order.places(weight.shape[0], heads: heads) {
          let changed = try weight.taking(rows, axis: 0)
          let says = "the rows of weight are \(order.says) for \(heads) heads"
          if let bias {
            found.append(
              try hypothesis(
                "head-order", says + ", those of bias too", position,
                ["weight": changed, "bias": bias.taking(rows, axis: 0)],
                how: "rows \(order) \(heads)",
                rank: 1, evidence))
          }
          found.append(
            try hypothesis(
              "head-order", says, position, ["weight": changed],
              how: "rows of weight \(order) \(heads)", rank: 1,
              evidence))
        }
        if let columns = order.places(weight.shape[1], heads: heads) {
          found.append(
            try hypothesis(
              "head-order", "the columns of weight are \(order.says) for \(heads) heads", position,
              ["weight": weight.taking(columns, axis: 1)], how: "columns \(order) \(heads)",
              rank: 1,
              evidence))
        }
      }
    }
    return found
  }

  func parameter(_ role: String, of node: Node, _ evidence: Evidence) -> StoredTensor? {
    node.parameters.first { $0.role == role }.flatMap { evidence.parameters[$0.name] }
  }

  /// How many heads the nodes around one have.
  private func headCounts(around position: Int, _ architecture: Architecture) -> [Int] {
    let near = architecture.nodes[
      max(0, position - 12)..<min(architecture.nodes.count, position + 24)]
    let counts = near.flatMap { node in
      ["heads", "key_value_heads"].compactMap { node.settings[$0]?.intValue }
    }
    return Set(counts.filter { $0 > 1 }).sorted()
  }

  /// The blocks of a recurrent network's gates in another order.
  private func gateOrders(_ position: Int, _ evidence: Evidence) throws(CrosswalkError)
    -> [Hypothesis]
  {
    let node = evidence.architecture.nodes[position]
    let gates = ["lstm": 4, "gru": 3][node.settings["kind"]?.stringValue ?? ""] ?? 0
    guard node.operationName == "recurrent", gates > 0 else { return [] }
    var found: [Hypothesis] = []
    for order in Self.permutations(of: gates).dropFirst() {
      var changed: [String: StoredTensor] = [:]
      for (role, name) in node.parameters {
        guard let tensor = evidence.parameters[name], let rows = tensor.shape.first,
          rows % gates == 0, role != "projection.weight"
        else { continue }
        let width = rows / gates
        let places = order.flatMap { gate in (gate * width)..<((gate + 1) * width) }
        changed[role] = try tensor.taking(places, axis: 0)
      }
      let words = order.map(String.init).joined(separator: ", ")
      found.append(
        try hypothesis(
          "gate-order", "the gates are in the order \(words) of ours", position, changed,
          how: "gates \(words)", evidence))
    }
    return found
  }

  private static func permutations(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(of: count - 1).flatMap { shorter in
      (0..<count).map { place in
        var longer = shorter
        longer.insert(count - 1, at: count - 1 - place)
        return longer
      }
    }
  }
}

/// Orders in which the numbers of heads are stored.
enum HeadOrder: String, CaseIterable {
  /// (head width, heads) instead of (heads, head width).
  case interleaved
  /// (heads, head width) where (head width, heads) is meant.
  case gathered
  /// Each head's two halves take turns: rotary pairs side by side.
  case halvesInTurn
  /// Each head's pairs are put apart into halves.
  case pairsApart

  var says: String {
    switch self {
    case .interleaved: "to be gathered head by head"
    case .gathered: "to be spread over the heads"
    case .halvesInTurn: "to be taken from both halves of a head in turn (rotary pairs)"
    case .pairsApart: "to be parted into the halves of a head (rotary pairs)"
    }
  }

  /// Where each number is taken from; nil where the heads do not divide them.
  func places(_ count: Int, heads: Int) -> [Int]? {
    guard heads > 1 || self == .halvesInTurn || self == .pairsApart, count % heads == 0 else {
      return nil
    }
    let width = count / heads
    guard width > 1 else { return nil }
    switch self {
    case .interleaved: return (0..<count).map { $0 % width * heads + $0 / width }
    case .gathered: return (0..<count).map { $0 % heads * width + $0 / heads }
    case .halvesInTurn:
      guard width % 2 == 0 else { return nil }
      return (0..<count).map { $0 / width * width + $0 % width / 2 + $0 % 2 * (width / 2) }
    case .pairsApart:
      guard width % 2 == 0 else { return nil }
      let half = width / 2
      return (0..<count).map { $0 / width * width + $0 % width % half * 2 + $0 % width / half }
    }
  }
}

extension StoredTensor {
  /// The slices at some places along an axis, in memory.
  func taking(_ places: [Int], axis: Int) throws(CrosswalkError) -> StoredTensor {
    let values = try doubles()
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    var result: [Double] = []
    result.reserveCapacity(outer * places.count * inner)
    for row in 0..<outer {
      for place in places {
        let start = (row * shape[axis] + place) * inner
        result += values[start..<(start + inner)]
      }
    }
    var shape = shape
    shape[axis] = places.count
    return try StoredTensor(result, shape: shape).cast(to: dtype)
  }
}
