/// The numbers at given ranks of a sequence that is read several times and never held.
///
/// A number becomes an integer of the same order, which is settled 16 bits a pass: count the
/// digits, see in which the rank falls, count the next digits of those numbers only. Two passes
/// settle binary32, four binary64; the result is exact.
struct RadixSelection {
  /// Whether every number is a binary32, so that 32 bits tell them apart.
  private let isSingle: Bool
  private var targets: [(rank: Int, prefix: UInt64)] = []
  /// The beginnings of keys that are still in question; all numbers at first.
  private var prefixes: [UInt64] = [0]
  private var counts = [Int](repeating: 0, count: 1 << 16)
  /// Whether a first digit begins any of the prefixes.
  private var isWanted = [Bool](repeating: false, count: 1 << 16)
  private var level = 0

  init(ofSingles isSingle: Bool) { self.isSingle = isSingle }

  /// How many passes settle the numbers.
  var passes: Int { isSingle ? 2 : 4 }

  /// Counts the digits of a block of finite numbers.
  mutating func count(_ block: UnsafeBufferPointer<Double>) {
    isSingle ? count(block, bits: 32, key: Self.singleKey) : count(block, bits: 64, key: Self.key)
  }

  @inline(__always)
  private mutating func count(
    _ block: UnsafeBufferPointer<Double>, bits: UInt64, key: (Double) -> UInt64
  ) {
    guard level > 0 else {
      counts.withUnsafeMutableBufferPointer { counts in
        for number in block { counts[Int(truncatingIfNeeded: key(number) &>> (bits - 16))] &+= 1 }
      }
      return
    }
    let settled = bits - 16 * UInt64(level)
    isWanted.withUnsafeBufferPointer { isWanted in
      counts.withUnsafeMutableBufferPointer { counts in
        for number in block {
          let key = key(number)
          guard isWanted[Int(truncatingIfNeeded: key &>> (bits - 16))] else { continue }
          guard let group = prefixes.firstIndex(of: key &>> settled) else { continue }
          counts[group << 16 | Int(truncatingIfNeeded: key &>> (settled - 16) & 0xFFFF)] &+= 1
        }
      }
    }
  }

  /// Ends the first pass: only now is it known how many numbers there are.
  mutating func select(ranks: [Int]) {
    targets = ranks.map { ($0, 0) }
    settle()
  }

  /// Ends a pass: each target learns its next digit.
  mutating func settle() {
    for (position, target) in targets.enumerated() {
      guard let group = prefixes.firstIndex(of: target.prefix) else { continue }
      var (rank, digit) = (target.rank, group << 16)
      let last = digit | 0xFFFF
      while digit < last, rank >= counts[digit] {
        rank -= counts[digit]
        digit += 1
      }
      targets[position] = (rank, target.prefix << 16 | UInt64(digit & 0xFFFF))
    }
    level += 1
    guard level < passes else { return }
    prefixes = Array(Set(targets.map(\.prefix)))
    counts = [Int](repeating: 0, count: prefixes.count << 16)
    if level == 1 { for prefix in prefixes { isWanted[Int(prefix)] = true } }
  }

  /// The numbers, in the order of their ranks.
  var numbers: [Double] {
    targets.map { isSingle ? Self.number(singleKey: $0.prefix) : Self.number(key: $0.prefix) }
  }

  // MARK: Numbers as integers of the same order

  @inline(__always)
  private static func singleKey(_ number: Double) -> UInt64 {
    let bits = Float(number).bitPattern
    return UInt64(bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 1 << 31))
  }

  private static func number(singleKey key: UInt64) -> Double {
    let key = UInt32(truncatingIfNeeded: key)
    let mask: UInt32 = key >> 31 == 1 ? 1 << 31 : .max
    return Double(Float(bitPattern: key ^ mask)) + 0  // -0 becomes 0
  }

  @inline(__always)
  private static func key(_ number: Double) -> UInt64 {
    let bits = number.bitPattern
    return bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | 1 << 63)
  }

  private static func number(key: UInt64) -> Double {
    let mask: UInt64 = key >> 63 == 1 ? 1 << 63 : .max
    return Double(bitPattern: key ^ mask) + 0
  }
}
