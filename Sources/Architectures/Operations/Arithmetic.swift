public import Diagnostics

/// The sum of its inputs, broadcast.
public struct Add: Operation {
  /// `add`.
  public static let name = "add"
  /// What it does.
  public static let summary = "the sum of its inputs, broadcast from the last axis"
  /// `input`: one or more; those that are absent count as nothing.
  public static let roles: [Role] = [.many("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try broadcast(inputs["input"]))
  }
}

/// The product of its inputs, number by number, broadcast.
public struct Multiply: Operation {
  /// `multiply`.
  public static let name = "multiply"
  /// What it does.
  public static let summary = "the product of its inputs number by number, broadcast"
  /// `input`: one or more.
  public static let roles: [Role] = [.many("input")]

  /// Has no settings.
  public init(_ settings: inout Settings) throws(CrosswalkError) {}

  /// The broadcast type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try broadcast(inputs["input"]))
  }
}

/// Its input times a constant.
public struct Scale: Operation {
  /// `scale`.
  public static let name = "scale"
  /// What it does.
  public static let summary = "its input times a constant"
  /// `input`.
  public static let roles: [Role] = [.one("input")]
  /// The constant.
  public let by: Double

  /// Reads `by`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    by = try settings.number("by")
  }

  /// The input's own type.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    Signature(try inputs.one("input"))
  }
}

/// The type of values broadcast against one another from the last axis, as in NumPy.
private func broadcast(_ types: [TensorType]) throws(CrosswalkError) -> TensorType {
  guard var result = types.max(by: { $0.axes.count < $1.axes.count }) else {
    throw CrosswalkError(.invalidDocument, "nothing flows into 'input'")
  }
  for type in types {
    let shift = result.axes.count - type.axes.count
    for (position, axis) in type.axes.enumerated() {
      let known = result.axes[position + shift]
      if known.extent == 1 && axis.extent != 1 { result.axes[position + shift] = axis }
      guard let ours = known.extent, let theirs = axis.extent else { continue }
      guard ours == theirs || ours == 1 || theirs == 1 else {
        throw CrosswalkError(
          .wrongShape, "inputs that do not broadcast",
          expected: "\(known.name) \(ours)", found: "\(axis.name) \(theirs)")
      }
    }
  }
  return result
}
