import Diagnostics
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Two tensors of one shape, read side by side and never whole.
struct TensorPair {
  let tensor: StoredTensor
  let reference: StoredTensor

  init(_ tensor: StoredTensor, _ reference: StoredTensor) {
    self.tensor = tensor
    self.reference = reference
  }

  /// Hands over both as binary64, piece by piece; complex numbers as their two parts in turn.
  ///
  /// - Parameter body: takes the position of the first number, and as many numbers of each.
  func forEachPiece(
    _ body: (_ start: Int, UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>) -> Void
  ) throws(CrosswalkError) {
    let wide: DType = tensor.dtype.category == .complex ? .c128 : .f64
    let expected = try reference.cast(to: wide)
    try forEachRawPiece(tensor.cast(to: wide), expected) { range, a, b in
      let lanes = wide.byteCount / 8
      body(range.lowerBound * lanes, a.bindMemory(to: Double.self), b.bindMemory(to: Double.self))
      return true
    }
  }

  /// Whether both have one dtype and the same bytes.
  func isSameBytes() throws(CrosswalkError) -> Bool {
    guard tensor.dtype == reference.dtype else { return false }
    var isSame = true
    try forEachRawPiece(tensor, reference) { _, a, b in
      if let x = a.baseAddress, let y = b.baseAddress { isSame = memcmp(x, y, a.count) == 0 }
      return isSame
    }
    return isSame
  }

  /// The most bytes of a piece: there are two, and a view that gathers holds as much again or more.
  private static let mostByteCount = 32 << 20

  /// Reads pieces of both until a closure says that it has seen enough.
  private func forEachRawPiece(
    _ a: StoredTensor, _ b: StoredTensor,
    _ body: (Range<Int>, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
  ) throws(CrosswalkError) {
    let limit = min(
      max(a.source.preferredPieceByteCount, b.source.preferredPieceByteCount), Self.mostByteCount)
    var goesOn = true
    var buffer: UnsafeMutableRawBufferPointer?  // the first piece is the largest
    defer { buffer?.deallocate() }
    try a.forEachPiece(ofAtMost: limit) { (range, bytes) throws(CrosswalkError) in
      guard goesOn else { return }
      if Task.isCancelled { throw CrosswalkError(.cancelled, "the comparison was cancelled") }
      let room = buffer ?? .allocate(byteCount: bytes.count, alignment: 16)
      buffer = room
      let other = UnsafeMutableRawBufferPointer(rebasing: room[..<bytes.count])
      try b.read(range, into: other)
      goesOn = body(range, bytes, UnsafeRawBufferPointer(other))
    }
  }
}
