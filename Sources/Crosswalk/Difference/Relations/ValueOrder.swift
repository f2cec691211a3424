import Diagnostics
import Reports
import Tensors

/// How the same values lie in two tensors, which their sums have told.
struct ValueOrder {
  /// `transposed`, `permuted` or `reshaped`; nil for the same order under the same shape.
  let kind: DifferenceReport.Relation.Kind?
  /// In words.
  let detail: String?

  private typealias Kind = DifferenceReport.Relation.Kind

  private init(_ kind: Kind?, _ detail: String? = nil) {
    self.kind = kind
    self.detail = detail
  }

  /// Finds how ours lies in theirs.
  ///
  /// - Throws: whatever reading meets.
  init(of ours: StoredTensor, in theirs: StoredTensor) throws(CrosswalkError) {
    if try Self.areSame(ours, theirs.reshaped(ours.shape)) {
      let isSame = ours.shape == theirs.shape
      self.init(
        isSame ? nil : .reshaped,
        isSame ? nil : "\(Self.shape(ours)) here, \(Self.shape(theirs)) there")
      return
    }
    if let axes = try Self.axes(of: ours, in: theirs) {
      self.init(.transposed, axes)
      return
    }
    self = try Self.ofMatrices(ours, theirs) ?? Self(.permuted, "the same values in another order")
  }

  private static func areSame(_ a: StoredTensor, _ b: StoredTensor) throws(CrosswalkError) -> Bool {
    if a.dtype == b.dtype { return try TensorPair(a, b).isSameBytes() }
    return try Distance(of: a, from: b).isIdentical
  }

  private static func shape(_ tensor: StoredTensor) -> String {
    tensor.shape.isEmpty ? "scalar" : tensor.shape.map { "\($0)" }.joined(separator: "×")
  }

  // MARK: more axes than two

  /// More elements than this are not read in another order of axes.
  private static let permutable = 1 << 26

  /// The order of more than two axes that makes ours of theirs, in words.
  private static func axes(of ours: StoredTensor, in theirs: StoredTensor) throws(CrosswalkError)
    -> String?
  {
    let rank = ours.shape.count
    guard (3...5).contains(rank), theirs.shape.count == rank, ours.count <= permutable,
      ours.shape.sorted() == theirs.shape.sorted()
    else { return nil }
    for order in orders(rank) where order != Array(0..<rank) {
      guard order.map({ theirs.shape[$0] }) == ours.shape else { continue }
      let view = try theirs.permuted(order).cast(to: .f64)
      let start = 0..<min(ours.count, 512)
      guard try ours.cast(to: .f64).bytes(start) == view.bytes(start),
        try TensorPair(ours.cast(to: .f64), view).isSameBytes()
      else { continue }
      return "axes \(order.map { "\($0)" }.joined(separator: ", ")) of the reference's"
    }
    return nil
  }

  private static func orders(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return orders(count - 1).flatMap { order in
      (0..<count).map { place in
        order[..<place] + [count - 1] + order[place...]
      }
    }.map(Array.init)
  }

  // MARK: matrices

  /// Ours and theirs as matrices, in whichever pair of views says most.
  private static func ofMatrices(_ ours: StoredTensor, _ theirs: StoredTensor)
    throws(CrosswalkError) -> ValueOrder?
  {
    var found: [ValueOrder] = []
    let views = MatrixView.all(of: theirs.shape)
    for view in MatrixView.all(of: ours.shape) {
      guard views.contains(view) || views.contains(view.transposed) else { continue }
      let a = try Sketch(of: ours, as: view)
      if views.contains(view.transposed) {
        let b = try Sketch(of: theirs, as: view.transposed)
        if let plain = transposition(a, b, ours, theirs) { return plain }
        if let name = reordered(a.rows, a.columns, b.columns, b.rows) {
          found.append(Self(.permuted, "transposed, and \(name)"))
        }
      }
      if views.contains(view) {
        let b = try Sketch(of: theirs, as: view)
        let unit = view.columns == 1 ? "values" : "rows"
        if let name = reordered(a.rows, a.columns, b.rows, b.columns, unit) {
          return Self(.permuted, name)
        }
        if a.looseRows.sorted() == b.looseRows.sorted(),
          a.looseColumns.sorted() == b.looseColumns.sorted(), view.columns > 1, view.rows > 1
        {
          found.append(Self(.permuted, "rows and columns, both in another order"))
        }
      }
    }
    return found.first
  }

  private static func transposition(
    _ a: Sketch, _ b: Sketch, _ ours: StoredTensor, _ theirs: StoredTensor
  ) -> ValueOrder? {
    guard a.rows == b.columns, a.columns == b.rows else { return nil }
    let areMatrices = ours.shape.count == 2 && theirs.shape.count == 2
    return Self(
      .transposed, areMatrices ? nil : "\(shape(ours)) here, \(shape(theirs)) there")
  }

  /// Rows or columns in another order, in words.
  private static func reordered(
    _ rows: [UInt64], _ columns: [UInt64], _ theirRows: [UInt64], _ theirColumns: [UInt64],
    _ unit: String = "rows"
  ) -> String? {
    OrderName.of(rows, in: theirRows, unit: unit)
      ?? OrderName.of(columns, in: theirColumns, unit: "columns")
  }
}
