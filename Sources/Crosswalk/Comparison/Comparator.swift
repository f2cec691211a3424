import Diagnostics
import Reports
import Tensors

/// By what a difference is judged.
enum Yardstick: Sendable {
  /// The same bits, after exact widening: what becomes of weights that are only carried.
  case equality
  /// The user's own limits.
  case given(Tolerance)
  /// What rounding explains: what becomes of numbers that were computed again.
  case rounding
}

/// One tensor, what it should be, and how a report speaks of them.
struct Comparand {
  var name: String
  var counterpart: String?
  var role: String
  /// The names of the axes, empty when they are not known.
  var axes: [String] = []
  var tensor: StoredTensor
  var reference: StoredTensor
  /// The reference once more in higher precision, if it was recorded.
  var exact: StoredTensor?

  /// Whether these are scores over classes, which lie along the last axis.
  var isLogits: Bool {
    role == TraceRole.output.rawValue && (counterpart ?? name).hasSuffix("logits")
  }
}

/// Compares tensors and draws verdicts.
struct Comparator {
  let yardstick: Yardstick
  /// The largest floor of the fixture, for tensors too small to tell their own.
  var largestFloor: Rounding?

  /// A row, and the distance that it tells of.
  struct Compared {
    var row: DifferenceReport.Row
    var distance: Distance?
  }

  /// Compares one tensor with its reference.
  ///
  /// - Throws: whatever reading meets.
  func row(_ pair: Comparand) throws(CrosswalkError) -> DifferenceReport.Row {
    var row = try compare(pair).row
    guard pair.isLogits, row.metrics != nil else { return row }
    do throws(CrosswalkError) {
      row.metrics?.classes = try ClassAgreement(of: pair.tensor, from: pair.reference)?.metrics
    } catch { throw error.inside(.tensor(pair.name)) }
    return row
  }

  /// Compares one tensor with its reference, and gives the distance, too, where it was measured.
  ///
  /// - Throws: whatever reading meets.
  func compare(_ pair: Comparand) throws(CrosswalkError) -> Compared {
    if let reason = incomparability(pair) { return row(pair, .incomparable, note: reason) }
    do throws(CrosswalkError) {
      if pair.tensor.dtype.isIntegral, pair.reference.dtype.isIntegral { return try integers(pair) }
      switch yardstick {
      case .equality: return try equality(pair)
      case .given(let tolerance): return try given(tolerance, pair)
      case .rounding: return try rounding(pair)
      }
    } catch {
      throw error.inside(.tensor(pair.name))
    }
  }

  private func incomparability(_ pair: Comparand) -> String? {
    let (tensor, reference) = (pair.tensor, pair.reference)
    guard tensor.shape == reference.shape else {
      return "shape \(tensor.shape.crossed) against \(reference.shape.crossed)"
    }
    guard (tensor.dtype.category == .complex) == (reference.dtype.category == .complex) else {
      return "\(tensor.dtype.rawValue) against \(reference.dtype.rawValue)"
    }
    if case .equality = yardstick { return nil }
    return tensor.count == 0 ? "no elements to compare" : nil
  }

  private func row(
    _ pair: Comparand, _ verdict: DifferenceReport.Verdict, _ distance: Distance? = nil,
    tolerance: DifferenceReport.Tolerance? = nil, note: String? = nil
  ) -> Compared {
    let shape = pair.reference.shape
    let worst = distance?.worst.map { AxisNames.indices(of: $0, in: shape, names: pair.axes) }
    let row = DifferenceReport.Row(
      name: pair.name, role: pair.role, shape: shape, metrics: distance?.metrics,
      worst: worst ?? [], tolerance: tolerance, verdict: verdict, note: note,
      counterpart: pair.counterpart)
    return Compared(row: row, distance: distance)
  }

  /// A row for elements that are no numbers, or infinite on one side only.
  private func nonFinite(_ pair: Comparand, _ distance: Distance) -> Compared {
    let indices = AxisNames.indices(
      of: distance.firstNonFinite ?? 0, in: pair.reference.shape, names: pair.axes)
    let place = indices.map { "\($0.axis) \($0.index)" }.joined(separator: ", ")
    let count = distance.nonFinite
    return row(
      pair, .incomparable, distance,
      note: "\(count) element\(count == 1 ? " is" : "s are") NaN, or infinite on one side only; "
        + "the first at \(place.isEmpty ? "the only place" : place)")
  }
}

// MARK: equality

extension Comparator {
  private func integers(_ pair: Comparand) throws(CrosswalkError) -> Compared {
    var pair = pair
    let note = castNote(pair)
    if pair.tensor.dtype != pair.reference.dtype {
      pair.tensor = try pair.tensor.cast(to: .i64)
      pair.reference = try pair.reference.cast(to: .i64)
    }
    let isSame = try TensorPair(pair.tensor, pair.reference).isSameBytes()
    if case .given(let tolerance) = yardstick, !isSame { return try given(tolerance, pair) }
    let distance = try Distance(of: pair.tensor, from: pair.reference)
    return row(pair, isSame ? .identical : .differs, distance, note: note)
  }

  private func equality(_ pair: Comparand) throws(CrosswalkError) -> Compared {
    if try TensorPair(pair.tensor, pair.reference).isSameBytes() {
      return row(pair, .identical, Distance(ofEqual: pair.tensor.count))
    }
    let distance = try Distance(of: pair.tensor, from: pair.reference)
    let isEqual = distance.isIdentical && pair.tensor.dtype != pair.reference.dtype
    if isEqual { return row(pair, .identical, distance, note: castNote(pair)) }
    if distance.nonFinite > 0 { return nonFinite(pair, distance) }
    let wasRounded = try wasRounded(pair)
    let zeros = distance.maximumAbsolute == 0 ? "only signs of zeros differ" : nil
    return row(
      pair, .differs, distance, note: wasRounded ?? castNote(pair) ?? zeros)
  }

  private func castNote(_ pair: Comparand) -> String? {
    let (dtype, other) = (pair.tensor.dtype, pair.reference.dtype)
    return dtype == other ? nil : "cast: \(dtype.rawValue) against \(other.rawValue)"
  }

  /// Whether one side is the other rounded to a narrower dtype, in words.
  private func wasRounded(_ pair: Comparand) throws(CrosswalkError) -> String? {
    let (a, b) = (pair.tensor, pair.reference)
    guard a.dtype.isFloating, b.dtype.isFloating, a.dtype.byteCount != b.dtype.byteCount,
      ![a.dtype, b.dtype].contains(.f8e8m0)
    else {
      return nil
    }
    let (narrow, wide) = a.dtype.byteCount < b.dtype.byteCount ? (a, b) : (b, a)
    guard try TensorPair(wide.cast(to: narrow.dtype), narrow).isSameBytes() else { return nil }
    return "cast: the \(wide.dtype.rawValue) rounded to \(narrow.dtype.rawValue), otherwise equal"
  }
}

// MARK: limits

extension Comparator {
  private func given(_ tolerance: Tolerance, _ pair: Comparand) throws(CrosswalkError) -> Compared {
    let distance = try Distance(of: pair.tensor, from: pair.reference, tolerance: tolerance)
    let limits = DifferenceReport.Tolerance(
      absolute: tolerance.absolute, relative: tolerance.relative, origin: "given")
    return judged(pair, distance, limits)
  }

  private func rounding(_ pair: Comparand) throws(CrosswalkError) -> Compared {
    let plain = try Distance(of: pair.tensor, from: pair.reference)
    if plain.nonFinite > 0 { return nonFinite(pair, plain) }
    if plain.isIdentical { return row(pair, .identical, plain, note: castNote(pair)) }
    let recorded = try ownDType(of: pair.reference, bits: plain.bits.1)
    let dtype = pair.tensor.dtype.coarser(recorded)
    guard let exact = pair.exact, exact.shape == pair.reference.shape,
      let floor = Rounding(
        explaining: try Distance(of: pair.reference, from: exact), of: recorded)
    else {
      let usual = Rounding.usual(of: dtype)
      // Elements far above the RMS round as far above it.
      return try judge(
        pair, plain, usual, of: dtype, relative: usual.relativeRMS,
        origin: pair.exact == nil
          ? "usual \(dtype.rawValue) rounding"
          : "usual \(dtype.rawValue) rounding; the float64 recording is too far off to be the same")
    }
    var reference = pair
    reference.reference = exact
    let known = floor.atLeast(.least(of: dtype))
    let isSmall = pair.reference.count < Rounding.tellingCount
    return try judge(
      reference, try Distance(of: pair.tensor, from: exact),
      isSmall ? known.atLeast(largestFloor ?? known) : known, of: dtype, relative: 0,
      origin: "the recording's own rounding, from float64")
  }

  private func judge(
    _ pair: Comparand, _ distance: Distance, _ floor: Rounding, of dtype: DType, relative: Double,
    origin: String
  ) throws(CrosswalkError) -> Compared {
    let limits = DifferenceReport.Tolerance(
      absolute: Rounding.factor * floor.relativeMaximum * distance.referenceRMS,
      relative: Rounding.factor * relative, relativeRMS: Rounding.factor * floor.relativeRMS,
      origin: "\(Int(Rounding.factor)) × \(origin)")
    let tolerance = Tolerance(absolute: limits.absolute, relative: limits.relative)
    var compared = judged(
      pair, try Distance(of: pair.tensor, from: pair.reference, tolerance: tolerance), limits)
    let ratio = distance.relativeRMS / floor.relativeRMS
    compared.row.ratio = ratio
    if compared.row.verdict.passes {
      // Where the recording is far off, and ours is not, its products were TF32.
      let isTF32 = floor.relativeRMS > 1e-4 && ratio < 0.1
      compared.row.precision = dtype.precision ?? (isTF32 ? .tf32 : .float32)
    } else if let rounded = try rounded(pair, bits: compared.distance?.bits.0 ?? 0) {
      compared.row.precision = rounded.precision
      compared.row.note = "what was recorded, rounded to \(rounded.precision?.rawValue ?? "")"
    }
    return compared
  }

  /// The dtype that a recording was made in, whichever it is stored in.
  private func ownDType(of tensor: StoredTensor, bits: UInt64) throws(CrosswalkError) -> DType {
    guard tensor.dtype == .f32, Mantissas.isNarrow(bits) else { return tensor.dtype }
    return try Mantissas(of: tensor).dtype ?? tensor.dtype
  }

  /// The dtype that rounds the recording to ours, to the bit; nil where none does.
  private func rounded(_ pair: Comparand, bits: UInt64) throws(CrosswalkError) -> DType? {
    guard Mantissas.isNarrow(bits), let dtype = try Mantissas(of: pair.tensor).dtype else {
      return nil
    }
    let theirs = try pair.reference.cast(to: dtype).cast(to: .f64)
    return try TensorPair(pair.tensor.cast(to: .f64), theirs).isSameBytes() ? dtype : nil
  }

  private func judged(_ pair: Comparand, _ distance: Distance, _ limits: DifferenceReport.Tolerance)
    -> Compared
  {
    if distance.nonFinite > 0 { return nonFinite(pair, distance) }
    if distance.isIdentical {
      return row(pair, .identical, distance, tolerance: limits, note: castNote(pair))
    }
    let isWithin = distance.relativeRMS <= limits.relativeRMS ?? .infinity
    let passes = distance.exceeding == 0 && isWithin
    let note =
      distance.exceeding == 0
      ? nil : "\(distance.exceeding) of \(distance.count) elements beyond the limit"
    return row(pair, passes ? .close : .differs, distance, tolerance: limits, note: note)
  }
}

extension [Int] {
  /// A shape in words: `2×7×12`.
  fileprivate var crossed: String {
    isEmpty ? "scalar" : map { "\($0)" }.joined(separator: "×")
  }
}
