#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A colour of the sRGB space.
public struct Color: Sendable, Equatable {
  /// Red, from 0 to 255.
  public var red: UInt8
  /// Green, from 0 to 255.
  public var green: UInt8
  /// Blue, from 0 to 255.
  public var blue: UInt8

  /// A colour by its parts.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A colour as web pages write it, without the `#`.
  init(hex: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: hex >> 16), green: UInt8(truncatingIfNeeded: hex >> 8),
      blue: UInt8(truncatingIfNeeded: hex))
  }

  /// The colour between two, at a fraction of the way.
  static func between(_ from: Color, _ to: Color, at fraction: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(clamping: Int((Double(a) + (Double(b) - Double(a)) * fraction).rounded()))
    }
    return Color(
      red: mix(from.red, to.red), green: mix(from.green, to.green), blue: mix(from.blue, to.blue))
  }
}

/// A colour by perceived lightness, chroma and hue (Björn Ottosson, OKLab, 2020).
struct Perceived {
  /// From 0, black, to 1, white.
  var lightness: Double
  /// From 0, grey, to about 0.3.
  var chroma: Double
  /// In degrees.
  var hue: Double

  /// The colour on a screen; chroma gives way where a screen cannot show it.
  var color: Color {
    var chroma = chroma
    while chroma > 0.001 {
      if let color = onScreen(chroma: chroma) { return color }
      chroma *= 0.97
    }
    return onScreen(chroma: 0) ?? Color(hex: lightness < 0.5 ? 0 : 0xFFFFFF)
  }

  private func onScreen(chroma: Double) -> Color? {
    let a = chroma * cos(hue * .pi / 180)
    let b = chroma * sin(hue * .pi / 180)
    let long = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let medium = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let short = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
    guard
      let red = encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
      let green = encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
      let blue = encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)
    else { return nil }
    return Color(red: red, green: green, blue: blue)
  }

  private func cubed(_ value: Double) -> Double { value * value * value }

  /// A linear part by the transfer function of sRGB, nil outside of what a screen shows.
  private func encoded(_ linear: Double) -> UInt8? {
    guard linear > -0.0005, linear < 1.0005 else { return nil }
    let value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    return UInt8(clamping: Int((value * 255).rounded()))
  }
}
