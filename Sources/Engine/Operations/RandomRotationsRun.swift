import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension RandomRotations: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let directions = try directions(call)
    let result = try Tensor<S>(shape: [heads, width, rounds, directions])
    var generator = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
    fill(result.elements, &generator)
    return Outcome(result)
  }

  private func directions<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Int {
    if let buckets { return buckets.reduce(0, &+) / 2 }
    guard let shape = call.optional("input")?.shape, shape.count >= 2 else {
      throw CrosswalkError(.invalidInput, "'input' has no sequence")
    }
    let length = (shape[1] + multiple - 1) / multiple * multiple
    return Self.buckets(length: length, chunk: chunk, most: most).reduce(0, +) / 2
  }

  /// torch.randn's way: sixteen uniform numbers at a time become as many normal ones (Box and Muller
  /// 1958); the last sixteen are drawn anew where the count is no multiple of them, and fewer than
  /// sixteen are made one by one in double precision.
  private func fill<S: Scalar>(
    _ numbers: UnsafeMutableBufferPointer<S>, _ generator: inout MersenneTwister
  ) {
    guard numbers.count >= 16 else {
      var spare: Double?
      for place in numbers.indices {
        if let number = spare {
          numbers[place] = S(Float(number))
          spare = nil
          continue
        }
        let (turn, distance) = (generator.nextDouble(), generator.nextDouble())
        let radius = (-2 * log1p(-distance)).squareRoot()
        numbers[place] = S(Float(radius * cos(2 * Double.pi * turn)))
        spare = radius * sin(2 * Double.pi * turn)
      }
      return
    }
    var uniform = [Float](repeating: 0, count: numbers.count)
    for place in uniform.indices { uniform[place] = generator.nextFloat() }
    for start in stride(from: 0, through: numbers.count - 16, by: 16) {
      normal(Array(uniform[start..<(start + 16)]), into: numbers, at: start)
    }
    guard !numbers.count.isMultiple(of: 16) else { return }
    normal((0..<16).map { _ in generator.nextFloat() }, into: numbers, at: numbers.count - 16)
  }

  private func normal<S: Scalar>(
    _ uniform: [Float], into numbers: UnsafeMutableBufferPointer<S>, at start: Int
  ) {
    for place in 0..<8 {
      let radius = (-2 * log(1 - uniform[place])).squareRoot()
      let angle = 2 * Float.pi * uniform[place + 8]
      numbers[start + place] = S(radius * cos(angle))
      numbers[start + place + 8] = S(radius * sin(angle))
    }
  }
}

/// The generator of PyTorch on a processor: MT19937 (Matsumoto and Nishimura 1998).
private struct MersenneTwister {
  private var state = [UInt32](repeating: 0, count: 624)
  private var place = 624

  init(seed: UInt32) {
    state[0] = seed
    for index in 1..<624 {
      let last = state[index - 1]
      state[index] = 1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index)
    }
  }

  private mutating func next() -> UInt32 {
    if place == 624 {
      for index in 0..<624 {
        let mixed = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7fff_ffff)
        let odd: UInt32 = mixed & 1 == 0 ? 0 : 0x9908_b0df
        state[index] = state[(index + 397) % 624] ^ (mixed >> 1) ^ odd
      }
      place = 0
    }
    var number = state[place]
    place += 1
    number ^= number >> 11
    number ^= (number << 7) & 0x9d2c_5680
    number ^= (number << 15) & 0xefc6_0000
    return number ^ (number >> 18)
  }

  /// At least 0, below 1, of 24 bits.
  mutating func nextFloat() -> Float { Float(next() & 0xff_ffff) / 16_777_216 }

  /// At least 0, below 1, of 53 bits.
  mutating func nextDouble() -> Double {
    let high = UInt64(next())
    return Double((high << 32 | UInt64(next())) & 0x1f_ffff_ffff_ffff) / 9_007_199_254_740_992
  }
}
