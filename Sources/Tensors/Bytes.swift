public import Diagnostics

extension [UInt8] {
  /// Bytes that a closure fills in place.
  ///
  /// - Throws: what the closure throws.
  public init(
    count: Int,
    filledBy fill: (UnsafeMutableRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    self.init(repeating: 0, count: count)
    try withUnsafeMutableBufferPointer { (buffer) throws(CrosswalkError) in
      try fill(UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Lends the bytes to a closure with typed errors.
  public func withRawBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(CrosswalkError) -> Result
  ) throws(CrosswalkError) -> Result {
    try withUnsafeBufferPointer { (buffer) throws(CrosswalkError) in
      try body(UnsafeRawBufferPointer(buffer))
    }
  }
}
