public import Diagnostics

/// Rotary positions (Su 2021): pairs of numbers of each head, turned by angles that grow with the
/// position.
///
/// Frequencies and angles are rounded step by step as transformers rounds them: at position 2000,
/// a unit in the last place of a frequency is 1e-4 in the cosine.
public struct Rotary: Operation {
  /// `rotary`.
  public static let name = "rotary"
  /// What it does.
  public static let summary =
    "turns pairs of each head's numbers by position × base^(-2 pair / width)"
  /// `input` (batch, sequence, heads × head width); `positions` overrides 0, 1, 2, ….
  public static let roles: [Role] = [.one("input"), .optional("positions")]
  /// The number of heads.
  public let heads: Int
  /// How many numbers of each head are turned; nil for all.
  public let width: Int?
  /// The first of them.
  public let start: Int
  /// The ratio of the longest wavelength to the shortest, nearly.
  public let base: Double
  /// Which numbers make a pair.
  public let pairs: Pairs
  /// The precision of the angles.
  public let angles: Angles
  /// How frequencies are stretched beyond the length of training; nil for not.
  public let scaling: RotaryScaling?

  /// Which numbers make a pair.
  public enum Pairs: String, Sendable, CaseIterable {
    /// Each of the first half with its like in the second: transformers.
    case half
    /// Neighbours: the paper, GPT-J, and Llama as Meta published it.
    case interleaved
  }

  /// The precision of frequencies and angles; sines and cosines are then exact.
  public enum Angles: String, Sendable, CaseIterable {
    /// Always binary32: transformers, also where the rest of a model is binary64.
    case float32
    /// That of the run.
    case run
  }

  /// Reads `heads`, `width`, `start`, `base`, `pairs`, `angles` and `scaling`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    heads = try settings.integer("heads")
    width = try settings.optionalInteger("width")
    start = try settings.integer("start", default: 0, minimum: 0)
    base = try settings.positive("base", default: 10_000)
    pairs = try settings.word("pairs", default: .half)
    angles = try settings.word("angles", default: .float32)
    scaling = try settings.nested("scaling", read: RotaryScaling.read) ?? nil
    guard (width ?? 2).isMultiple(of: 2) else {
      throw CrosswalkError(
        .invalidDocument, "pairs need an even number", at: Place(.key("width")),
        expected: "an even width", found: width.map(String.init))
    }
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let input = try inputs.one("input")
    let width = try inputs.width(of: "input")
    guard input.axes.count == 3 else {
      throw CrosswalkError(
        .wrongShape, "rotary positions are of a sequence", expected: "axes batch, sequence, width",
        found: input.axes.map(\.name).joined(separator: ", "))
    }
    guard width % heads == 0 else {
      throw CrosswalkError(
        .wrongShape, "heads that do not divide the width", at: Place(.key("heads")),
        expected: "a divisor of \(width)", found: String(heads))
    }
    let turned = self.width ?? (width / heads - start)
    guard turned > 0, turned.isMultiple(of: 2), turned <= width / heads - start else {
      throw CrosswalkError(
        .wrongShape, "a head that has not so many numbers to turn", at: Place(.key("width")),
        expected: "an even number within the head's \(width / heads)",
        found: "\(turned) from \(start)")
    }
    try scaling?.check(pairs: turned / 2)
    return Signature(input)
  }
}
