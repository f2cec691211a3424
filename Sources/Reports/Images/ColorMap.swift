/// 256 colours that stand for numbers, from low to high, equally far apart to the eye.
public struct ColorMap: Sendable, Equatable {
  /// The colours from low to high.
  public let colors: [Color]

  /// The colour at a fraction from 0 to 1; what lies outside takes the nearest end.
  public func color(at fraction: Double) -> Color {
    guard fraction.isFinite else { return fraction > 0 ? colors[255] : colors[0] }
    return colors[Int((min(max(fraction, 0), 1) * 255).rounded())]
  }

  /// A map through colours at equal steps.
  init(through stops: [Color]) {
    colors = (0..<256).map { index in
      let position = Double(index) / 255 * Double(stops.count - 1)
      let below = min(Int(position), stops.count - 2)
      return Color.between(stops[below], stops[below + 1], at: position - Double(below))
    }
  }

  /// A map whose lightness is a straight line between two ends.
  init(from start: Perceived, by middle: Perceived, to end: Perceived) {
    colors = (0..<256).map { index in
      let fraction = Double(index) / 255
      let (near, far, part) =
        fraction < 0.5 ? (start, middle, fraction * 2) : (middle, end, fraction * 2 - 1)
      return Perceived(
        lightness: near.lightness + (far.lightness - near.lightness) * part,
        chroma: near.chroma + (far.chroma - near.chroma) * part,
        hue: near.hue + (far.hue - near.hue) * part
      ).color
    }
  }

  /// The bytes of the map: red, green and blue of each colour in turn.
  var bytes: [UInt8] { colors.flatMap { [$0.red, $0.green, $0.blue] } }
}

extension ColorMap {
  /// Viridis (Nathaniel Smith and Stéfan van der Walt, CC0), through ten of its colours.
  public static let viridis = ColorMap(
    through: [
      0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C,
      0xFDE725,
    ].map(Color.init(hex:)))

  /// For amounts on a light page: nothing is paper, all is ink.
  static let inkOnPaper = ColorMap(
    from: Perceived(lightness: 0.975, chroma: 0.006, hue: 140),
    by: Perceived(lightness: 0.62, chroma: 0.12, hue: 215),
    to: Perceived(lightness: 0.265, chroma: 0.10, hue: 285))

  /// For amounts on a dark page: nothing is night, all is light.
  static let lightAtNight = ColorMap(
    from: Perceived(lightness: 0.225, chroma: 0.02, hue: 275),
    by: Perceived(lightness: 0.59, chroma: 0.12, hue: 215),
    to: Perceived(lightness: 0.955, chroma: 0.07, hue: 110))

  /// For signed values on a light page or in a picture: blue below zero, red above.
  public static let signedOnPaper = ColorMap(
    from: Perceived(lightness: 0.42, chroma: 0.14, hue: 258), at: 0.975,
    to: Perceived(lightness: 0.42, chroma: 0.15, hue: 32))

  /// For signed values on a dark page.
  static let signedAtNight = ColorMap(
    from: Perceived(lightness: 0.83, chroma: 0.11, hue: 235), at: 0.225,
    to: Perceived(lightness: 0.83, chroma: 0.12, hue: 60))

  /// A map of two arms that meet in a grey of a lightness.
  private init(from low: Perceived, at lightness: Double, to high: Perceived) {
    func arm(_ end: Perceived, _ part: Double) -> Color {
      Perceived(
        lightness: lightness + (end.lightness - lightness) * part, chroma: end.chroma * part,
        hue: end.hue
      ).color
    }
    colors = (0..<256).map { index in
      let signed = (Double(index) - 127.5) / 127.5
      return signed < 0 ? arm(low, -signed) : arm(high, signed)
    }
  }
}
