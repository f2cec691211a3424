import Diagnostics
import Reports
import Tensors

/// What a tensor is to another that it was found to differ from.
struct PairRelation {
  let tensor: StoredTensor
  let reference: StoredTensor
  /// How far they are apart, where the shapes are the same.
  let distance: Distance?

  typealias Relation = DifferenceReport.Relation

  /// The relation, nil where the values are others.
  ///
  /// - Throws: whatever reading meets.
  func found() throws(CrosswalkError) -> Relation? {
    guard tensor.dtype.category != .complex, reference.dtype.category != .complex,
      tensor.count > 0, reference.count > 0
    else { return nil }
    if let distance, distance.nonFinite == 0 {
      if let cast = try rounded(distance) { return cast }
      if let scaled = try scaled(distance) { return scaled }
    }
    guard mayBeReordered else { return nil }
    if let found = try reordered(tensor, reference) { return found }
    return try castAndReordered()
  }

  /// Whether the same values in another order would be so far apart; spares reading what has changed
  /// but little.
  var mayBeReordered: Bool {
    guard tensor.count == reference.count, tensor.count > 1 else { return false }
    guard let distance, tensor.count > 1 << 16, distance.nonFinite == 0 else { return true }
    return distance.relativeRMS > 0.05
  }

  // MARK: casts

  private func rounded(_ distance: Distance) throws(CrosswalkError) -> Relation? {
    guard tensor.dtype.isFloating, reference.dtype.isFloating else { return nil }
    let isSame = tensor.dtype == reference.dtype
    let ours = isSame ? Self.narrower(distance.bits.0, tensor.dtype) : tensor.dtype
    let theirs = isSame ? Self.narrower(distance.bits.1, reference.dtype) : reference.dtype
    guard let narrow = Self.narrowest(ours, theirs), narrow != .f8e8m0 else { return nil }
    let (a, b) = (try tensor.cast(to: narrow), try reference.cast(to: narrow))
    guard try TensorPair(a, b).isSameBytes() else { return nil }
    let isOurs = ours == narrow
    let side = isOurs ? "here" : "there"
    let wide = (isOurs ? reference : tensor).dtype.rawValue
    return Relation(
      .cast,
      detail: isSame
        ? "rounded to \(narrow.rawValue) \(side), kept as \(wide)"
        : "the \(wide) rounded to \(narrow.rawValue) \(side)")
  }

  private static func narrowest(_ a: DType?, _ b: DType?) -> DType? {
    guard let a, let b else { return a ?? b }
    return a == b || a.byteCount == b.byteCount ? nil : a.byteCount < b.byteCount ? a : b
  }

  /// The narrower dtype whose mantissa holds all values, told by bits that none of them has; one
  /// value in 65,536 would look so by chance.
  static func narrower(_ bits: UInt64, _ dtype: DType) -> DType? {
    guard [.f32, .f64].contains(dtype), bits != 0 else { return nil }
    let mantissas: [(DType, UInt64)] = [(.bf16, 7), (.f16, 10), (.f32, 23)]
    return mantissas.first { $0.0 != dtype && bits & ((1 << (52 - $0.1)) - 1) == 0 }?.0
  }

  // MARK: factors

  /// The reference's values times one factor, but for one rounding.
  private func scaled(_ distance: Distance) throws(CrosswalkError) -> Relation? {
    guard tensor.dtype.isFloating, reference.dtype.isFloating, let near = distance.factor,
      abs(near - 1) > 1e-3, near != 0
    else { return nil }
    let factor = Self.plain(near)
    let unit = tensor.dtype.coarser(reference.dtype).roundingUnit
    var (fits, low, high) = (true, Double.infinity, -Double.infinity)
    try TensorPair(tensor, reference).forEachPiece { _, values, expected in
      guard fits else { return }
      for (a, b) in zip(values, expected) {
        // Infinities of one sign are equal whatever the factor.
        guard a.isFinite else { continue }
        (low, high) = (min(low, b), max(high, b))
        if abs(a - factor * b) > unit * abs(a) + .leastNormalMagnitude { fits = false }
      }
    }
    guard fits, low < high else { return nil }
    return Relation(.scaled, detail: "× \(Self.words(factor))", factor: factor)
  }

  /// A power of two, a root of an integer or its inverse, if the factor is as near to one as the
  /// rounding of values allows.
  private static func plain(_ factor: Double) -> Double {
    let size = abs(factor)
    let square = size > 1 ? size * size : 1 / (size * size)
    let whole = square.rounded()
    guard whole >= 1, whole < 1e9, abs(square - whole) < 1e-4 else { return factor }
    let root = size > 1 ? whole.squareRoot() : 1 / whole.squareRoot()
    return abs(root - size) < 1e-5 * size ? (factor < 0 ? -root : root) : factor
  }

  private static func words(_ factor: Double) -> String {
    let (size, text) = (abs(factor), Numbers.brief(factor, digits: 7))
    let square = (size > 1 ? size * size : 1 / (size * size)).rounded()
    let root = square.squareRoot()
    guard square > 1, square < 1e9, root != root.rounded() else { return text }
    if root == size { return "\(text) (√\(Int(square)))" }
    return 1 / root == size ? "\(text) (1/√\(Int(square)))" : text
  }

  // MARK: orders

  /// The same values in another order or under another shape.
  private func reordered(_ a: StoredTensor, _ b: StoredTensor) throws(CrosswalkError) -> Relation? {
    guard let ours = try Content(of: a), let theirs = try Content(of: b), ours.sum == theirs.sum
    else { return nil }
    let arrangement = try ValueOrder(of: a, in: b)
    return arrangement.kind.map { Relation($0, detail: arrangement.detail) }
  }

  /// The same, and one side rounded.
  private func castAndReordered() throws(CrosswalkError) -> Relation? {
    let (a, b) = (tensor.dtype, reference.dtype)
    guard a.isFloating, b.isFloating, a.byteCount != b.byteCount, ![a, b].contains(.f8e8m0) else {
      return nil
    }
    let (narrow, wide) = a.byteCount < b.byteCount ? (a, b) : (b, a)
    guard
      var relation = try reordered(tensor.cast(to: narrow), reference.cast(to: narrow))
    else { return nil }
    let cast = "the \(wide.rawValue) rounded to \(narrow.rawValue)"
    relation.detail = [relation.detail, cast].compactMap(\.self).joined(separator: "; ")
    return relation
  }

  /// What is worth saying of values that are others.
  ///
  /// - Throws: whatever reading meets.
  func remark() throws(CrosswalkError) -> String? {
    if let offset = distance?.offset {
      return "each element is larger by \(Numbers.brief(offset, digits: 7))"
    }
    let (a, b) = (tensor.shape, reference.shape)
    guard let rows = a.first, let others = b.first, rows != others, a.dropFirst() == b.dropFirst(),
      a.count > 1, tensor.dtype == reference.dtype
    else { return nil }
    let shared = min(rows, others)
    let (ours, theirs) = (
      try tensor.sliced(axis: 0, range: 0..<shared),
      try reference.sliced(axis: 0, range: 0..<shared)
    )
    guard shared > 0, try TensorPair(ours, theirs).isSameBytes() else { return nil }
    return "the first \(shared) rows are equal; \(abs(rows - others)) more "
      + (rows > others ? "here" : "there")
  }
}
