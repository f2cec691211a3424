/// Sorting out what is no number.
enum Finite {
  /// Moves the finite numbers of a block to its front, and counts the others.
  static func compact(_ block: UnsafeMutableBufferPointer<Double>) -> (
    finite: UnsafeBufferPointer<Double>, nans: Int, infinities: Int
  ) {
    guard containsOthers(block) else { return (UnsafeBufferPointer(block), 0, 0) }
    var (count, nans) = (0, 0)
    for number in block {
      if number.isFinite {
        block[count] = number
        count += 1
      } else if number.isNaN {
        nans += 1
      }
    }
    let finite = UnsafeBufferPointer(rebasing: block[..<count])
    return (finite, nans, block.count - count - nans)
  }

  /// Whether any number is NaN or infinite; without a branch, so that it is vectorised.
  private static func containsOthers(_ block: UnsafeMutableBufferPointer<Double>) -> Bool {
    // An exponent of all ones carries into the sign.
    var carried: UInt64 = 0
    for number in block {
      carried |= (number.bitPattern & 0x7FF0_0000_0000_0000) &+ 0x0010_0000_0000_0000
    }
    return carried >> 63 == 1
  }
}
