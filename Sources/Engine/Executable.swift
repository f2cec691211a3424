import Architectures
import Diagnostics

/// The engine's side of an operation: how it is computed, in either precision.
protocol Executable: Operation {
  /// The roles whose batch items may stand further apart than they are long.
  static var spreadRoles: Set<String> { get }
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S>
}

extension Executable {
  static var spreadRoles: Set<String> { [] }
}

/// What a node computes with.
struct Call<S: Scalar> {
  let arguments: [String: [Value<S>]]
  let parameters: [String: Tensor<S>]
  /// Whether someone wants the attention table.
  let wantsAttention: Bool
  /// What operations of this run keep for one another.
  let memory: Memory
  /// How many places of a growing sequence come before those that are computed.
  var past = 0
  /// How far apart batch items stand, where they do not follow on one another.
  var spreads: [String: Int] = [:]

  func all(_ role: String) -> [Value<S>] { arguments[role] ?? [] }

  func optional(_ role: String) -> Value<S>? { arguments[role]?.first }

  func floating(_ role: String) throws(CrosswalkError) -> Tensor<S> {
    guard case .floating(let tensor)? = arguments[role]?.first else {
      throw CrosswalkError(.invalidInput, "'\(role)' takes numbers, not ids")
    }
    return tensor
  }

  func integer(_ role: String) throws(CrosswalkError) -> Tensor<Int> {
    guard case .integer(let tensor)? = arguments[role]?.first else {
      throw CrosswalkError(.invalidInput, "'\(role)' takes ids, not numbers")
    }
    return tensor
  }

  func parameter(_ role: String) throws(CrosswalkError) -> Tensor<S> {
    guard let tensor = parameters[role] else {
      throw CrosswalkError(.missingTensor, "the parameter '\(role)' was not loaded")
    }
    return tensor
  }
}

/// What a node computed.
struct Outcome<S: Scalar> {
  let value: Value<S>
  var attention: Tensor<S>?
  /// What the node makes besides, in the order of its signature.
  var others: [Value<S>] = []

  init(_ tensor: Tensor<S>, attention: Tensor<S>? = nil) {
    value = .floating(tensor)
    self.attention = attention
  }

  init(_ value: Value<S>) { self.value = value }
}

/// What nodes of one run compute once for all that need the same.
final class Memory {
  private var values: [AnyHashable: any Sendable] = [:]

  /// The value of a key, made when no one asked for it before.
  func value<Key: Hashable & Sendable, Value: Sendable>(
    for key: Key, make: (Key) throws(CrosswalkError) -> Value
  ) throws(CrosswalkError) -> Value {
    if let known = values[key] as? Value { return known }
    let value = try make(key)
    values[key] = value
    return value
  }
}
