public import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Rotary: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (batch, sequence, heads × head width)
    let headWidth = input.width / heads
    let turned = width ?? headWidth - start
    let output = try Tensor<S>(shape: input.shape)
    let waves: Waves<S> = try call.memory.value(
      for: WavesKey(
        positions: try positions(call, input.shape), base: base, width: turned, angles: angles,
        scaling: scaling)
    ) { (key) throws(CrosswalkError) in try Waves(key) }
    guard let x = input.elements.baseAddress, let y = output.elements.baseAddress,
      let cosines = waves.cosines.elements.baseAddress,
      let sines = waves.sines.elements.baseAddress
    else { return Outcome(output) }
    Workers.share(input.rows, cost: 4 * input.width) { rows in
      for row in rows {
        let wave = row % waves.cosines.rows * waves.cosines.width
        S.kernels.rotate(
          x + row * input.width, y + row * input.width, cosines + wave, sines + wave,
          heads, headWidth, start, turned, pairs == .interleaved)
      }
    }
    return Outcome(output)
  }

  /// The positions of the rows; one sequence of them for the whole batch, or for each item its own.
  private func positions<S: Scalar>(_ call: Call<S>, _ shape: [Int]) throws(CrosswalkError)
    -> [Int]
  {
    guard call.optional("positions") != nil else {
      return Array(call.past..<(call.past + shape[1]))
    }
    let ids = try call.integer("positions")
    guard ids.shape == [shape[0], shape[1]] || ids.shape == [1, shape[1]] else {
      throw CrosswalkError(
        .invalidInput, "positions of another batch or length than what they are of",
        expected: "(\(shape[0]) or 1, \(shape[1]))", found: "\(ids.shape)")
    }
    return Array(ids.elements)
  }
}

extension Rotary {
  /// The angles of positions 0 to count - 1 in radians, row-major: positions × pairs.
  ///
  /// - Parameter turned: how many numbers of a head are turned, two for each pair.
  public func angles(count: Int, turned: Int) -> [Double] {
    let radians = RotaryFrequencies<Double>(base: base, width: turned, scaling: scaling)
      .all(length: count)
    return (0..<count).flatMap { position in radians.map { Double(position) * $0 } }
  }
}

/// What the cosines and sines of a call depend on; layer after layer asks for the same.
private struct WavesKey: Hashable {
  let positions: [Int]
  let base: Double
  let width: Int
  let angles: Rotary.Angles
  let scaling: RotaryScaling?
}

/// The cosines and sines of each position's angles, (positions, pairs).
private final class Waves<S: Scalar>: Sendable {
  let cosines: Tensor<S>
  let sines: Tensor<S>

  init(_ key: WavesKey) throws(CrosswalkError) {
    let shape = [key.positions.count, key.width / 2]
    cosines = try Tensor(shape: shape)
    sines = try Tensor(shape: shape)
    switch key.angles {
    case .float32: fill(key, in: Float.self)
    case .run: fill(key, in: S.self)
    }
  }

  private func fill<A: Scalar>(_ key: WavesKey, in _: A.Type) {
    let frequencies = RotaryFrequencies<A>(
      base: key.base, width: key.width, scaling: key.scaling)
    let length = (key.positions.max() ?? 0).addingReportingOverflow(1).partialValue
    let radians = frequencies.all(length: length)
    let factor = S(key.scaling?.attentionFactor ?? 1)
    var place = 0
    for position in key.positions {
      for frequency in radians {
        let angle = Double(A(position) * frequency)
        cosines.elements[place] = S(cos(angle)) * factor
        sines.elements[place] = S(sin(angle)) * factor
        place += 1
      }
    }
  }
}
