import Architectures
import Diagnostics

extension GroupNorm: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (batch, channels, …)
    let weight = try call.parameter("weight").elements
    let bias = try call.parameter("bias").elements
    let output = try Tensor<S>(shape: input.shape)
    let channels = weight.count
    guard input.shape.count >= 2, input.shape[1] == channels, input.count > 0 else {
      throw CrosswalkError(
        .invalidInput, "an input of other channels", expected: "\(channels)",
        found: "the shape \(input.shape)")
    }
    let places = input.count / (input.shape[0] * channels)
    let run = channels / groups * places
    Workers.share(input.shape[0] * groups, cost: 4 * run) { items in
      for item in items {
        let range = item * run..<(item + 1) * run
        let (mean, deviation) = moments(input.elements[range])
        for (number, place) in range.enumerated() {
          let channel = item % groups * (channels / groups) + number / places
          output.elements[place] =
            (input.elements[place] - mean) / deviation * weight[channel] + bias[channel]
        }
      }
    }
    return Outcome(output)
  }

  /// The mean and the deviation, summed in binary64: a group may be a minute of sound.
  private func moments<S: Scalar>(_ numbers: Slice<UnsafeMutableBufferPointer<S>>) -> (S, S) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0) { $0 + Double($1) } / count
    let variance = numbers.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    return (S(mean), S((variance + epsilon).squareRoot()))
  }
}
