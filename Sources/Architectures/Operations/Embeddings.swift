public import Diagnostics

/// Looks up a row of a table for each id.
public struct Embedding: Operation {
  /// `embedding`.
  public static let name = "embedding"
  /// What it does.
  public static let summary = "a row of a table for each id; parameter weight (rows, width)"
  /// `input`: ids.
  public static let roles: [Role] = [.one("input")]
  /// The number of ids.
  public let rows: Int
  /// The size of a row.
  public let width: Int
  /// The id of the first row, where ids that have none get zeros; nil for a table of all ids.
  ///
  /// So several tables serve ids that are more and less frequent (Baevski 2018).
  public let first: Int?

  /// Reads `rows`, `width` and `first`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    rows = try settings.integer("rows")
    width = try settings.integer("width")
    first = try settings.optionalInteger("first", minimum: 0)
  }

  /// Adds an axis of features to the ids.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let ids = try inputs.one("input")
    return Signature(
      TensorType(.floating, ids.axes + [.width(width)]),
      parameters: [("weight", [rows, width])])
  }
}

/// Looks up a learned row for each position of a sequence.
public struct LearnedPositions: Operation {
  /// `learned_positions`.
  public static let name = "learned_positions"
  /// What it does.
  public static let summary = "a learned row for each position; parameter weight (rows, width)"
  /// `input` has the sequence on its second axis; `ids` overrides the positions 0, 1, 2, ….
  public static let roles: [Role] = [.one("input"), .optional("ids")]
  /// The number of rows.
  public let rows: Int
  /// The size of a row.
  public let width: Int
  /// The row of the first position.
  public let offset: Int

  /// Reads `rows`, `width` and `offset`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    rows = try settings.integer("rows")
    width = try settings.integer("width")
    offset = try settings.integer("offset", default: 0, minimum: 0)
  }

  /// One row for each position, the same for the whole batch unless `ids` says otherwise.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(
      try positionsType(inputs, width: width), parameters: [("weight", [rows, width])])
  }
}

/// The fixed waves of Vaswani 2017, section 3.5.
public struct SinusoidalPositions: Operation, Equatable {
  /// `sinusoidal_positions`.
  public static let name = "sinusoidal_positions"
  /// What it does.
  public static let summary = "sines and cosines of geometric wavelengths for each position"
  /// `input` has the sequence on its second axis; `ids` overrides the positions 0, 1, 2, ….
  public static let roles: [Role] = [.one("input"), .optional("ids")]
  /// The size of a row.
  public let width: Int
  /// Where sines and cosines stand.
  public let layout: Layout
  /// The ratio of the longest wavelength to the shortest.
  public let base: Double
  /// The first position's number.
  public let offset: Int

  /// Which wavelengths there are.
  public let exponent: Exponent
  /// The position, `offset` included, that has zeros for waves: that of padding.
  public let padding: Int?
  /// The precision of wavelengths and angles.
  public let angles: Angles

  /// The exponent of the base in the wavelength of the i-th pair of d numbers.
  public enum Exponent: String, Sendable, CaseIterable {
    /// 2i / d, as in the paper.
    case width
    /// i / (d / 2 - 1), as in tensor2tensor, fairseq and M2M100, so that the last is just the base.
    case pairs
  }

  /// The precision of wavelengths and angles; sines and cosines are then exact.
  public enum Angles: String, Sendable, CaseIterable {
    /// binary64 in every run: Marian, whose table NumPy computes.
    case float64
    /// binary32 in every run: M2M100, whose table PyTorch computes.
    case float32
  }

  /// Where sines and cosines stand in a row.
  public enum Layout: String, Sendable, CaseIterable {
    /// sin, cos, sin, cos, … as in the paper.
    case interleaved
    /// All sines, then all cosines, as in tensor2tensor and Marian.
    case concatenated
  }

  /// Reads `width`, `layout`, `base`, `offset`, `exponent`, `padding` and `angles`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    width = try settings.integer("width")
    layout = try settings.word("layout", default: .interleaved)
    base = try settings.positive("base", default: 10_000)
    offset = try settings.integer("offset", default: 0, minimum: 0)
    exponent = try settings.word("exponent", default: .width)
    padding = try settings.optionalPosition("padding")
    angles = try settings.word("angles", default: .float64)
  }

  /// One row for each position, the same for the whole batch unless `ids` says otherwise.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try positionsType(inputs, width: width))
  }
}

/// (1 or batch, sequence, width): positions of what flows in, or of the ids given for them.
private func positionsType(_ inputs: InputTypes, width: Int) throws(CrosswalkError) -> TensorType {
  if let ids = inputs["ids"].first {
    return TensorType(.floating, ids.axes + [.width(width)])
  }
  let input = try inputs.one("input")
  guard input.axes.count >= 2 else {
    throw CrosswalkError(
      .wrongShape, "positions need a sequence", expected: "axes batch, sequence, …",
      found: input.axes.map(\.name).joined(separator: ", "))
  }
  return TensorType(.floating, [Axis("batch", 1), input.axes[1], .width(width)])
}
