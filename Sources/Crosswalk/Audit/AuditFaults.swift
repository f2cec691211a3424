import Architectures
import Diagnostics
import Documents
import Engine
import Tensors

/// The faults that an audit puts into a healthy model: what a diagnosis would try.
///
/// Of nodes that stand at one place of the architecture, such as the queries of all layers, the first
/// and the last are taken; of each kind of fault at a node one or a few.
struct AuditFaults {
  /// No more are put in.
  static let most = 600

  let faults: [Hypothesis]
  /// How many were left out.
  let untried: Int

  init(_ evidence: Evidence) throws(CrosswalkError) {
    let sources: [any HypothesisSource] = [
      SettingHypotheses(catalogue: try .builtIn()), WeightHypotheses(), WiringHypotheses(),
    ]
    var found: [Hypothesis] = []
    for position in Self.places(evidence.architecture) {
      var kinds: [(kind: String, all: [Hypothesis])] = []
      var all = try Self.omissions(position, evidence)
      for source in sources { all += try source.hypotheses(about: position, evidence) }
      for fault in all where !Self.isTheSame(fault.edit) {
        let kind = Self.kind(of: fault)
        if let index = kinds.firstIndex(where: { $0.kind == kind }) {
          kinds[index].all.append(fault)
        } else {
          kinds.append((kind, [fault]))
        }
      }
      for (_, all) in kinds { found += Self.few(of: all) }
    }
    let step = max(1, (found.count + Self.most - 1) / Self.most)
    faults = stride(from: 0, to: found.count, by: step).map { found[$0] }
    untried = found.count - faults.count
  }

  /// The first and the last node at each place of the architecture's JSON.
  private static func places(_ architecture: Architecture) -> [Int] {
    let nodes = architecture.nodes
    let groups = Dictionary(grouping: nodes.indices) { nodes[$0].place.pointer }
    return Set(groups.values.flatMap { [$0.min() ?? 0, $0.max() ?? 0] }).sorted()
  }

  /// What faults of one kind share.
  private static func kind(of fault: Hypothesis) -> String {
    switch fault.edit {
    case .setting(let key, _, _): "\(fault.cause) \(key)"
    case .operation(_, let to, _): "\(fault.cause) \(to)"
    case .arguments(let role, let from, let to): "\(role) \(to.count - from.count)"
    case .parameters(let tensors, let how):
      "\(fault.cause) \(tensors.keys.sorted()) \(how.prefix { !$0.isNumber })"
    case .takes(let names, _): "\(fault.cause) \(names.keys.sorted())"
    }
  }

  /// Of settings the first, one amid and the last of those that are tried; of others the first.
  private static func few(of all: [Hypothesis]) -> [Hypothesis] {
    guard case .setting? = all.first?.edit else { return Array(all.prefix(1)) }
    return Set([0, all.count / 2, all.count - 1]).sorted().map { all[$0] }
  }

  /// What means the same as a setting that is not there, or as parameters that are tied.
  private static func isTheSame(_ edit: Edit) -> Bool {
    if case .takes(let names, _) = edit { return names.allSatisfy { $0 == $1 } }
    guard case .setting(_, let from, let to) = edit else { return false }
    let isNothing = { (value: JSON?) in
      value == nil || value?.isNull == true || value?.boolValue == false || value?.doubleValue == 0
    }
    return isNothing(from) && isNothing(to)
  }

  /// A bias of zeros, and a factor of ones.
  private static func omissions(_ position: Int, _ evidence: Evidence) throws(CrosswalkError)
    -> [Hypothesis]
  {
    var found: [Hypothesis] = []
    let node = evidence.architecture.nodes[position]
    for (role, name) in node.parameters {
      guard let tensor = evidence.parameters[name] else { continue }
      let isBias = role.hasSuffix("bias")
      guard isBias || tensor.shape.count == 1 && role == "weight" else { continue }
      let plain = try StoredTensor.filled(.f32, tensor.shape, value: isBias ? 0 : 1)
      found.append(
        Hypothesis(
          cause: isBias ? "bias" : "left-out",
          says: isBias ? "\(role) is left out" : "\(role) is left out, so that it is 1",
          node: position, edit: .parameters([role: plain], how: "left out"),
          change: GraphChange(parameters: [name: plain]), rank: 0))
    }
    return found
  }
}
