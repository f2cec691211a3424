extension InspectReport {
  /// The tensors as a tree of their names' parts, with sums; alike layers are shown once.
  public func tree(style: Style = .plain) -> String {
    var table = TextTable([
      .text("name"), .text("dtype"), .text("shape"), .number("tensors"), .number("bytes"),
    ])
    // A path's parts are separated by slashes where there are any, a name's by dots.
    let separator: Character = tensors.contains { $0.name.contains("/") } ? "/" : "."
    var root = TreeNode(name: "")
    for tensor in tensors {
      root.insert(tensor, at: tensor.name.split(separator: separator).map(String.init)[...])
    }
    for child in root.folded { child.append(to: &table, depth: 0) }
    return heading(style) + "\n" + table.text(style: style)
  }
}

/// A part of tensors' names and what stands below it.
private struct TreeNode {
  var name: String
  var tensor: InspectReport.Tensor?
  var children: [TreeNode] = []
  private var places: [String: Int] = [:]
  /// How many siblings alike this one stands for.
  var times = 1

  init(name: String) { self.name = name }

  /// Deeper names are kept in one part: a file chooses the depth.
  private static let deepest = 40

  mutating func insert(
    _ tensor: InspectReport.Tensor, at path: ArraySlice<String>, depth: Int = 0
  ) {
    guard let first = path.first, depth < Self.deepest else {
      if depth == Self.deepest && !path.isEmpty {
        var leaf = TreeNode(name: path.joined(separator: "."))
        leaf.tensor = tensor
        children.append(leaf)
      } else {
        self.tensor = tensor
      }
      return
    }
    let place = places[first] ?? children.count
    if place == children.count {
      places[first] = place
      children.append(TreeNode(name: first))
    }
    children[place].insert(tensor, at: path.dropFirst(), depth: depth + 1)
  }

  var tensors: Int { children.reduce(tensor == nil ? 0 : 1) { $0 + $1.tensors } * times }
  var bytes: Int { children.reduce(tensor?.bytes ?? 0) { $0 &+ $1.bytes } &* times }

  /// What two nodes have in common when they are alike: all below them but their own names.
  private var likeness: String {
    let own = tensor.map { "\($0.dtype)\($0.shape)" } ?? ""
    return own + "{" + children.map { "\($0.name):\($0.likeness)" }.joined(separator: ",") + "}"
  }

  /// The children with runs of alike numbered ones (0, 1, 2, …) folded into one.
  var folded: [TreeNode] {
    var result: [TreeNode] = []
    var run: (first: String, last: Int, likeness: String)?
    // Files list layer 10 before layer 2.
    let isNumbered = children.allSatisfy { Int($0.name) != nil }
    let ordered =
      isNumbered
      ? children.sorted { (Int($0.name) ?? 0) < (Int($1.name) ?? 0) } : children
    for child in ordered {
      let number = Int(child.name)
      let likeness = number == nil ? "" : child.likeness
      if let number, let open = run, open.last < number, open.last + 1 == number,
        open.likeness == likeness
      {
        let last = result.count - 1
        result[last].times += 1
        result[last].name = "\(open.first) … \(number)"
        run = (open.first, number, likeness)
      } else {
        result.append(child)
        run = number.map { (child.name, $0, likeness) }
      }
    }
    return result
  }

  func append(to table: inout TextTable, depth: Int) {
    let indented = String(repeating: "  ", count: depth) + name
    if let tensor, children.isEmpty {
      table.append([
        TextTable.Cell(indented), TextTable.Cell(tensor.dtype),
        TextTable.Cell(Numbers.shape(tensor.shape)),
        TextTable.Cell(times > 1 ? Numbers.grouped(times) : ""),
        TextTable.Cell(Numbers.bytes(bytes)),
      ])
      return
    }
    table.append([
      TextTable.Cell(indented, as: .heading), TextTable.Cell(tensor?.dtype ?? ""),
      TextTable.Cell(tensor.map { Numbers.shape($0.shape) } ?? ""),
      TextTable.Cell(Numbers.grouped(tensors)), TextTable.Cell(Numbers.bytes(bytes)),
    ])
    for child in folded { child.append(to: &table, depth: depth + 1) }
  }
}
