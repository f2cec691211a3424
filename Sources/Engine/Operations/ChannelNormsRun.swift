import Architectures
import Diagnostics

extension GroupNorm: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let weight = weight ? try call.parameter("weight").elements : nil
    let bias = bias ? try call.parameter("bias").elements : nil
    let output = try Tensor<S>(shape: input.shape)
    let position = try axisPosition(axis, of: input.shape.count)
    let channels = input.shape[position]
    guard position > 0, channels % groups == 0, channels == (weight ?? bias)?.count ?? channels
    else {
      throw CrosswalkError(
        .invalidInput, "an input of other channels", expected: "a multiple of \(groups)",
        found: "the shape \(input.shape)")
    }
    let places = Places(
      channels: channels / groups, before: input.shape[1..<position].reduce(1, *),
      after: input.shape[(position + 1)...].reduce(1, *), step: channels)
    guard input.count > 0 else { return Outcome(output) }
    Workers.share(input.shape[0] * groups, cost: 4 * places.count) { items in
      for item in items {
        let (row, group) = item.quotientAndRemainder(dividingBy: groups)
        let first = group * places.channels
        let start = row * (input.count / input.shape[0]) + first * places.after
        let (mean, deviation) = moments(input.elements, places, start)
        places.each(from: start) { channel, run in
          let factor = weight?[first + channel] ?? 1
          let offset = bias?[first + channel] ?? 0
          for place in run {
            output.elements[place] = (input.elements[place] - mean) / deviation * factor + offset
          }
        }
      }
    }
    return Outcome(output)
  }

  /// The mean and the deviation, summed in binary64: a group may be a minute of sound.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func moments<S: Scalar>(
    _ numbers: UnsafeMutableBufferPointer<S>, _ places: Places, _ start: Int
  ) -> (S, S) {
    let count = Double(places.count)
    var (sum, squares) = (0.0, 0.0)
    places.each(from: start) { _, run in for place in run { sum += Double(numbers[place]) } }
    let mean = sum / count
    places.each(from: start) { _, run in
      for place in run {
        squares += (Double(numbers[place]) - mean) * (Double(numbers[place]) - mean)
      }
    }
    return (S(mean), S((squares / count + epsilon).squareRoot()))
  }

  /// Where the numbers of one group stand.
  private struct Places {
    let channels: Int
    /// The product of the extents between the batch and the channels.
    let before: Int
    /// The product of the extents after the channels.
    let after: Int
    /// The channels of all groups.
    let step: Int

    var count: Int { channels * before * after }

    func each(from start: Int, _ body: (_ channel: Int, _ run: Range<Int>) -> Void) {
      for line in 0..<before {
        for channel in 0..<channels {
          let first = start + (line * step + channel) * after
          body(channel, first..<(first + after))
        }
      }
    }
  }
}

extension BatchNorm: Executable {
  @specialized(where S == Float)
  @specialized(where S == Double)
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let mean = try call.parameter("mean").elements
    let variance = try call.parameter("variance").elements
    let weight = weight ? try call.parameter("weight").elements : nil
    let bias = bias ? try call.parameter("bias").elements : nil
    let output = try Tensor<S>(shape: input.shape)
    let position = try axisPosition(axis, of: input.shape.count)
    let channels = input.shape[position]
    guard channels == mean.count else {
      throw CrosswalkError(
        .invalidInput, "an input of other channels", expected: "\(mean.count)",
        found: "the shape \(input.shape)")
    }
    var factors: [S] = []
    for channel in 0..<channels {
      let deviation = (variance[channel] + S(epsilon)).squareRoot()
      factors.append((weight?[channel] ?? 1) / deviation)
    }
    let after = input.shape[(position + 1)...].reduce(1, *)
    Workers.share(after > 0 ? input.count / after : 0, cost: 2 * after) { lines in
      for line in lines {
        let channel = line % channels
        let (shift, factor, offset) = (mean[channel], factors[channel], bias?[channel] ?? 0)
        for place in (line * after)..<((line + 1) * after) {
          output.elements[place] = (input.elements[place] - shift) * factor + offset
        }
      }
    }
    return Outcome(output)
  }
}
