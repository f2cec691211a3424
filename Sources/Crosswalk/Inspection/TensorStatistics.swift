import Diagnostics
import Reports
import Tensors

/// Statistics of a tensor of any size, in bounded memory.
///
/// Everything is exact but for binary64's own rounding: quantiles too, which are ranks found by
/// ``RadixSelection`` and interpolated linearly, as NumPy does by default. A tensor of up to
/// ``heldCount`` elements is read once, a larger one twice, or four times when its numbers need 64
/// bits.
struct TensorStatistics {
  /// The fractions of the quantiles.
  static let fractions = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
  /// The number of the histogram's bins.
  static let bins = 32
  /// Up to so many elements are held in memory.
  static let heldCount = 1 << 16

  /// The narrower dtype that holds every number, where one does.
  private var narrower: DType?
  private let dtype: DType
  private let count: Int
  private var moments = Moments()
  private var nans = 0
  private var infinities = 0
  private var quantiles: [InspectReport.Quantile] = []
  private var histogram: InspectReport.Histogram?

  /// How many bytes are read for a tensor's statistics, reading again counted again.
  static func byteCount(of tensor: StoredTensor) -> Int {
    tensor.byteCount.multipliedReportingOverflow(by: passes(over: tensor)).partialValue
  }

  private static func passes(over tensor: StoredTensor) -> Int {
    if tensor.dtype.category == .complex { return 0 }
    return tensor.count <= heldCount ? 1 : RadixSelection(ofSingles: tensor.isOfSingles).passes
  }

  /// Reads a tensor; nil for complex numbers, which have no order.
  init?(of tensor: StoredTensor, named name: String, observer: any Observer)
    throws(CrosswalkError)
  {
    guard tensor.dtype.category != .complex else { return nil }
    (dtype, count) = (tensor.dtype, tensor.count)
    let numbers = try NumberReader(tensor)
    let advance = { observer.observe(.advanced(by: $0 * tensor.dtype.byteCount, item: name)) }
    if tensor.count <= Self.heldCount {
      try readHeld(numbers, advance)
    } else {
      try readStreamed(numbers, advance, RadixSelection(ofSingles: tensor.isOfSingles))
    }
    narrower = try Fingerprint(moments).format(of: tensor)
  }

  private mutating func readHeld(_ numbers: NumberReader, _ advance: (Int) -> Void)
    throws(CrosswalkError)
  {
    var held: [Double] = []
    try numbers.forEachBlock(afterPiece: advance) { (block) throws(CrosswalkError) in
      let finite = takeFinite(block)
      moments.add(finite)
      held.append(contentsOf: finite)
    }
    held.sort()
    setQuantiles(Self.ranks(of: held.count).map { held[$0] })
    var counts = HistogramCounts(moments)
    held.withUnsafeBufferPointer { counts?.add($0) }
    histogram = counts?.histogram
  }

  private mutating func readStreamed(
    _ numbers: NumberReader, _ advance: (Int) -> Void, _ selection: RadixSelection
  ) throws(CrosswalkError) {
    var selection = selection
    try numbers.forEachBlock(afterPiece: advance) { (block) throws(CrosswalkError) in
      let finite = takeFinite(block)
      moments.add(finite)
      selection.count(finite)
    }
    selection.select(ranks: Self.ranks(of: moments.count))
    var counts = HistogramCounts(moments)
    for pass in 1..<selection.passes {
      try numbers.forEachBlock(afterPiece: advance) { (block) throws(CrosswalkError) in
        let finite = Finite.compact(block).finite
        selection.count(finite)
        if pass == 1 { counts?.add(finite) }
      }
      selection.settle()
    }
    setQuantiles(selection.numbers)
    histogram = counts?.histogram
  }

  private mutating func takeFinite(_ block: UnsafeMutableBufferPointer<Double>)
    -> UnsafeBufferPointer<Double>
  {
    let taken = Finite.compact(block)
    nans += taken.nans
    infinities += taken.infinities
    return taken.finite
  }

  // MARK: Quantiles

  /// The ranks on either side of each quantile, lower and upper in turn.
  private static func ranks(of count: Int) -> [Int] {
    guard count > 0 else { return [] }
    return fractions.flatMap { fraction in
      let lower = min(Int(fraction * Double(count - 1)), count - 1)
      return [lower, min(lower + 1, count - 1)]
    }
  }

  private mutating func setQuantiles(_ neighbours: [Double]) {
    guard neighbours.count == 2 * Self.fractions.count else { return }
    quantiles = Self.fractions.enumerated().map { position, fraction in
      let exact = fraction * Double(moments.count - 1)
      let (lower, upper) = (neighbours[2 * position], neighbours[2 * position + 1])
      let share = exact - exact.rounded(.down)
      // Not lower + (upper - lower) × share: the difference of two huge numbers may overflow.
      let value = lower == upper ? lower : lower * (1 - share) + upper * share
      return InspectReport.Quantile(fraction: fraction, value: value)
    }
  }

  // MARK: Results

  /// The numbers for the report.
  var statistics: InspectReport.Statistics {
    let isEmpty = moments.count == 0
    return InspectReport.Statistics(
      minimum: isEmpty ? nil : moments.minimum, maximum: isEmpty ? nil : moments.maximum,
      mean: isEmpty ? nil : moments.mean,
      standardDeviation: isEmpty ? nil : moments.standardDeviation,
      norm: isEmpty ? nil : moments.norm, zeros: moments.zeros, nans: nans,
      infinities: infinities, quantiles: quantiles, histogram: histogram,
      isConstant: isConstant, narrowerDType: narrower?.rawValue)
  }

  private var isConstant: Bool {
    count > 1 && moments.count == count && moments.minimum == moments.maximum
  }

  /// What the numbers give reason to say.
  var remarks: [String] {
    var remarks: [String] = []
    if nans > 0 { remarks.append("contains NaN") }
    if infinities > 0 { remarks.append("contains infinities") }
    if isConstant { remarks.append(moments.minimum == 0 ? "all zero" : "constant") }
    if let narrower { remarks.append("\(dtype.rawValue) that holds \(narrower) numbers only") }
    return remarks
  }
}

extension StoredTensor {
  /// Whether every number of the dtype is a binary32.
  fileprivate var isOfSingles: Bool {
    switch dtype {
    case .f64, .i64, .i32, .u64, .u32: false
    default: true
    }
  }
}
