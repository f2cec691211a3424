import Architectures
import Diagnostics

extension Convolution: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let weight = try call.parameter("weight")
    let bias = bias ? try call.parameter("bias") : nil
    let (inputs, extents) = try channels.split(input.shape, axes: window.kernel.count)
    guard inputs == (isTransposed ? weight.shape[0] : weight.shape[1] * groups) else {
      throw CrosswalkError(
        .invalidInput, "an input of other channels", expected: "\(weight.shape[1] * groups)",
        found: "the shape \(input.shape)")
    }
    let shape = try extents.enumerated().map { (axis, extent) throws(CrosswalkError) in
      try self.extent(of: extent, axis: axis)
    }
    let geometry: SlidingGeometry
    if isTransposed {
      let before = try extents.enumerated().map { (axis, extent) throws(CrosswalkError) in
        try window.transposed(extent, axis: axis, more: outputPadding[axis]).before
      }
      geometry = try SlidingGeometry(
        window, input: shape, output: extents, before: before, after: before)
    } else {
      geometry = try SlidingGeometry(window, input: extents)
    }
    let output = try Tensor<S>(shape: channels.joined(input.shape[0], width, shape))
    guard let x = input.elements.baseAddress, let w = weight.elements.baseAddress,
      let y = output.elements.baseAddress, output.count > 0
    else { return Outcome(output) }
    let job = Job(
      geometry: geometry, groups: groups, batch: input.shape[0], inputs: inputs, outputs: width,
      order: channels)
    if isTransposed {
      output.elements.update(repeating: 0)
      try job.spread(x, w, into: y)
    } else {
      try job.convolve(x, w, into: y)
    }
    if let bias { job.add(bias, to: output) }
    return Outcome(output)
  }
}

/// One call, whose products are made tile by tile.
private struct Job {
  let geometry: SlidingGeometry
  let groups: Int
  let batch: Int
  let inputs: Int
  let outputs: Int
  let order: ChannelOrder

  /// How many numbers one piece of work lays out at once, unless a single place has more.
  private static var columnCount: Int { 1 << 19 }

  /// What the kernel sees at so many places stands side by side, then one product takes them all.
  func convolve<S: Scalar>(
    _ x: UnsafeMutablePointer<S>, _ w: UnsafeMutablePointer<S>, into y: UnsafeMutablePointer<S>
  ) throws(CrosswalkError) {
    let (inner, places, rows) = (inputs / groups * geometry.taps, geometry.places, outputs / groups)
    let from = ChannelLayout(order, channels: inputs, volume: geometry.volume)
    let to = ChannelLayout(order, channels: outputs, volume: places)
    let tile = max(1, min(places, Self.columnCount / inner))
    let tiles = (places + tile - 1) / tile
    let items = batch * groups * tiles
    let pieces = Workers.pieces(items, cost: 2 * rows * inner * tile)
    let columns = try Tensor<S>(shape: [pieces, inner, tile])
    guard let scratch = columns.elements.baseAddress else { return }
    Workers.each(pieces) { piece in
      let seen = scratch + piece * inner * tile
      for item in Workers.range(of: piece, among: pieces, items) {
        let (part, number) = item.quotientAndRemainder(dividingBy: tiles)
        let (row, group) = part.quotientAndRemainder(dividingBy: groups)
        let range = number * tile..<min(places, (number + 1) * tile)
        gather(
          x + row * from.batch + group * (inputs / groups) * from.channel, from, range, into: seen)
        let kernels = Matrix(start: w + group * rows * inner, stride: inner)
        let laid = Matrix(start: seen, stride: range.count)
        let start =
          y + row * to.batch + group * rows * to.channel + range.lowerBound * to.place
        if order == .first {
          S.kernels.multiplyMatrices(
            kernels, laid, Matrix(start: start, stride: places), rows, range.count, inner, 1)
        } else {
          S.kernels.multiplyMatrices(
            laid.transposed, kernels.transposed, Matrix(start: start, stride: outputs),
            range.count, rows, inner, 1)
        }
      }
    }
  }

  /// What one product makes of so many places is added up where the kernel sees them.
  func spread<S: Scalar>(
    _ x: UnsafeMutablePointer<S>, _ w: UnsafeMutablePointer<S>, into y: UnsafeMutablePointer<S>
  ) throws(CrosswalkError) {
    let (inner, places, rows) = (outputs / groups * geometry.taps, geometry.places, inputs / groups)
    let from = ChannelLayout(order, channels: inputs, volume: places)
    let to = ChannelLayout(order, channels: outputs, volume: geometry.volume)
    let tile = max(1, min(places, Self.columnCount / inner))
    let pieces = Workers.pieces(batch * groups, cost: 2 * rows * inner * places)
    let columns = try Tensor<S>(shape: [pieces, inner, tile])
    guard let scratch = columns.elements.baseAddress else { return }
    Workers.each(pieces) { piece in
      let made = scratch + piece * inner * tile
      for item in Workers.range(of: piece, among: pieces, batch * groups) {
        let (row, group) = item.quotientAndRemainder(dividingBy: groups)
        for first in Swift.stride(from: 0, to: places, by: tile) {
          let range = first..<min(places, first + tile)
          let start = x + row * from.batch + group * rows * from.channel + first * from.place
          let numbers =
            order == .first
            ? Matrix(start: start, stride: places)
            : Matrix(start: start, stride: inputs).transposed
          S.kernels.multiplyMatrices(
            Matrix(start: w + group * rows * inner, stride: inner).transposed, numbers,
            Matrix(start: made, stride: range.count), inner, range.count, rows, 1)
          scatter(
            made, to, range,
            into: y + row * to.batch + group * (outputs / groups) * to.channel)
        }
      }
    }
  }

  /// What the kernel sees at a range of places: columns (inner, places).
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func gather<S: Scalar>(
    _ x: UnsafeMutablePointer<S>, _ layout: ChannelLayout, _ range: Range<Int>,
    into columns: UnsafeMutablePointer<S>
  ) {
    let (taps, step) = (geometry.taps, geometry.stride[2] * layout.place)
    geometry.eachRun(range) { place, count, tap, line, first in
      let seen = line == nil ? 0..<0 : geometry.inside(first, count)
      for channel in 0..<(inputs / groups) {
        let target = columns + (channel * taps + tap) * range.count + place - range.lowerBound
        let source = x + channel * layout.channel + ((line ?? 0) + first) * layout.place
        for number in 0..<seen.lowerBound { target[number] = 0 }
        for number in seen { target[number] = source[number * step] }
        for number in seen.upperBound..<count { target[number] = 0 }
      }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func scatter<S: Scalar>(
    _ columns: UnsafeMutablePointer<S>, _ layout: ChannelLayout, _ range: Range<Int>,
    into y: UnsafeMutablePointer<S>
  ) {
    let (taps, step) = (geometry.taps, geometry.stride[2] * layout.place)
    geometry.eachRun(range) { place, count, tap, line, first in
      guard let line else { return }
      let seen = geometry.inside(first, count)
      for channel in 0..<(outputs / groups) {
        let source = columns + (channel * taps + tap) * range.count + place - range.lowerBound
        let target = y + channel * layout.channel + (line + first) * layout.place
        for number in seen { target[number * step] += source[number] }
      }
    }
  }

  func add<S: Scalar>(_ bias: Tensor<S>, to output: Tensor<S>) {
    guard let y = output.elements.baseAddress, let b = bias.elements.baseAddress else { return }
    guard order == .first else {
      return S.kernels.addBias(y, b, output.count / outputs, outputs)
    }
    let run = output.count / (batch * outputs)
    for line in 0..<(batch * outputs) { offset(y + line * run, run, by: b[line % outputs]) }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func offset<S: Scalar>(_ y: UnsafeMutablePointer<S>, _ count: Int, by number: S) {
    for place in 0..<count { y[place] += number }
  }
}
