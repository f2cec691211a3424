import Architectures

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

  /// A note on the formula that gives just these values; nil when none here does, or when the table
  /// is too small to tell.
  static func matching(_ values: [Float], width: Int) -> String? {
    guard width >= 4, values.count >= 4 * width else { return nil }
    for formula in all {
      if let distance = formula.distance(from: values, width: width) {
        return "The sinusoidal formula gives these values: \(formula.description); "
          + "the largest difference is \(distance)."
      }
    }
    return nil
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

  private func frequency(ofPair pair: Int, width: Int) -> Double {
    let share =
      switch exponent {
      case .width: Double(2 * pair) / Double(width)
      case .pairs: Double(pair) / Double(max(1, width / 2 - 1))
      }
    return exp(-log(base) * share)
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
    let base = Int(exactly: base).map(String.init) ?? "\(base)"
    return "\(order), wavelengths 2π × \(base)^(\(exponent.rawValue)), positions from \(start)"
  }
}
