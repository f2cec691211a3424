import Diagnostics
import Tensors

/// How parts lie in a whole that holds just their values.
struct Joint {
  private let whole: StoredTensor
  private let parts: [(name: String, tensor: StoredTensor)]

  init(_ whole: StoredTensor, _ parts: [(name: String, tensor: StoredTensor)]) {
    self.whole = whole
    self.parts = parts
  }

  /// How the parts lie in the whole.
  struct Order {
    /// The names in the order in which the whole has them.
    let names: [String]
    /// The arrangement in words.
    let words: String
  }

  /// Finds the order of the parts.
  ///
  /// - Throws: whatever reading meets.
  func order() throws(CrosswalkError) -> Order {
    for view in MatrixView.all(of: whole.shape) {
      let sketch = try Sketch(of: whole, as: view)
      // Parts whose columns are as long as the whole's are side by side; or their rows are.
      let unit = view.columns == 1 ? "values" : "rows"
      if let order = try order(of: sketch.rows, length: view.columns, unit) { return order }
      if let order = try order(of: sketch.columns, length: view.rows, "columns") { return order }
    }
    return Order(
      names: parts.map(\.name), words: "the same values, in no order that was recognised")
  }

  /// The rows or columns of the whole as those of the parts.
  private func order(of lines: [UInt64], length: Int, _ unit: String) throws(CrosswalkError)
    -> Order?
  {
    for isTransposed in [false, true] {
      var hashes: [[UInt64]] = []
      for part in parts {
        guard
          let found = try Self.lines(
            of: part.tensor, length: length, areRows: (unit != "columns") != isTransposed)
        else { break }
        hashes.append(found)
      }
      guard hashes.count == parts.count, let order = order(of: hashes, in: lines, unit) else {
        continue
      }
      return isTransposed ? Order(names: order.names, words: "transposed, \(order.words)") : order
    }
    return nil
  }

  /// A tensor's rows or columns of a length; nil where it has none such.
  private static func lines(of tensor: StoredTensor, length: Int, areRows: Bool)
    throws(CrosswalkError) -> [UInt64]?
  {
    var views = MatrixView.all(of: tensor.shape)
    if length == 1 {
      guard tensor.count <= MatrixView.limit else { return nil }
      let values = try Sketch(of: tensor, as: MatrixView(rows: tensor.count, columns: 1))
      return values.rows
    }
    // A vector is a column, or a row.
    if tensor.shape.count(where: { $0 != 1 }) == 1 { views += views.map(\.transposed) }
    guard let view = views.first(where: { (areRows ? $0.columns : $0.rows) == length }) else {
      return nil
    }
    let sketch = try Sketch(of: tensor, as: view)
    return areRows ? sketch.rows : sketch.columns
  }

  private func order(of parts: [[UInt64]], in lines: [UInt64], _ unit: String) -> Order? {
    guard parts.reduce(0, { $0 + $1.count }) == lines.count,
      parts.joined().sorted() == lines.sorted()
    else { return nil }
    let orders = parts.count <= 4 ? Self.orders(parts.count) : [Array(parts.indices)]
    for order in orders where Array(order.map { parts[$0] }.joined()) == lines {
      return Order(names: order.map { self.parts[$0].name }, words: "\(unit) side by side")
    }
    // Where they take turns, the first of each tells the order.
    let firsts = parts.map { part in part.first.flatMap(lines.firstIndex) ?? 0 }
    let order = parts.indices.sorted { firsts[$0] < firsts[$1] }
    let joined = Array(order.map { parts[$0] }.joined())
    guard let name = OrderName.of(lines, in: joined, unit: unit) else { return nil }
    return Order(
      names: order.map { self.parts[$0].name }, words: "\(name), of the parts side by side")
  }

  private static func orders(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    let shorter = orders(count - 1)
    return shorter.flatMap { order in
      (0...order.count).reversed().map { place in
        Array(order[..<place]) + [count - 1] + Array(order[place...])
      }
    }
  }
}
