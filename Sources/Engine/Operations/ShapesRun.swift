import Architectures
import Diagnostics
import Tensors

extension Flatten: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let value = try call.value("input")
    var shape = value.shape
    let range = try range(of: shape.count)
    shape.replaceSubrange(range, with: [shape[range].reduce(1, *)])
    return Outcome(value.reshaped(shape))
  }
}

extension Unflatten: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let value = try call.value("input")
    let like = try call.value("like").shape
    let range = try range(of: like.count)
    var shape = value.shape
    guard shape.indices.contains(range.lowerBound) else {
      throw CrosswalkError(
        .invalidInput, "an input without the axis that is split",
        expected: "more than \(range.lowerBound) axes", found: "\(shape)")
    }
    try check(shape[range.lowerBound], like[range].map { $0 })
    shape.replaceSubrange(range.lowerBound...range.lowerBound, with: like[range])
    return Outcome(value.reshaped(shape))
  }
}

extension Concatenate: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    var (numbers, ids): ([Tensor<S>], [Tensor<Int>]) = ([], [])
    for value in call.all("input") {
      switch value {
      case .floating(let tensor): numbers.append(tensor)
      case .integer(let tensor): ids.append(tensor)
      }
    }
    guard ids.isEmpty else {
      guard numbers.isEmpty else {
        throw CrosswalkError(.invalidInput, "ids and numbers cannot stand in one tensor")
      }
      return Outcome(.integer(try Tensor(joining: ids, along: axis)))
    }
    return Outcome(try Tensor(joining: numbers, along: axis))
  }
}

extension AxisSlice: Rearrangement {
  func rearranged<Element>(_ tensor: Tensor<Element>) throws(CrosswalkError) -> Tensor<Element> {
    let position = try axisPosition(axis, of: tensor.shape.count)
    var (shape, strides) = (tensor.shape, Shape.strides(tensor.shape))
    let (first, count) = try part(of: shape[position])
    shape[position] = count
    let start = first * strides[position]
    // One place needs no step, which may be any.
    strides[position] = count == 1 ? 0 : strides[position] * step
    return try tensor.strided(shape, by: strides, from: start)
  }
}

extension LearnedToken: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let weight = try call.parameter("weight")  // (count, width)
    let batch = call.optional("input")?.shape.first ?? 1
    let result = try Tensor<S>(shape: [batch] + weight.shape)
    for row in 0..<batch { result.write(weight.elements[...], at: row * weight.count) }
    return Outcome(result)  // (batch, count, width)
  }
}

extension Call {
  /// What flows into a role, be it numbers or ids.
  func value(_ role: String) throws(CrosswalkError) -> Value<S> {
    guard let value = optional(role) else {
      throw CrosswalkError(.invalidInput, "nothing flows into '\(role)'")
    }
    return value
  }
}

extension Tensor {
  /// The tensors one after another along an axis; a negative one counts from the last.
  init(joining tensors: [Tensor], along axis: Int) throws(CrosswalkError) {
    guard let first = tensors.first else {
      throw CrosswalkError(.invalidInput, "nothing flows into 'input'")
    }
    let position = try axisPosition(axis, of: first.shape.count)
    var shape = first.shape
    for tensor in tensors.dropFirst() {
      var others = tensor.shape
      guard others.count == shape.count else {
        throw CrosswalkError(
          .invalidInput, "inputs with different numbers of axes", expected: "\(shape)",
          found: "\(others)")
      }
      let extent = others[position]
      others[position] = shape[position]
      guard others == shape else {
        throw CrosswalkError(
          .invalidInput, "inputs that differ along another axis", expected: "\(shape)",
          found: "\(tensor.shape)")
      }
      shape[position] += extent
    }
    try self.init(shape: shape)
    let inner = shape[(position + 1)...].reduce(1, *)
    var start = 0
    for tensor in tensors {
      let run = tensor.shape[position] * inner
      for outer in 0..<shape[..<position].reduce(1, *) {
        write(
          tensor.elements[(outer * run)..<((outer + 1) * run)],
          at: outer * shape[position] * inner + start)
      }
      start += run
    }
  }

  /// Puts a run of numbers at a place.
  func write(_ source: Slice<UnsafeMutableBufferPointer<Element>>, at start: Int) {
    _ = UnsafeMutableBufferPointer(rebasing: elements[start..<(start + source.count)])
      .update(fromContentsOf: source)
  }
}
