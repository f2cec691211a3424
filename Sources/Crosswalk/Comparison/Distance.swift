import Diagnostics
import Reports
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far a tensor is from its reference, gathered in one pass over both, a piece at a time.
///
/// Everything is computed in binary64. Elements that are infinite alike on both sides count as
/// equal; any other element that is not finite on either side is counted and left out of the sums.
struct Distance {
  /// The number of elements.
  let count: Int
  /// Whether every element is the same, bit for bit, after exact widening.
  private(set) var isIdentical = true
  /// The largest |a - b|, and the position where it is.
  private(set) var maximumAbsolute = 0.0
  private(set) var worst: Int?
  /// The largest |a - b| / |b|.
  private(set) var maximumRelative = 0.0
  /// Elements that are no numbers, or infinite on one side only, on each side; the first of them.
  private(set) var nonFinite = 0
  private(set) var firstNonFinite: Int?
  /// Elements beyond the tolerance.
  private(set) var exceeding = 0
  private var finite = 0
  private var squaredDifference = 0.0
  private var squaredReference = 0.0
  private var squaredOther = 0.0
  private var product = 0.0
  private var signedDifference = 0.0
  /// All bits that any number of either side has, as binary64.
  private(set) var bits: (UInt64, UInt64) = (0, 0)
  private var units: UnitCounts?

  /// Compares two tensors of one shape.
  ///
  /// - Parameters:
  ///   - tensor: the tensor that is judged.
  ///   - reference: what it should be.
  ///   - tolerance: the limits by which ``exceeding`` counts.
  /// - Throws: whatever reading meets.
  init(
    of tensor: StoredTensor, from reference: StoredTensor, tolerance: Tolerance = Tolerance()
  ) throws(CrosswalkError) {
    self.init(ofEqual: tensor.count)
    let lanes = tensor.dtype.category == .complex ? 2 : 1
    var distance = self
    var units = UnitCounts(of: tensor.dtype.coarser(reference.dtype))
    if tensor.dtype.isIntegral || reference.dtype.isIntegral { units = nil }
    try TensorPair(tensor, reference).forEachPiece { start, values, expected in
      for first in stride(from: 0, to: values.count, by: Self.blockCount) {
        let block = first..<min(first + Self.blockCount, values.count)
        for index in block {
          distance.add(values[index], expected[index], at: (start + index) / lanes, tolerance)
        }
        units?.add(values[block], expected[block])
      }
    }
    self = distance
    self.units = units
  }

  /// As many numbers stay in the processor's nearest cache.
  private static let blockCount = 2048

  /// The distance of a tensor from its very likeness.
  init(ofEqual count: Int) { self.count = count }

  @inline(__always)
  private mutating func add(_ a: Double, _ b: Double, at position: Int, _ tolerance: Tolerance) {
    if a.bitPattern != b.bitPattern { isIdentical = false }
    bits.0 |= a.bitPattern
    bits.1 |= b.bitPattern
    let difference = abs(a - b)
    guard difference.isFinite, a.isFinite else {
      // Two infinities of one sign are equal; their difference alone is no number.
      if a != b {
        nonFinite += 1
        firstNonFinite = firstNonFinite ?? position
      }
      return
    }
    finite += 1
    squaredDifference += difference * difference
    squaredReference += b * b
    squaredOther += a * a
    product += a * b
    signedDifference += a - b
    guard difference > 0 else { return }
    if difference > maximumAbsolute { (maximumAbsolute, worst) = (difference, position) }
    maximumRelative = max(maximumRelative, difference / abs(b))
    if difference > tolerance.absolute + tolerance.relative * abs(b) { exceeding += 1 }
  }
}

extension Distance {
  /// The root mean square of the reference.
  var referenceRMS: Double { finite == 0 ? 0 : (squaredReference / Double(finite)).squareRoot() }

  /// The root mean square of the difference over that of the reference.
  var relativeRMS: Double { ratio(squaredDifference, squaredReference).squareRoot() }

  /// The largest difference in units of the reference's root mean square.
  var relativeMaximum: Double { ratio(maximumAbsolute, referenceRMS) }

  private func ratio(_ a: Double, _ b: Double) -> Double { a == 0 ? 0 : a / b }

  private var cosine: Double {
    if squaredDifference == 0 { return 1 }
    let norms = squaredOther.squareRoot() * squaredReference.squareRoot()
    return norms == 0 ? 0 : min(1, max(-1, product / norms))
  }

  private var signalToNoise: Double {
    squaredDifference == 0 ? .infinity : -20 * log10(relativeRMS)
  }

  /// The distance as reports have it.
  var metrics: DifferenceReport.Metrics {
    DifferenceReport.Metrics(
      maximumAbsolute: maximumAbsolute, maximumRelative: maximumRelative, relativeRMS: relativeRMS,
      signalToNoise: signalToNoise, cosine: cosine,
      medianULP: finite == 0 && count > 0 ? 0 : units?.quantile(0.5),
      highULP: finite == 0 && count > 0 ? 0 : units?.quantile(0.99))
  }

  /// The sums of the squares of the difference and of the reference.
  var squares: (difference: Double, reference: Double) { (squaredDifference, squaredReference) }

  /// The factor that takes the reference nearest to the tensor, where it takes it very near.
  var factor: Double? {
    guard nonFinite == 0, finite > 1, squaredReference > 0, squaredOther > 0,
      1 - cosine * cosine < 1e-4
    else { return nil }
    return product / squaredReference
  }

  /// By how much each element is larger than the reference's, where that is the same for all.
  var offset: Double? {
    guard nonFinite == 0, finite > 1, maximumAbsolute > 0 else { return nil }
    let mean = signedDifference / Double(finite)
    let variance = squaredDifference / Double(finite) - mean * mean
    return abs(variance) < 1e-12 * mean * mean ? mean : nil
  }
}
