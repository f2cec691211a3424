import Architectures
import Diagnostics

extension Recurrent: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (batch, steps, inner)
    guard input.shape.count == 3 else {
      throw CrosswalkError(
        .invalidInput, "an input with the wrong number of axes", expected: "batch, steps, width",
        found: "the shape \(input.shape)")
    }
    let (batch, steps) = (input.shape[0], input.shape[1])
    var cells = try RecurrentCells<S>(self, call, batch: batch)
    let isSeen = try seen(call, batch, steps)
    let gates = try Tensor<S>(shape: [batch, steps, kind.gates * width])
    let output = try Tensor<S>(shape: [batch, steps, stateWidth])
    let weight = try call.parameter("input.weight")
    guard weight.width == input.width else {
      throw CrosswalkError(
        .invalidInput, "an input of another width", expected: "\(weight.width)",
        found: "\(input.width)")
    }
    // What comes from the input needs no step to wait for another: one product makes it all.
    affine(
      input.start, weight.start, bias ? try call.parameter("input.bias").start : nil,
      into: gates.start, rows: batch * steps, inner: input.width, width: gates.width)
    let y = output.start

    var previous: Int?
    for made in 0..<steps {
      let step = direction == .forward ? made : steps - 1 - made
      let place = order == .made ? made : step
      try cells.step(gates, step, seen: isSeen.map { seen in { seen[$0 * steps + step] } })
      for row in 0..<batch {
        let target = y + (row * steps + place) * stateWidth
        if isSeen?[row * steps + step] ?? true {
          target.update(from: cells.state(row), count: stateWidth)
        } else if let previous, maskedOutput == .previous {
          target.update(from: y + (row * steps + previous) * stateWidth, count: stateWidth)
        } else {
          target.update(repeating: 0, count: stateWidth)
        }
      }
      previous = place
    }
    var outcome = Outcome(output)
    outcome.others =
      [.floating(cells.hidden)] + (kind == .lstm ? [.floating(cells.cell)] : [])
    return outcome
  }

  /// Which steps count, row by row; nil for all.
  private func seen<S: Scalar>(_ call: Call<S>, _ batch: Int, _ steps: Int) throws(CrosswalkError)
    -> [Bool]?
  {
    var seen: [Bool]?
    if let mask = try call.optional("mask")?.numbers() {
      try check(mask.shape, [batch, steps], "a mask")
      seen = mask.elements.map { $0 != 0 }
    }
    if call.optional("lengths") != nil {
      let lengths = try call.integer("lengths")
      try check(lengths.shape, [batch], "lengths")
      let within = (0..<(batch * steps)).map { $0 % steps < lengths.elements[$0 / steps] }
      seen = seen.map { zip($0, within).map { $0 && $1 } } ?? within
    }
    return seen
  }
}

/// The states of a batch, which steps change.
private struct RecurrentCells<S: Scalar> {
  let hidden: Tensor<S>
  let cell: Tensor<S>
  private let layer: Recurrent
  private let weight: Tensor<S>
  private let bias: Tensor<S>?
  private let projection: (weight: Tensor<S>, bias: Tensor<S>?)?
  /// The recurrent part of the gates, (batch, gates × width).
  private let inner: Tensor<S>
  /// What the cell puts out before any projection, and room for what leads to it.
  private let made: Tensor<S>
  private let room: Tensor<S>
  private let projected: Tensor<S>?
  private let activation: NumberKernel<S>
  private let gate: NumberKernel<S>
  private var batch: Int { hidden.shape[0] }
  private var width: Int { layer.width }

  init(_ layer: Recurrent, _ call: Call<S>, batch: Int) throws(CrosswalkError) {
    self.layer = layer
    weight = try call.parameter("recurrent.weight")
    bias = layer.recurrentBias ? try call.parameter("recurrent.bias") : nil
    hidden = try Self.start(call, "state", [batch, layer.stateWidth])
    cell = try Self.start(call, "cell", [batch, layer.width])
    inner = try Tensor(shape: [batch, layer.kind.gates * layer.width])
    made = try Tensor(shape: [batch, layer.width])
    room = try Tensor(shape: [batch, layer.width])
    if let settings = layer.projection {
      projection = (
        try call.parameter("projection.weight"),
        settings.bias ? try call.parameter("projection.bias") : nil
      )
      projected = try Tensor(shape: [batch, settings.width])
    } else {
      (projection, projected) = (nil, nil)
    }
    activation = layer.activation.kernel()
    gate = layer.recurrentActivation.kernel()
  }

  private static func start(_ call: Call<S>, _ role: String, _ shape: [Int]) throws(CrosswalkError)
    -> Tensor<S>
  {
    guard call.optional(role) != nil else {
      let zeros = try Tensor<S>(shape: shape)
      zeros.elements.update(repeating: 0)
      return zeros
    }
    let given = try call.floating(role)
    try check(given.shape, shape, "a first state")
    return try given.copy()
  }

  func state(_ row: Int) -> UnsafePointer<S> {
    UnsafePointer(hidden.start + row * layer.stateWidth)
  }

  /// One step of all rows; those that do not see it keep their states.
  mutating func step(_ gates: Tensor<S>, _ step: Int, seen: ((Int) -> Bool)?)
    throws(CrosswalkError)
  {
    let wide = layer.kind.gates * width
    affine(
      hidden.start, weight.start, bias?.start, into: inner.start, rows: batch,
      inner: layer.stateWidth, width: wide)
    let steps = gates.shape[1]
    if layer.kind == .gru, layer.reset == .before { reset(gates, step) }
    for row in 0..<batch where seen?(row) ?? true {
      let given = gates.start + (row * steps + step) * wide
      let own = inner.start + row * wide
      switch layer.kind {
      case .elman: elman(row, given, own)
      case .lstm: lstm(row, given, own)
      case .gru: gru(row, given, own)
      }
    }
    if let projection, let projected {
      affine(
        made.start, projection.weight.start, projection.bias?.start, into: projected.start,
        rows: batch, inner: width, width: layer.stateWidth)
      layer.projection?.activation.apply(to: projected)
    }
    let result = projected ?? made
    for row in 0..<batch where seen?(row) ?? true {
      (hidden.start + row * layer.stateWidth).update(
        from: result.start + row * layer.stateWidth, count: layer.stateWidth)
    }
  }

  private func elman(
    _ row: Int, _ given: UnsafeMutablePointer<S>, _ own: UnsafeMutablePointer<S>
  ) {
    S.kernels.add(own, given, width)
    activation.apply(own, into: made.start + row * width, count: width)
  }

  private func lstm(_ row: Int, _ given: UnsafeMutablePointer<S>, _ own: UnsafeMutablePointer<S>) {
    let (new, out) = (own + 2 * width, own + 3 * width)
    let (cell, result) = (cell.start + row * width, made.start + row * width)
    S.kernels.add(own, given, 4 * width)
    gate.apply(own, into: own, count: 2 * width)
    activation.apply(new, into: new, count: width)
    gate.apply(out, into: out, count: width)
    S.kernels.multiply(cell, own + width, width)
    S.kernels.multiply(own, new, width)
    S.kernels.add(cell, own, width)
    activation.apply(cell, into: result, count: width)
    S.kernels.multiply(result, out, width)
  }

  /// Of a GRU whose reset comes first: puts the product with the state that was reset in its place.
  private func reset(_ gates: Tensor<S>, _ step: Int) {
    let wide = 3 * width
    for row in 0..<batch {
      let given = gates.start + (row * gates.shape[1] + step) * wide
      let (own, kept) = (inner.start + row * wide, room.start + row * width)
      kept.update(from: own, count: width)
      S.kernels.add(kept, given, width)
      gate.apply(kept, into: kept, count: width)
      S.kernels.multiply(kept, state(row), width)
    }
    let columns = 2 * width
    affine(
      room.start, weight.start + columns * width, bias.map { $0.start + columns },
      into: made.start, rows: batch, inner: width, width: width)
    for row in 0..<batch {
      (inner.start + row * wide + columns).update(from: made.start + row * width, count: width)
    }
  }

  private func gru(_ row: Int, _ given: UnsafeMutablePointer<S>, _ own: UnsafeMutablePointer<S>) {
    let (update, new) = (own + width, own + 2 * width)
    let result = made.start + row * width
    S.kernels.add(own, given, 2 * width)
    gate.apply(own, into: own, count: 2 * width)
    if layer.reset == .after { S.kernels.multiply(new, own, width) }
    S.kernels.add(new, given + 2 * width, width)
    activation.apply(new, into: new, count: width)
    mix(update, state(row), new, into: result)
  }

  /// update × old + (1 - update) × new.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func mix(
    _ update: UnsafeMutablePointer<S>, _ old: UnsafePointer<S>, _ new: UnsafeMutablePointer<S>,
    into result: UnsafeMutablePointer<S>
  ) {
    for place in 0..<width {
      result[place] = update[place] * old[place] + (1 - update[place]) * new[place]
    }
  }
}

private func check(_ shape: [Int], _ expected: [Int], _ what: String) throws(CrosswalkError) {
  guard shape == expected else {
    throw CrosswalkError(
      .invalidInput, "\(what) of another shape than the sequence's", expected: "\(expected)",
      found: "\(shape)")
  }
}
