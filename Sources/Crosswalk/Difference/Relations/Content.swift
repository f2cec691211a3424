import Diagnostics
import Tensors

/// What a tensor holds, whatever the order: equal for two that have the same values.
///
/// A sum over all values of a hash of each. Sums of parts add up to that of the whole, so that a
/// fused tensor is known by its parts. Values are hashed as binary64, so that a widened tensor has the
/// sums of the narrow one.
struct ContentSum: Hashable {
  private(set) var count = 0
  private var first: UInt64 = 0
  private var second: UInt64 = 0

  @inline(__always)
  mutating func add(_ hash: UInt64) {
    first &+= hash
    second &+= hash &* hash
  }

  fileprivate mutating func counted(_ count: Int) { self.count = count }

  static func + (a: ContentSum, b: ContentSum) -> ContentSum {
    var sum = a
    sum.count += b.count
    sum.first &+= b.first
    sum.second &+= b.second
    return sum
  }

  static func - (a: ContentSum, b: ContentSum) -> ContentSum {
    var sum = a
    sum.count -= b.count
    sum.first &-= b.first
    sum.second &-= b.second
    return sum
  }
}

/// The sums of one tensor, and what else one pass tells of it.
struct Content {
  let sum: ContentSum
  /// Whether all values are one, so that any other such tensor fits as well.
  let isConstant: Bool
  /// All bits that any value has, as binary64.
  let bits: UInt64

  /// Reads a tensor once; nil for complex numbers, and for what has no elements.
  ///
  /// - Throws: whatever reading meets.
  init?(of tensor: StoredTensor) throws(CrosswalkError) {
    guard tensor.dtype.category != .complex, tensor.count > 0 else { return nil }
    var sum = ContentSum()
    var first: UInt64?
    var (isConstant, bits): (Bool, UInt64) = (true, 0)
    try NumberReader(tensor).forEachBlock { (block) throws(CrosswalkError) in
      let start = first ?? block[0].bitPattern
      first = start
      var (part, differing, all): (ContentSum, UInt64, UInt64) = (sum, 0, bits)
      for number in block {
        part.add(Hash.of(number))
        differing |= number.bitPattern ^ start
        all |= number.bitPattern
      }
      (sum, bits) = (part, all)
      if differing != 0 { isConstant = false }
    }
    sum.counted(tensor.count)
    self.sum = sum
    self.isConstant = isConstant
    self.bits = bits
  }
}

/// A hash that spreads all bits of a number (the end of SplitMix64).
enum Hash {
  @inline(__always)
  static func of(_ number: Double) -> UInt64 { of(number.bitPattern) }

  @inline(__always)
  static func of(_ bits: UInt64) -> UInt64 {
    var word = bits &+ 0x9E37_79B9_7F4A_7C15
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// The weight of a place among others, odd so that no value loses by it.
  @inline(__always)
  static func weight(_ place: Int) -> UInt64 { of(UInt64(truncatingIfNeeded: place)) | 1 }
}
