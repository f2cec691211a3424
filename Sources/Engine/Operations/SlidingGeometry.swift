import Architectures
import Diagnostics

/// The extents of one call of a sliding window; axes that it does not have are 1, in front.
struct SlidingGeometry {
  /// What the window slides over.
  let input: [Int]
  /// How often it is put along each axis.
  let output: [Int]
  let kernel: [Int]
  let stride: [Int]
  let dilation: [Int]
  let before: [Int]
  let after: [Int]

  /// The numbers that the window slides over, in one channel.
  var volume: Int { input.reduce(1, *) }
  /// How many places the window is put at.
  var places: Int { output.reduce(1, *) }
  /// How many numbers the window sees at once, in one channel.
  var taps: Int { kernel.reduce(1, *) }

  /// - Throws: `wrongShape` when the window does not fit, `tooLarge` beyond a matrix's columns.
  init(_ window: SlidingWindow, input extents: [Int]) throws(CrosswalkError) {
    var places: [SlidingWindow.Places] = []
    for (axis, extent) in extents.enumerated() {
      places.append(try window.places(extent, axis: axis))
    }
    try self.init(
      window, input: extents, output: places.map(\.count), before: places.map(\.before),
      after: places.map(\.after))
  }

  init(_ window: SlidingWindow, input: [Int], output: [Int], before: [Int], after: [Int])
    throws(CrosswalkError)
  {
    let sizes = [input, output, window.kernel].map(Self.product)
    guard sizes.allSatisfy({ $0 <= Int32.max }) else {
      throw CrosswalkError(.tooLarge, "an input of more places than a matrix has columns")
    }
    func padded(_ list: [Int], _ filler: Int) -> [Int] {
      Array(repeating: filler, count: 3 - list.count) + list
    }
    (self.input, self.output) = (padded(input, 1), padded(output, 1))
    (kernel, stride) = (padded(window.kernel, 1), padded(window.stride, 1))
    dilation = padded(window.dilation, 1)
    (self.before, self.after) = (padded(before, 0), padded(after, 0))
  }

  private static func product(_ extents: [Int]) -> Int {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return Int.max }
      product = next
    }
    return product
  }

  /// Calls for each run of places along the last axis, and each number of the window.
  ///
  /// - Parameter body: is given the run's first place and count, the number of the window, and
  ///   where the last axis's line and its first number are, which may be outside the input.
  func eachRun(
    _ range: Range<Int>,
    _ body: (_ place: Int, _ count: Int, _ tap: Int, _ line: Int?, _ first: Int) -> Void
  ) {
    var place = range.lowerBound
    while place < range.upperBound {
      let (row, column) = place.quotientAndRemainder(dividingBy: output[2])
      let (deep, down) = row.quotientAndRemainder(dividingBy: output[1])
      let count = min(output[2] - column, range.upperBound - place)
      for tap in 0..<taps {
        let (rest, across) = tap.quotientAndRemainder(dividingBy: kernel[2])
        let (layer, line) = rest.quotientAndRemainder(dividingBy: kernel[1])
        let z = deep * stride[0] - before[0] + layer * dilation[0]
        let y = down * stride[1] - before[1] + line * dilation[1]
        let isInside = z >= 0 && z < input[0] && y >= 0 && y < input[1]
        body(
          place, count, tap, isInside ? (z * input[1] + y) * input[2] : nil,
          column * stride[2] - before[2] + across * dilation[2])
      }
      place += count
    }
  }

  /// The part of a run whose numbers are inside the input.
  func inside(_ first: Int, _ count: Int) -> Range<Int> {
    let step = stride[2]
    let low = first >= 0 ? 0 : (-first + step - 1) / step
    let high = first >= input[2] ? 0 : (input[2] - first + step - 1) / step
    return min(low, count)..<max(min(low, count), min(high, count))
  }
}

/// How a channel's numbers lie in memory.
struct ChannelLayout {
  /// From one channel to the next.
  let channel: Int
  /// From one place to the next.
  let place: Int
  /// From one row of the batch to the next.
  let batch: Int

  init(_ order: ChannelOrder, channels: Int, volume: Int) {
    (channel, place) = order == .first ? (volume, 1) : (1, channels)
    batch = channels * volume
  }
}

extension ChannelOrder {
  /// A shape's channels, and its extents beside batch and channels.
  func split(_ shape: [Int], axes: Int) throws(CrosswalkError) -> (channels: Int, extents: [Int]) {
    guard shape.count == axes + 2 else {
      throw CrosswalkError(
        .invalidInput, "an input with the wrong number of axes", expected: "\(axes + 2)",
        found: "the shape \(shape)")
    }
    return self == .first
      ? (shape[1], Array(shape[2...])) : (shape[axes + 1], Array(shape[1...axes]))
  }

  /// The shape of a batch of so many channels and extents.
  func joined(_ batch: Int, _ channels: Int, _ extents: [Int]) -> [Int] {
    [batch] + (self == .first ? [channels] + extents : extents + [channels])
  }
}
