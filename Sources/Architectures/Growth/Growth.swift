/// How a value grows when a sequence that flows in does, one element after another.
public enum Growth: Sendable, Equatable {
  /// Not at all.
  case fixed
  /// Along one axis, which is not the first; what stands there already never changes.
  case along(Int)
  /// Along an axis of queries and one of keys; a pair that stands there already never changes.
  ///
  /// `isCausal` says that it is -infinity wherever a key comes after its query.
  case pairs(queries: Int, keys: Int, isCausal: Bool)
}

/// What an operation needs when only what is new is to be computed, and how its output grows.
///
/// An operation gives such a rule where it is certain that what it put out before stays as it is
/// when its inputs grow.
public struct GrowthRule: Sendable {
  /// How the output grows.
  public let output: Growth
  /// The roles that need all elements so far; the others take the new ones alone.
  public let needsAll: Set<String>
  /// Whether all elements are computed each time, from all, and the last of them are the new ones.
  public let computesAll: Bool
  /// What has to stay the same, for a length of the sequence, for earlier outputs to stay; when it
  /// changes, everything is computed anew.
  public let regime: (@Sendable (Int) -> Int)?

  /// Makes a rule.
  public init(
    _ output: Growth, needsAll: Set<String> = [], computesAll: Bool = false,
    regime: (@Sendable (Int) -> Int)? = nil
  ) {
    self.output = output
    self.needsAll = needsAll
    self.computesAll = computesAll
    self.regime = regime
  }
}

/// The types that flow into an operation, and how each grows.
public struct GrowingTypes: Sendable {
  private let values: [String: [(growth: Growth, type: TensorType)]]

  /// Gathers types and growths by role; roles that are empty are left out.
  package init(_ values: [String: [(growth: Growth, type: TensorType)]]) {
    self.values = values.filter { !$0.value.isEmpty }
  }

  /// What flows into a role.
  func all(_ role: String) -> [(growth: Growth, type: TensorType)] { values[role] ?? [] }

  /// What flows into a role of one value; nil when nothing does.
  func one(_ role: String) -> (growth: Growth, type: TensorType)? { values[role]?.first }

  /// Whether nothing that flows into a role grows.
  func isFixed(_ role: String) -> Bool { all(role).allSatisfy { $0.growth == .fixed } }

  /// The axis along which the one value of a role grows; nil when it does not, or in another way.
  func axis(_ role: String) -> Int? {
    guard case .along(let axis)? = one(role)?.growth else { return nil }
    return axis
  }
}

extension Operation {
  /// Not known, so that everything is computed anew.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { nil }
}
