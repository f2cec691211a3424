import Architectures

/// When values of an architecture are used for the last time, and what loops give to the outside.
struct Schedule: Sendable {
  /// For each node, the values that no one needs after it.
  private(set) var expiring: [[Int]]
  /// For each loop, the values that no one needs after its last step.
  private(set) var expiringAfter: [[Int]]
  /// For each loop, its values that are used outside of it.
  private(set) var given: [Set<Int>]
  /// For each loop, and for the whole at the end, where the loops right inside it begin.
  private(set) var inner: [[Int: Int]]

  init(_ architecture: Architecture) {
    let loops = architecture.loops
    expiring = Array(repeating: [], count: architecture.nodes.count)
    expiringAfter = Array(repeating: [], count: loops.count)
    given = Array(repeating: [], count: loops.count)
    inner = Array(repeating: [:], count: loops.count + 1)
    for (index, loop) in loops.enumerated() {
      let around = loops[..<index].lastIndex { $0.nodes.contains(loop.nodes) } ?? loops.count
      inner[around][loop.nodes.lowerBound] = index
    }
    readUses(architecture)
  }

  private mutating func readUses(_ architecture: Architecture) {
    let (first, loops) = (architecture.inputs.count, architecture.loops)
    let outputs = Set(architecture.outputs.map(\.value))
    var last: [Int: (key: Int, loop: Int?, node: Int)] = [:]
    func use(_ value: Int, at node: Int) {
      // A value from outside of a loop is needed until its last step.
      let loop = loops.indices.first {
        loops[$0].nodes.contains(node) && !loops[$0].nodes.contains(value - first)
      }
      let key = loop.map { 2 * loops[$0].nodes.upperBound } ?? 2 * node + 1
      if key > last[value]?.key ?? -1 { last[value] = (key, loop, node) }
      for (index, loop) in loops.enumerated()
      where loop.nodes.contains(value - first) && !loop.nodes.contains(node) {
        given[index].insert(value)
      }
    }
    for (position, node) in architecture.nodes.enumerated() {
      use(position + first, at: position)
      for value in node.arguments.values.joined() { use(value, at: position) }
    }
    for loop in loops {
      for (_, next) in loop.carried { use(next, at: loop.nodes.upperBound - 1) }
    }
    for output in outputs { use(output, at: architecture.nodes.count) }
    for (value, use) in last where !outputs.contains(value) {
      if let loop = use.loop {
        expiringAfter[loop].append(value)
      } else {
        expiring[use.node].append(value)
      }
    }
  }
}
