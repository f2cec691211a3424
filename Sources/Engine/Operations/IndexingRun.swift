import Architectures
import Diagnostics
import Tensors

extension Take: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let ids = try call.integer("ids")
    switch try call.value("input") {
    case .floating(let tensor): return Outcome(try take(ids, of: tensor, else: 0))
    case .integer(let tensor): return Outcome(.integer(try take(ids, of: tensor, else: 0)))
    }
  }

  private func take<Element>(
    _ ids: Tensor<Int>, of tensor: Tensor<Element>, else filler: Element
  ) throws(CrosswalkError) -> Tensor<Element> {
    let position = try axisPosition(axis, of: tensor.shape.count)
    let extent = tensor.shape[position]
    let places = try Tensor<Int>(shape: ids.shape)
    for (number, id) in ids.elements.enumerated() {
      let place = id < 0 ? id + extent : id
      guard (0..<extent).contains(place) else {
        throw CrosswalkError(
          .invalidInput, "a place beyond the axis", expected: "below \(extent)", found: "\(id)")
      }
      places.elements[number] = place
    }
    guard along else {
      let taken = try tensor.taken(places.count, along: position, else: filler) {
        places.elements[$0]
      }
      var shape = tensor.shape
      shape.replaceSubrange(position...position, with: ids.shape)
      return Tensor(taken, shape: shape)
    }
    return try taken(places, of: tensor, along: position)
  }

  /// NumPy's take_along_axis: the other axes are broadcast.
  private func taken<Element>(_ places: Tensor<Int>, of tensor: Tensor<Element>, along axis: Int)
    throws(CrosswalkError) -> Tensor<Element>
  {
    guard places.shape.count == tensor.shape.count else {
      throw CrosswalkError(
        .invalidInput, "places of other axes than the input's", expected: "\(tensor.shape)",
        found: "\(places.shape)")
    }
    var (own, theirs) = (tensor.shape, places.shape)
    own[axis] = 1
    theirs[axis] = 1
    var shape = try broadcast([own, theirs])
    var whole = shape
    shape[axis] = places.shape[axis]
    whole[axis] = tensor.shape[axis]
    let aligned = try places.broadcast(to: shape)
    // The axis itself does not move the odometer: the place found there does.
    var strides = zip(tensor.shape, Shape.strides(tensor.shape)).map { $0 == 1 ? 0 : $1 }
    let step = Shape.strides(tensor.shape)[axis]
    strides[axis] = 0
    let result = try Tensor<Element>(shape: shape)
    var odometer = Odometer(shape, by: strides)
    for number in 0..<result.count {
      result.elements[number] = tensor.elements[odometer.offset + aligned.elements[number] * step]
      odometer.advance()
    }
    return result
  }
}

extension Arange: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    var length = count ?? 0
    if let axis {
      let shape = try call.value("input").shape
      length = shape[try axisPosition(axis, of: shape.count)]
    }
    let result = try Tensor<Int>(shape: [length])
    for place in 0..<length { result.elements[place] = start &+ place &* step }
    return Outcome(.integer(result))
  }
}

extension Cast: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let value = try call.value("input")
    switch (value, dtype) {
    case (_, .floating): return Outcome(try value.numbers())
    case (_, .boolean): return Outcome(.integer(try value.truths()))
    case (.integer, .integer): return Outcome(value)
    case (.floating(let numbers), .integer):
      let ids = try Tensor<Int>(shape: numbers.shape)
      for (place, number) in numbers.elements.enumerated() {
        guard let id = Int(exactly: number.rounded(.towardZero)) else {
          throw CrosswalkError(
            .invalidInput, "a number that no integer stands for", found: "\(number)")
        }
        ids.elements[place] = id
      }
      return Outcome(.integer(ids))
    }
  }
}

extension Value {
  /// 1 for what is not 0.
  func truths() throws(CrosswalkError) -> Tensor<Int> {
    let result = try Tensor<Int>(shape: shape)
    switch self {
    case .floating(let numbers):
      for (place, number) in numbers.elements.enumerated() {
        result.elements[place] = number != 0 ? 1 : 0
      }
    case .integer(let ids):
      for (place, id) in ids.elements.enumerated() { result.elements[place] = id != 0 ? 1 : 0 }
    }
    return result
  }
}

extension CumulativeSum: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    switch try call.value("input") {
    case .floating(let tensor): return Outcome(try sums(tensor, +))
    case .integer(let tensor): return Outcome(.integer(try sums(tensor, &+)))
    }
  }

  private func sums<Element>(_ tensor: Tensor<Element>, _ add: (Element, Element) -> Element)
    throws(CrosswalkError) -> Tensor<Element>
  {
    let position = try axisPosition(axis, of: tensor.shape.count)
    let result = try tensor.copy()
    let inner = tensor.shape[(position + 1)...].reduce(1, *)
    let line = tensor.shape[position] * inner
    for place in 0..<result.count where line > 0 && place % line >= inner {
      result.elements[place] = add(result.elements[place - inner], result.elements[place])
    }
    return result
  }
}

extension OneHot: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let ids = try call.integer("input")
    let result = try Tensor<S>(shape: ids.shape + [classes])
    result.elements.update(repeating: 0)
    for (row, id) in ids.elements.enumerated() where (0..<classes).contains(id) {
      result.elements[row * classes + id] = 1
    }
    return Outcome(result)
  }
}

extension Resize: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let position = try axisPosition(axis, of: input.shape.count)
    let (old, new) = (input.shape[position], try extent(of: input.shape[position]))
    guard old > 0 else { throw CrosswalkError(.invalidInput, "an axis without a number") }
    let ratio = Double(old) / Double(new)
    guard mode == .linear else {
      let shift = mode == .nearestExact ? 0.5 : 0
      return Outcome(
        try input.taken(new, along: position, else: 0) {
          min(old - 1, Int((Double($0) + shift) * ratio))
        })
    }
    func exact(_ place: Int) -> Double {
      corners
        ? Double(place) * (new > 1 ? Double(old - 1) / Double(new - 1) : 0)
        : max(0, (Double(place) + 0.5) * ratio - 0.5)
    }
    func low(_ place: Int) -> Int { min(old - 1, Int(exact(place))) }
    let result = try input.taken(new, along: position, else: 0) { low($0) }
    let upper = try input.taken(new, along: position, else: 0) { min(old - 1, low($0) + 1) }
    let weights = (0..<new).map { S(exact($0) - Double(low($0))) }
    let inner = input.shape[(position + 1)...].reduce(1, *)
    mix(upper, weights, inner, into: result)
    return Outcome(result)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func mix<S: Scalar>(_ upper: Tensor<S>, _ weights: [S], _ inner: Int, into x: Tensor<S>) {
    for place in 0..<x.count {
      let weight = weights[place / inner % weights.count]
      x.elements[place] = (1 - weight) * x.elements[place] + weight * upper.elements[place]
    }
  }
}
