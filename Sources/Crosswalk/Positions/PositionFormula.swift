import Architectures
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A variant of the sinusoidal formula, to tell which one made a stored table.
///
/// Variants are not interchangeable: the two exponents differ by up to 0.07 at width 512, and the
/// similarity of positions cannot tell layouts apart.
struct PositionFormula {
  /// Where sines and cosines stand.
  var layout: SinusoidalPositions.Layout
  var exponent: Exponent
  /// Whether cosines come before sines.
  var startsWithCosine: Bool
  /// The number of the first position.
  var start: Int
  var base = 10_000.0

  /// The exponent of the base in the wavelength of the i-th pair of d dimensions.
  enum Exponent: String, CaseIterable {
    /// As in the paper.
    case width = "2i/d"
    /// As in tensor2tensor and fairseq, so that the last wavelength is just the base's.
    case pairs = "i/(d/2-1)"
  }

  static let all: [PositionFormula] = (0...2).flatMap { start in
    Exponent.allCases.flatMap { exponent in
      SinusoidalPositions.Layout.allCases.flatMap { layout in
        [false, true].map { startsWithCosine in
          PositionFormula(
            layout: layout, exponent: exponent, startsWithCosine: startsWithCosine, start: start)
        }
      }
    }
  }

  /// The formula that gives just these values, and how far it is from them; nil when none here does,
  /// or when the table is too small to tell.
  static func matching(_ values: [Float], width: Int) -> (
    formula: PositionFormula, distance: Float
  )? {
    guard width >= 4, values.count >= 4 * width else { return nil }
    for formula in all {
      if let distance = formula.distance(from: values, width: width) { return (formula, distance) }
    }
    // With another base either exponent gives the same: the one is meant whose base a person chose.
    let fitted = all.map { ($0, $0.fittedBase(to: values, width: width)) }
    for digits in [1, 2, 3, 4, nil] as [Int?] {
      for case (var formula, let base?) in fitted {
        formula.base = digits.map { Self.rounded(base, digits: $0) } ?? base
        if let distance = formula.distance(from: values, width: width) {
          return (formula, distance)
        }
      }
    }
    return nil
  }

  /// The base by which the slowest pair turns as it does in a table; nil where it does not turn.
  private func fittedBase(to values: [Float], width: Int) -> Double? {
    let pair = width / 2 - 1
    let share = self.share(ofPair: pair, width: width)
    guard share > 0, width.isMultiple(of: 2),
      let first = angle(ofPair: pair, row: 0, values, width),
      let second = angle(ofPair: pair, row: 1, values, width)
    else { return nil }
    func turn(_ angle: Double) -> Double { angle - 2 * .pi * (angle / (2 * .pi)).rounded() }
    var frequency = turn(second - first)
    // Ever longer stretches, each told apart by what the last one gave.
    var (row, last) = (2, min(values.count / width, 4096) - 1)
    while row <= last {
      guard let here = angle(ofPair: pair, row: row, values, width) else { return nil }
      let expected = frequency * Double(row)
      frequency = (expected + turn(here - first - expected)) / Double(row)
      row = row == last ? last + 1 : min(row * 2, last)
    }
    guard frequency > 0 else { return nil }
    let base = exp(-log(frequency) / share)
    return base.isFinite && base > 1 ? base : nil
  }

  /// Where on its circle a pair stands; nil where it stands on none.
  private func angle(ofPair wanted: Int, row: Int, _ values: [Float], _ width: Int) -> Double? {
    var (sine, cosine): (Double?, Double?)
    for dimension in 0..<width {
      let (pair, isSine) = place(of: dimension, width: width)
      guard pair == wanted else { continue }
      let value = Double(values[row * width + dimension])
      if isSine { sine = value } else { cosine = value }
    }
    guard let sine, let cosine, abs(sine * sine + cosine * cosine - 1) < 1e-4 else { return nil }
    return atan2(sine, cosine)
  }

  private static func rounded(_ number: Double, digits: Int) -> Double {
    let unit = pow(10, (log10(number)).rounded(.down) - Double(digits - 1))
    return (number / unit).rounded() * unit
  }

  /// The formula as JSON; with the largest difference where it is of a stored table.
  func json(distance: Float? = nil) -> JSONObject {
    var json = JSONObject([
      ("layout", .string(layout.rawValue)), ("first", startsWithCosine ? "cos" : "sin"),
      ("exponent", .string(exponent.rawValue)), ("start", .integer(Int64(start))),
      ("base", .number(base)),
    ])
    json["largest_difference"] = distance.map { .number(Double($0)) }
    return json
  }

  /// The largest difference from a table; nil when it is more than rounding explains.
  private func distance(from values: [Float], width: Int) -> Float? {
    var largest = 0.0
    let frequencies = (0..<(width + 1) / 2).map { frequency(ofPair: $0, width: width) }
    // A table of a million positions need not be computed whole to be known.
    for index in 0..<min(values.count, 4096 * width) {
      let (position, dimension) = (index / width, index % width)
      let (pair, isSine) = place(of: dimension, width: width)
      let angle = Double(position + start) * frequencies[pair]
      let distance = (Double(values[index]) - (isSine ? sin(angle) : cos(angle))).magnitude
      // Frameworks compute the angle in binary32, whose rounding grows with it.
      guard distance <= 1e-5 + angle * 1e-7 else { return nil }
      largest = max(largest, distance)
    }
    return Float(largest)
  }

  /// The values of the first positions.
  func values(rows: Int, width: Int) -> [Float] {
    let frequencies = (0..<(width + 1) / 2).map { frequency(ofPair: $0, width: width) }
    return (0..<rows).flatMap { row in
      (0..<width).map { dimension in
        let (pair, isSine) = place(of: dimension, width: width)
        let angle = Double(row + start) * frequencies[pair]
        return Float(isSine ? sin(angle) : cos(angle))
      }
    }
  }

  private func frequency(ofPair pair: Int, width: Int) -> Double {
    exp(-log(base) * share(ofPair: pair, width: width))
  }

  private func share(ofPair pair: Int, width: Int) -> Double {
    switch exponent {
    case .width: Double(2 * pair) / Double(width)
    case .pairs: Double(pair) / Double(max(1, width / 2 - 1))
    }
  }

  private func place(of dimension: Int, width: Int) -> (pair: Int, isSine: Bool) {
    switch layout {
    case .interleaved: (dimension / 2, (dimension % 2 == 0) != startsWithCosine)
    case .concatenated:
      (dimension % ((width + 1) / 2), (dimension < (width + 1) / 2) != startsWithCosine)
    }
  }

  /// The formula in words.
  var description: String {
    let (first, second) = startsWithCosine ? ("cos", "sin") : ("sin", "cos")
    let order =
      switch layout {
      case .interleaved: "\(first) and \(second) interleaved"
      case .concatenated: "all \(first), then all \(second)"
      }
    let whole = base.rounded()
    let base = abs(base - whole) < 1e-9 && whole < 1e15 ? "\(Int(whole))" : "\(base)"
    return "\(order), wavelengths 2π × \(base)^(\(exponent.rawValue)), positions from \(start)"
  }
}
