import Architectures
import Diagnostics
import Tensors

/// Checks what is given against what the architecture takes, and brings it into memory.
struct InputReader<S: Scalar> {
  private let architecture: Architecture
  private let given: TensorTable

  init(_ architecture: Architecture, _ given: TensorTable) {
    self.architecture = architecture
    self.given = given
  }

  /// The values of the inputs, by value number; those that may be absent and are have none.
  func read() throws(CrosswalkError) -> [Int: Value<S>] {
    try refuseUnknown()
    var values: [Int: Value<S>] = [:]
    var extents: [String: (Int, of: String)] = [:]
    for (position, input) in architecture.inputs.enumerated() {
      guard let tensor = given[input.name] else { continue }
      do throws(CrosswalkError) {
        try check(tensor, input, &extents)
        values[position] = try load(tensor, input)
      } catch { throw error.inside(.tensor(input.name)) }
    }
    for (position, input) in architecture.inputs.enumerated() where values[position] == nil {
      values[position] = try substitute(for: input, values)
    }
    return values
  }

  private func refuseUnknown() throws(CrosswalkError) {
    let known = architecture.inputs.map(\.name)
    for name in given.names where !known.contains(name) {
      throw CrosswalkError(
        .invalidInput, "the model takes no input of this name", at: Place(.tensor(name)),
        remedy: "its inputs: \(known.joined(separator: ", "))")
    }
  }

  private func check(
    _ tensor: StoredTensor, _ input: Input, _ extents: inout [String: (Int, of: String)]
  ) throws(CrosswalkError) {
    let axes = input.type.axes
    // A mask may come as (queries, keys) or with batch and heads in front of them.
    if input.type.element == .mask && tensor.shape.count != axes.count { return }
    guard tensor.shape.count == axes.count else {
      throw CrosswalkError(
        .invalidInput, "an input with the wrong number of axes",
        expected: input.type.summary, found: "the shape \(tensor.shape)")
    }
    for (extent, axis) in zip(tensor.shape, axes) {
      let known = axis.extent.map { ($0, of: "the model") } ?? extents[axis.name]
      // Ids beside the tokens may be one row for the whole batch.
      if extent == 1, axis.name == "batch", input.isBeside { continue }
      if let known, known.0 != extent {
        throw CrosswalkError(
          .invalidInput, "an input of the wrong \(axis.name)",
          expected: "\(known.0), as in \(known.of)", found: "\(extent)")
      }
      guard extent > 0 else {
        throw CrosswalkError(.invalidInput, "an input without a single \(axis.name)")
      }
      extents[axis.name] = (extent, of: input.name)
    }
  }

  private func load(_ tensor: StoredTensor, _ input: Input) throws(CrosswalkError) -> Value<S> {
    switch input.type.element {
    case .integer:
      return .integer(try ids(tensor))
    case .floating:
      guard tensor.dtype.category != .complex, tensor.dtype != .bool else {
        throw CrosswalkError(
          .invalidInput, "an input that is not numbers", expected: "f32, f64, …",
          found: tensor.dtype.rawValue)
      }
      return .floating(try Tensor(reading: tensor))
    case .mask:
      return tensor.dtype.isFloating
        ? .floating(try Tensor(reading: tensor)) : .integer(try integers(tensor))
    }
  }

  /// Ids, which frameworks also take as numbers without a fraction.
  private func ids(_ tensor: StoredTensor) throws(CrosswalkError) -> Tensor<Int> {
    let dtype = tensor.dtype
    guard dtype != .bool, dtype.category != .complex else { throw Self.noIds(dtype.rawValue) }
    guard !dtype.isIntegral else { return try integers(tensor) }
    let result = try Tensor<Int>(shape: tensor.shape)
    let numbers = try Tensor<Double>(reading: tensor)
    defer { withExtendedLifetime(numbers) {} }
    for (place, number) in numbers.elements.enumerated() {
      guard let id = Int(exactly: number) else { throw Self.noIds("\(number)") }
      result.elements[place] = id
    }
    return result
  }

  private func integers(_ tensor: StoredTensor) throws(CrosswalkError) -> Tensor<Int> {
    let result = try Tensor<Int>(shape: tensor.shape)
    _ = result.elements.update(fromContentsOf: try tensor.ints())
    return result
  }

  private static func noIds(_ found: String) -> CrosswalkError {
    CrosswalkError(
      .invalidInput, "ids that are not integers", expected: "whole numbers", found: found)
  }

  private func substitute(for input: Input, _ values: [Int: Value<S>]) throws(CrosswalkError)
    -> Value<S>?
  {
    switch input.absence {
    case .allowed: return nil
    case .refused:
      throw CrosswalkError(
        .invalidInput, "the input is missing", at: Place(.tensor(input.name)),
        expected: input.type.summary, found: given.names.joined(separator: ", "))
    case .filled(let number, let like):
      guard let model = architecture.inputs.firstIndex(where: { $0.name == like }),
        let shape = values[model]?.shape
      else { return nil }
      if input.type.element == .floating {
        let result = try Tensor<S>(shape: shape)
        result.elements.update(repeating: S(number))
        return .floating(result)
      }
      let result = try Tensor<Int>(shape: shape)
      result.elements.update(repeating: Int(exactly: number.rounded()) ?? 0)
      return .integer(result)
    }
  }
}

extension Input {
  /// Whether the input is ids that may be left out.
  fileprivate var isBeside: Bool {
    if case .refused = absence { return false }
    return type.element == .integer
  }
}
