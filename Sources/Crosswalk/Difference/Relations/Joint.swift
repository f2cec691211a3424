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

  /// The arrangement in words.
  ///
  /// - Throws: whatever reading meets.
  func words() throws(CrosswalkError) -> String {
    for view in MatrixView.all(of: whole.shape) {
      let sketch = try Sketch(of: whole, as: view)
      // Parts whose columns are as long as the whole's are side by side; or their rows are.
      if let words = try words(sketch.rows, length: view.columns, "rows") { return words }
      if let words = try words(sketch.columns, length: view.rows, "columns") { return words }
    }
    return "the same values, in no order that was recognised"
  }

  /// The rows or columns of the whole as those of the parts.
  private func words(_ lines: [UInt64], length: Int, _ unit: String) throws(CrosswalkError)
    -> String?
  {
    for isTransposed in [false, true] {
      var hashes: [[UInt64]] = []
      for part in parts {
        guard
          let found = try Self.lines(
            of: part.tensor, length: length, areRows: (unit == "rows") != isTransposed)
        else { break }
        hashes.append(found)
      }
      guard hashes.count == parts.count, let order = order(of: hashes, in: lines, unit) else {
        continue
      }
      return isTransposed ? "transposed, \(order)" : order
    }
    return nil
  }

  /// A tensor's rows or columns of a length; nil where it has none such.
  private static func lines(of tensor: StoredTensor, length: Int, areRows: Bool)
    throws(CrosswalkError) -> [UInt64]?
  {
    var views = MatrixView.all(of: tensor.shape)
    // A vector is a column, or a row.
    if tensor.shape.count(where: { $0 != 1 }) == 1 { views += views.map(\.transposed) }
    guard let view = views.first(where: { (areRows ? $0.columns : $0.rows) == length }) else {
      return nil
    }
    let sketch = try Sketch(of: tensor, as: view)
    return areRows ? sketch.rows : sketch.columns
  }

  private func order(of parts: [[UInt64]], in lines: [UInt64], _ unit: String) -> String? {
    guard parts.reduce(0, { $0 + $1.count }) == lines.count,
      parts.joined().sorted() == lines.sorted()
    else { return nil }
    let orders = parts.count <= 4 ? Self.orders(parts.count) : [Array(parts.indices)]
    for order in orders where Array(order.map { parts[$0] }.joined()) == lines {
      return "\(unit) side by side" + names(order)
    }
    let joined = Array(parts.joined())
    guard let name = OrderName.of(lines, in: joined, unit: unit) else { return nil }
    return "\(name), of the parts side by side" + names(Array(parts.indices))
  }

  private func names(_ order: [Int]) -> String {
    guard order.count <= 4, order != Array(parts.indices) else { return "" }
    return " in the order " + order.map { parts[$0].name }.joined(separator: ", ")
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
