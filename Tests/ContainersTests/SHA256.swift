/// SHA-256 (FIPS 180-4), enough to compare tensors with what their recipe recorded.
enum SHA256 {
  /// The digest in hexadecimal digits.
  static func hexadecimal(of message: [UInt8]) -> String {
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (message.count * 8) >> ($0 * 8)) }
    var state = roots(count: 8, power: 1 / 2)
    let constants = roots(count: 64, power: 1 / 3)
    for start in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[start..<start + 64], constants, &state)
    }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func compress(
    _ block: ArraySlice<UInt8>, _ constants: [UInt32], _ state: inout [UInt32]
  ) {
    func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
    var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { at in
      block[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for i in 16..<64 {
      let (x, y) = (words[i - 15], words[i - 2])
      let low = rotated(x, 7) ^ rotated(x, 18) ^ x >> 3
      let high = rotated(y, 17) ^ rotated(y, 19) ^ y >> 10
      words.append(words[i - 16] &+ low &+ words[i - 7] &+ high)
    }
    var s = state
    for i in 0..<64 {
      let mixed = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
      let chosen = s[4] & s[5] ^ ~s[4] & s[6]
      let first = s[7] &+ mixed &+ chosen &+ constants[i] &+ words[i]
      let turned = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
      let majority = s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]
      s = [first &+ turned &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
    }
    for i in 0..<8 { state[i] &+= s[i] }
  }

  /// The first 32 bits of the fractions of the roots of the first primes, by integer bisection.
  private static func roots(count: Int, power: Double) -> [UInt32] {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    let degree = power == 0.5 ? 2 : 3
    return primes.map { prime in
      var (low, high) = (UInt128(0), UInt128(1) << 37)
      while high - low > 1 {
        let middle = (low + high) / 2
        let isBelow =
          (0..<degree - 1).reduce(middle) { value, _ in value * middle } <= UInt128(prime)
          << (32 * UInt128(degree))
        if isBelow { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }
}
