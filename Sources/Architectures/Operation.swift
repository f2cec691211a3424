public import Diagnostics

/// What a node does: one of a small closed set, with its settings.
///
/// A conforming type stands for the architecture's side: settings, parameters and shapes. The
/// engine adds how it is computed.
public protocol Operation: Sendable {
  /// The word in the architecture's JSON.
  static var name: String { get }
  /// What it does, in one sentence.
  static var summary: String { get }
  /// What flows in, by role. The first role is what a left-out node passes through.
  static var roles: [Role] { get }
  /// Reads the settings.
  ///
  /// - Throws: `invalidDocument` naming the setting.
  init(_ settings: inout Settings) throws(CrosswalkError)
  /// The parameters and the output that follow from the inputs.
  ///
  /// - Throws: `wrongShape` when the inputs do not fit.
  func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature
  /// How the output grows with what flows in, and what is needed to compute only what is new.
  ///
  /// Nil where what was put out before may change, or nothing is known of that.
  func growth(_ inputs: GrowingTypes) -> GrowthRule?
}

/// A place where values flow into an operation.
public struct Role: Sendable, Equatable {
  /// The key in the node's JSON.
  public let name: String
  /// How many values it takes.
  public let arity: Arity

  /// How many values a role takes.
  public enum Arity: Sendable, Equatable {
    /// Just one.
    case one
    /// One or none.
    case optional
    /// One or more, in order.
    case many
  }

  /// A role of one value.
  public static func one(_ name: String) -> Role { Role(name: name, arity: .one) }
  /// A role that may stay empty.
  public static func optional(_ name: String) -> Role { Role(name: name, arity: .optional) }
  /// A role of several values.
  public static func many(_ name: String) -> Role { Role(name: name, arity: .many) }
}

/// The types that flow into an operation.
public struct InputTypes: Sendable {
  let types: [String: [TensorType]]

  /// Gathers the types by role.
  package init(types: [String: [TensorType]]) { self.types = types }

  /// The types of a role.
  public subscript(role: String) -> [TensorType] { types[role] ?? [] }

  /// The one type of a role that takes just one.
  ///
  /// - Throws: `invalidDocument` when it is empty.
  public func one(_ role: String) throws(CrosswalkError) -> TensorType {
    guard let type = types[role]?.first else {
      throw CrosswalkError(.invalidDocument, "nothing flows into '\(role)'")
    }
    return type
  }

  /// The one type of a role whose last axis has a known extent.
  ///
  /// - Throws: `wrongShape` when the extent is not known.
  public func width(of role: String) throws(CrosswalkError) -> Int {
    let type = try one(role)
    guard let width = type.width else {
      throw CrosswalkError(
        .wrongShape, "the width of what flows into '\(role)' is not known",
        remedy: "give the last axis of the architecture's input an extent")
    }
    return width
  }
}

/// What an operation has and makes.
public struct Signature: Sendable {
  /// The parameters, by role, with their shapes.
  public var parameters: [(role: String, shape: [Int])]
  /// What flows out.
  public var output: TensorType
  /// The attention table that the operation makes beside its output, if it is one that does.
  public var attention: TensorType?
  /// What flows out besides: `NAME.state` is that of a node NAME.
  public var others: [(name: String, type: TensorType)]

  /// Gathers a signature.
  public init(
    _ output: TensorType, parameters: [(role: String, shape: [Int])] = [],
    attention: TensorType? = nil, others: [(name: String, type: TensorType)] = []
  ) {
    self.output = output
    self.parameters = parameters
    self.attention = attention
    self.others = others
  }
}

/// One more of the values that the node before it makes, under a name of its own.
///
/// It stands in no architecture's JSON: each node brings its own.
public struct FurtherOutput: Operation {
  /// `further`.
  public static let name = "further"
  /// What it is.
  public static let summary = "one more of the values that a node makes"
  /// `input`: the node.
  public static let roles: [Role] = [.one("input")]

  init() {}

  /// Is not read.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The node's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}

/// The closed set.
public enum Operations {
  /// Every operation, in the order in which the documentation lists them.
  public static let all: [any Operation.Type] = [
    Embedding.self, LearnedPositions.self, SinusoidalPositions.self, CountPositions.self,
    Rotary.self, Alibi.self, RelativeBias.self, RelativeScores.self, RelativeValues.self,
    Distances.self, SegmentScores.self, Linear.self,
    LayerNorm.self, RMSNorm.self, BatchNorm.self, Activation.self, PRelu.self,
    GatedLinearUnit.self, Softmax.self, Attention.self, LinearAttention.self, BlockAttention.self,
    HashedAttention.self, RandomRotations.self, SinkhornAttention.self, AttentionMask.self,
    Add.self,
    Multiply.self, Arithmetic.self, Compare.self, Constant.self, LearnedTensor.self, Scale.self,
    SoftCap.self, Clamp.self, Select.self, PickToken.self, Permute.self,
    Flatten.self, Unflatten.self, Reshape.self, Broadcast.self, Repeat.self, Pad.self,
    Resize.self, Concatenate.self, AxisSlice.self, Take.self, Arange.self, Cast.self,
    CumulativeSum.self, OneHot.self, LearnedToken.self, Convolution.self, Pool.self, Recurrent.self,
    Experts.self, Given.self,
    Einsum.self, Fourier.self, Reduce.self, Normalize.self, VectorSimilarity.self,
    DisentangledBias.self,
    WindowMask.self, PairMask.self, Choose.self, FirstGiven.self, ShiftRight.self, GroupNorm.self,
  ]

  private static let byName: [String: any Operation.Type] = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// The operation of that name.
  public static func named(_ name: String) -> (any Operation.Type)? { byName[name] }
}
