import Architectures
import Diagnostics
import Engine

/// Other values that may flow into a node's roles: the norm before the sum or after it, another
/// residual, a mask that was forgotten.
struct WiringHypotheses: HypothesisSource {
  /// Values further back are tried no more.
  private static let reach = 48

  func hypotheses(about position: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis]
  {
    let architecture = evidence.architecture
    let node = architecture.nodes[position]
    var found: [Hypothesis] = []
    for role in node.roles {
      let known = node.arguments[role.name] ?? []
      for (index, value) in known.enumerated() {
        for other in others(value, before: position, evidence) {
          var changed = known
          changed[index] = other
          add(changed, role.name, position, evidence, rank: 2, to: &found)
        }
        if role.arity == .many, known.count > 1 {
          add(
            known.enumerated().filter { $0.offset != index }.map(\.element), role.name, position,
            evidence, rank: 2, to: &found)
        }
      }
      guard role.arity == .optional else { continue }
      if known.isEmpty {
        for value in masks(before: position, evidence) {
          add([value], role.name, position, evidence, rank: 1, to: &found)
        }
      } else {
        add([], role.name, position, evidence, rank: 1, to: &found)
      }
    }
    return found
  }

  private func add(
    _ values: [Int], _ role: String, _ position: Int, _ evidence: Evidence, rank: Int,
    to found: inout [Hypothesis]
  ) {
    let architecture = evidence.architecture
    let node = architecture.nodes[position]
    var arguments = node.arguments
    arguments[role] = values
    guard let changed = try? architecture.node(position, arguments: arguments) else { return }
    let (old, new) = (node.arguments[role] ?? [], values)
    let names = { (values: [Int]) in
      values.isEmpty ? "nothing" : values.map(architecture.name(of:)).joined(separator: ", ")
    }
    found.append(
      Hypothesis(
        cause: role.contains("mask") ? "mask" : "wiring",
        says: "into '\(role)' flows \(names(new)), not \(names(old))", node: position,
        edit: .arguments(role: role, from: old, to: new),
        change: GraphChange(nodes: [position: changed]), rank: rank))
  }

  /// Values of the same type and shape before a node, the nearest first.
  private func others(_ value: Int, before position: Int, _ evidence: Evidence) -> [Int] {
    let architecture = evidence.architecture
    let (type, shape) = (architecture.type(of: value), evidence.bench.shape(of: value))
    guard shape != nil else { return [] }
    let all = (0..<(position + architecture.inputs.count)).reversed().filter {
      $0 != value && evidence.bench.shape(of: $0) == shape
        && architecture.type(of: $0).element == type.element
    }
    return Array(all.prefix(Self.reach))
  }

  /// What may be a mask or a bias of scores: inputs, and what is no sequence of vectors.
  private func masks(before position: Int, _ evidence: Evidence) -> [Int] {
    let architecture = evidence.architecture
    let all = (0..<(position + architecture.inputs.count)).reversed().filter {
      guard let shape = evidence.bench.shape(of: $0) else { return false }
      return $0 < architecture.inputs.count || shape.count != 3
        || architecture.type(of: $0).element == .mask
    }
    return Array(all.prefix(Self.reach))
  }
}
