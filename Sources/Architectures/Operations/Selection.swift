public import Diagnostics

/// The vector of one token of each sequence, found by its id.
public struct PickToken: Operation {
  /// `pick_token`.
  public static let name = "pick_token"
  /// What it does.
  public static let summary =
    "for each row of the batch, the vector at the first, the last or the largest of its ids"
  /// `input` (batch, sequence, width) and the `ids` it was made from (batch, sequence).
  public static let roles: [Role] = [.one("input"), .one("ids")]
  /// Which of the tokens that count.
  public let position: Position
  /// Which tokens count.
  public let counting: Counting
  /// Whether each row has to have the token that is looked for; a row without it gives its first
  /// vector otherwise.
  public let isRequired: Bool

  /// Which of the tokens that count.
  public enum Position: String, Sendable, CaseIterable {
    /// The first.
    case first
    /// The last.
    case last
    /// The first of those with the largest id: CLIP's end of text.
    case largest
  }

  /// Which tokens count.
  public enum Counting: Sendable, Equatable {
    /// Every one.
    case all
    /// Those of this id.
    case token(Int)
    /// Those of other ids than this; a row of nothing else gives its first vector, as in
    /// transformers.
    case exceptPadding(Int)
  }

  /// Reads `where`, either of `token` and `padding`, and `required`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    position = try settings.word("where")
    let token = try settings.optionalPosition("token")
    let padding = try settings.optionalPosition("padding")
    guard token == nil || padding == nil else {
      throw CrosswalkError(
        .invalidDocument, "a token to look for beside one to leave out",
        at: Place(.key("padding")), remedy: "give one of 'token' and 'padding'")
    }
    isRequired = try settings.boolean("required", default: true)
    counting = token.map { .token($0) } ?? padding.map { .exceptPadding($0) } ?? .all
  }

  /// (batch, width).
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    var type = try inputs.one("input")
    guard type.axes.count == 3, try inputs.one("ids").axes.count == 2 else {
      throw CrosswalkError(
        .wrongShape, "a token is picked out of sequences", expected: "3 axes, and ids of 2",
        found: "\(type.axes.count), and ids of \(try inputs.one("ids").axes.count)")
    }
    type.axes.remove(at: 1)
    return Signature(type)
  }
}

/// Its input with the axes in another order.
public struct Permute: Operation {
  /// `permute`.
  public static let name = "permute"
  /// What it does.
  public static let summary = "its input with the axes in another order"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// For each axis of the output, the axis of the input, negative from the end.
  public let axes: [Int]

  /// Reads `axes`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    axes = try settings.integers("axes")
  }

  /// The input's axes, reordered.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let type = try inputs.one("input")
    return Signature(
      TensorType(type.element, try order(of: type.axes.count).map { type.axes[$0] }))
  }

  /// For each axis of the output, the position of the input's, of so many.
  package func order(of count: Int) throws(CrosswalkError) -> [Int] {
    let order = axes.map { $0 < 0 ? $0 + count : $0 }
    guard order.sorted() == Array(0..<count) else {
      throw CrosswalkError(
        .wrongShape, "not an order of the input's axes", at: Place(.key("axes")),
        expected: "each of 0..<\(count) once", found: "\(axes)")
    }
    return order
  }
}
