/// Where every tensor of a checkpoint went, and where every parameter came from.
public struct Account: Sendable {
  /// The tensors of the checkpoint in order, each with its one fate.
  public var tensors: [(name: String, fate: TensorFate)] = []
  /// The parameters that are not filled as they should be.
  public var parameters: [(name: String, fate: ParameterFate)] = []

  /// An account of nothing yet.
  public init() {}

  /// What became of a tensor.
  public enum TensorFate: Sendable, Equatable {
    /// It became, alone or with others, these parameters.
    case mapped(to: [String])
    /// It is a copy of a parameter.
    case tied(to: String)
    /// It is no weight, for a stated reason.
    case ignored(reason: String)
    /// No rule takes it; or one does, but not here, for a reason.
    case unused(reason: String)
  }

  /// What is wrong with a parameter.
  public enum ParameterFate: Sendable, Equatable {
    /// No tensor fills it; near names in the checkpoint are suggested.
    case missing(suggestions: [String])
    /// A tensor would fill it, but has another shape.
    case misshapen(expected: [Int], found: [Int], from: [String])
  }

  /// The tensors that no rule took.
  public var unused: [(name: String, reason: String)] {
    tensors.compactMap { if case .unused(let reason) = $0.fate { ($0.name, reason) } else { nil } }
  }

  /// The parameters that nothing fills.
  public var missing: [(name: String, suggestions: [String])] {
    parameters.compactMap {
      if case .missing(let near) = $0.fate { ($0.name, near) } else { nil }
    }
  }

  /// The parameters that something of another shape would fill.
  public var misshapen: [(name: String, expected: [Int], found: [Int], from: [String])] {
    parameters.compactMap {
      guard case .misshapen(let expected, let found, let from) = $0.fate else { return nil }
      return ($0.name, expected, found, from)
    }
  }
}
