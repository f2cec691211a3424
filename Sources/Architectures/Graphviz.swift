import Diagnostics

extension Architecture {
  /// The graph in the DOT language, each repeated block a box; dashed is what one step gives to the
  /// next.
  public var graphviz: String {
    var lines = [
      "digraph architecture {", "  rankdir=BT;",
      "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];",
    ]
    for input in inputs {
      lines.append("  \(quoted(input.name)) [shape=plaintext, label=\(quoted(input.label))];")
    }
    for (position, block) in blocks.enumerated()
    where nodes.contains(where: { innermostBlock(of: $0) == block.name }) {
      lines.append("  subgraph cluster_\(position) {")
      lines.append("    label=\(quoted(block.name)); color=gray; fontname=\"Helvetica\";")
      for node in nodes where innermostBlock(of: node) == block.name {
        lines.append("    \(quoted(node.name)) [label=\(quoted(node.label))];")
      }
      lines.append("  }")
    }
    for node in nodes where innermostBlock(of: node) == nil {
      lines.append("  \(quoted(node.name)) [label=\(quoted(node.label))];")
    }
    for node in nodes {
      for role in node.roles where role.name != CarriedState.whose {
        for value in node.arguments[role.name] ?? [] {
          let label = role.name == "input" ? "" : " [label=\(quoted(role.name)), fontsize=9]"
          lines.append("  \(quoted(name(of: value))) -> \(quoted(node.name))\(label);")
        }
      }
    }
    for (value, next) in loops.flatMap(\.carried) {
      lines.append(
        "  \(quoted(name(of: next))) -> \(quoted(name(of: value))) [style=dashed, constraint=false];"
      )
    }
    for output in outputs {
      lines.append("  \(quoted("output " + output.name)) [shape=plaintext];")
      lines.append("  \(quoted(name(of: output.value))) -> \(quoted("output " + output.name));")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func innermostBlock(of node: Node) -> String? {
    blocks.filter { node.name.hasPrefix($0.name + ".") }.max { $0.name.count < $1.name.count }?.name
  }

  /// The text as a string of DOT, its lines kept apart.
  private func quoted(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line).printable.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined()
    }
    return "\"\(lines.joined(separator: "\\n"))\""
  }
}

extension Input {
  fileprivate var label: String { "\(name)\n\(type.summary)" }
}

extension Node {
  fileprivate var label: String {
    let short = name.split(separator: ".").suffix(2).joined(separator: ".")
    return "\(short)\n\(operationName)\n\(output.summary)"
  }
}

extension TensorType {
  /// The axes in a few words: `batch × sequence × width 384`.
  public var summary: String {
    axes.map { axis in axis.extent.map { "\(axis.name) \($0)" } ?? axis.name }
      .joined(separator: " × ")
  }
}
