import Architectures
import Diagnostics

extension Convolution: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (batch, channels, …)
    let weight = try call.parameter("weight")  // (width, channels / groups, kernel…)
    let bias = bias ? try call.parameter("bias").elements.baseAddress : nil
    let geometry = try Geometry(self, input: input.shape)
    let output = try Tensor<S>(shape: [geometry.batch, width] + geometry.shape)
    guard let x = input.elements.baseAddress, let w = weight.elements.baseAddress,
      let y = output.elements.baseAddress, output.count > 0
    else { return Outcome(output) }

    let (inner, positions) = (geometry.inner, geometry.positions)
    let rows = width / groups
    // What the kernel sees at so many places stands side by side, then one product takes them all.
    let tile = max(1, min(positions, Self.columnCount / inner))
    let tiles = (positions + tile - 1) / tile
    let items = geometry.batch * groups * tiles
    let pieces = Workers.pieces(items, cost: 2 * rows * inner * tile)
    let columns = try Tensor<S>(shape: [pieces, inner, tile])
    guard let scratch = columns.elements.baseAddress else { return Outcome(output) }
    Workers.each(pieces) { piece in
      let seen = scratch + piece * inner * tile
      for item in Workers.range(of: piece, among: pieces, items) {
        let (part, number) = item.quotientAndRemainder(dividingBy: tiles)
        let (batch, group) = part.quotientAndRemainder(dividingBy: groups)
        let range = number * tile..<min(positions, (number + 1) * tile)
        geometry.gather(x, batch: batch, group: group, range, into: seen)
        let start = y + (batch * width + group * rows) * positions + range.lowerBound
        S.kernels.multiplyMatrices(
          Matrix(start: w + group * rows * inner, stride: inner),
          Matrix(start: seen, stride: range.count), Matrix(start: start, stride: positions),
          rows, range.count, inner, 1)
        guard let bias else { continue }
        for row in 0..<rows {
          let line = start + row * positions
          for place in 0..<range.count { line[place] += bias[group * rows + row] }
        }
      }
    }
    return Outcome(output)
  }

  /// How many numbers one piece of work lays out at once, unless a single place has more.
  private static var columnCount: Int { 1 << 19 }
}

/// The extents of one call; one axis is two, the first of extent 1.
private struct Geometry {
  let batch: Int
  let channels: Int
  let groups: Int
  let input: (height: Int, width: Int)
  let output: (height: Int, width: Int)
  let kernel: (height: Int, width: Int)
  let stride: (height: Int, width: Int)
  let padding: (height: Int, width: Int)
  let dilation: (height: Int, width: Int)
  /// The extents of the output after its channels.
  let shape: [Int]

  /// How many numbers the kernel sees at once, in one group.
  var inner: Int { channels / groups * kernel.height * kernel.width }
  /// How many places the kernel is put at.
  var positions: Int { output.height * output.width }

  init(_ convolution: Convolution, input shape: [Int]) throws(CrosswalkError) {
    let axes = convolution.kernel.count
    guard shape.count == axes + 2 else {
      throw CrosswalkError(
        .invalidInput, "an input with the wrong number of axes", expected: "\(axes + 2)",
        found: "the shape \(shape)")
    }
    var extents: [Int] = []
    for (axis, extent) in shape.dropFirst(2).enumerated() {
      extents.append(try convolution.extent(of: extent, axis: axis))
    }
    guard extents.allSatisfy({ $0 <= Int32.max }),
      extents.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) <= Int32.max
    else {
      throw CrosswalkError(.tooLarge, "an input of more places than a matrix has columns")
    }
    func pair(_ list: ArraySlice<Int>, else first: Int) -> (height: Int, width: Int) {
      axes == 1
        ? (first, list[list.startIndex]) : (list[list.startIndex], list[list.startIndex + 1])
    }
    (batch, channels, groups) = (shape[0], shape[1], convolution.groups)
    input = pair(shape[2...], else: 1)
    output = pair(extents[...], else: 1)
    kernel = pair(convolution.kernel[...], else: 1)
    stride = pair(convolution.stride[...], else: 1)
    padding = pair(convolution.padding[...], else: 0)
    dilation = pair(convolution.dilation[...], else: 1)
    self.shape = extents
  }

  /// What the kernel sees at a range of places: columns (inner, places).
  func gather<S: Scalar>(
    _ x: UnsafeMutablePointer<S>, batch: Int, group: Int, _ places: Range<Int>,
    into columns: UnsafeMutablePointer<S>
  ) {
    let area = input.height * input.width
    let first = x + (batch * channels + group * (channels / groups)) * area
    for row in 0..<inner {
      let (rest, column) = row.quotientAndRemainder(dividingBy: kernel.width)
      let (channel, line) = rest.quotientAndRemainder(dividingBy: kernel.height)
      let source = first + channel * area
      let target = columns + row * places.count
      var (down, across) = places.lowerBound.quotientAndRemainder(dividingBy: output.width)
      for place in 0..<places.count {
        let y = down * stride.height - padding.height + line * dilation.height
        let x = across * stride.width - padding.width + column * dilation.width
        let isInside = y >= 0 && y < input.height && x >= 0 && x < input.width
        target[place] = isInside ? source[y * input.width + x] : 0
        across += 1
        if across == output.width { (down, across) = (down + 1, 0) }
      }
    }
  }
}
