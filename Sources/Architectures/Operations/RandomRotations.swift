public import Diagnostics

/// The random directions of hashes that a seed makes, as PyTorch's generator makes them: after
/// `torch.manual_seed(seed)`, `torch.randn(heads, width, rounds, directions)`.
public struct RandomRotations: Operation {
  /// `random_rotations`.
  public static let name = "random_rotations"
  /// What it does.
  public static let summary =
    "normal numbers of a seed as torch.randn makes them, (heads, width, rounds, directions): the "
    + "rotations of hashed attention"
  /// `input` has its sequence on the second axis; it is needed where no buckets are given.
  public static let roles: [Role] = [.optional("input")]
  /// The seed.
  public let seed: Int
  /// The number of heads.
  public let heads: Int
  /// A head's width.
  public let width: Int
  /// How many rounds of hashing there are.
  public let rounds: Int
  /// How many buckets there are, as factors; nil for a power of two by the sequence's length.
  public let buckets: [Int]?
  /// How many positions a chunk has, of which there are half as many as buckets, or up to all.
  public let chunk: Int
  /// What number of positions a sequence is filled up to a multiple of.
  public let multiple: Int
  /// The most buckets that follow from a length as one number; more are two factors.
  public let most: Int

  /// Reads `seed`, `heads`, `width`, `rounds`, and `buckets` or `chunk`, `multiple` and `most`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    seed = try settings.position("seed")
    heads = try settings.integer("heads")
    width = try settings.integer("width")
    rounds = try settings.integer("rounds")
    buckets = settings.has("buckets") ? try settings.integers("buckets", minimum: 2) : nil
    chunk = try settings.integer("chunk", default: 1)
    multiple = try settings.integer("multiple", default: 1)
    most = try settings.integer("most", default: 1 << 20)
    guard buckets?.allSatisfy({ $0.isMultiple(of: 2) }) ?? true else {
      throw CrosswalkError(
        .invalidDocument, "an odd number of buckets", at: Place(.key("buckets")),
        remedy: "each direction and its opposite are two")
    }
  }

  /// (heads, width, rounds, directions).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    guard buckets != nil || !inputs["input"].isEmpty else {
      throw CrosswalkError(
        .invalidDocument, "neither buckets nor a sequence whose length says how many",
        at: Place(.key("buckets")), remedy: "give one of 'buckets' and 'input'")
    }
    return Signature(
      TensorType(
        .floating,
        [
          Axis("heads", heads), Axis.width(width), Axis("rounds", rounds),
          Axis("directions", buckets.map { $0.reduce(0) { $0 &+ $1 } / 2 }),
        ]))
  }

  /// How many buckets a sequence gets, as factors: a power of two, up to twice as many as chunks.
  package static func buckets(length: Int, chunk: Int, most: Int) -> [Int] {
    let chunks = 2 * (length / chunk)
    let power = max(1, Int.bitWidth - 1 - chunks.leadingZeroBitCount)
    guard 1 << power > most else { return [1 << power] }
    return [1 << (power / 2), 1 << (power - power / 2)]
  }
}
