public import Diagnostics

extension StoredTensor {
  /// The tensor with its numbers in another dtype, each rounded once, to nearest, ties to even.
  ///
  /// NaN and infinities stay what they are; what is too large becomes infinite, or NaN in `f8e4m3`
  /// and the like, which have no infinities. Integers become other integers only where they fit: a number
  /// that does not is an error when it is read.
  ///
  /// - Throws: `wrongDType` for a cast that would lose what a number means: floating point to
  ///   integers, complex numbers to real ones, anything to the scales of `f8e8m0`.
  public func cast(to dtype: DType) throws(CrosswalkError) -> StoredTensor {
    guard dtype != self.dtype else { return self }
    let isAllowed =
      switch (self.dtype.category, dtype.category) {
      case _ where dtype == .f8e8m0: false
      case (.complex, .complex), (.floating, .floating): true
      case (.complex, _), (_, .complex), (.floating, _): false
      default: true
      }
    guard isAllowed else {
      throw CrosswalkError(
        .wrongDType, "\(self.dtype.rawValue) is not cast to \(dtype.rawValue)",
        remedy: "floating point stays floating point, and complex numbers stay complex")
    }
    return try StoredTensor(dtype, shape, source: CastSource(base: self, dtype: dtype))
  }

  /// The tensor with a constant added to each number, in the tensor's own dtype.
  ///
  /// - Throws: `wrongDType` for a dtype that is not floating point.
  public func adding(_ constant: Double) throws(CrosswalkError) -> StoredTensor {
    guard dtype.isFloating else {
      throw CrosswalkError(
        .wrongDType, "a constant is added to floating-point numbers only", expected: "f64 … f8",
        found: dtype.rawValue)
    }
    guard constant != 0 else { return self }
    guard dtype != .f8e8m0 else {
      throw CrosswalkError(.wrongDType, "f8e8m0 has no sums, only powers of two")
    }
    return try StoredTensor(dtype, shape, source: AddingSource(base: self, constant: constant))
  }
}

/// A source that casts what another tensor holds.
struct CastSource: TensorSource {
  let base: StoredTensor
  let dtype: DType

  /// What comes of one piece of the base, so that both fit where one would.
  var preferredPieceByteCount: Int {
    let most = base.source.preferredPieceByteCount
    return max(1, min(most, most / base.dtype.byteCount * dtype.byteCount))
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try base.forEachPiece(of: range, inMultiplesOf: 1) { (piece, bytes) throws(CrosswalkError) in
      let start = (piece.lowerBound - range.lowerBound) * dtype.byteCount
      let target = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start..<start + piece.count * dtype.byteCount])
      if base.dtype.isIntegral {
        try castIntegers(bytes, into: target, from: piece.lowerBound)
      } else {
        Numbers.cast(bytes, base.dtype, into: target, dtype)
      }
    }
  }

  private func castIntegers(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, from start: Int
  ) throws(CrosswalkError) {
    for index in 0..<target.count / dtype.byteCount {
      let value = Numbers.integer(at: index, of: bytes, base.dtype)
      guard Numbers.store(value, at: index, of: target, dtype) else {
        let position = Shape.index(of: start + index, in: base.shape)
        throw CrosswalkError(
          .wrongDType, "the number at \(position) does not fit \(dtype.rawValue)",
          expected: "a number that \(dtype.rawValue) holds",
          found: "\(value.isNegative ? "-" : "")\(value.magnitude)")
      }
    }
  }
}

/// A source that adds a constant to what another tensor holds.
struct AddingSource: TensorSource {
  let base: StoredTensor
  let constant: Double

  var preferredPieceByteCount: Int { base.source.preferredPieceByteCount }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try base.read(range, into: buffer)
    // binary64 has more than twice the digits of the other dtypes, so the second rounding of a sum
    // never differs from rounding once; the constant too is a number of the tensor's dtype.
    let constant = Numbers.rounded(constant, to: base.dtype)
    var values = [Double](repeating: 0, count: min(range.count, Numbers.chunk))
    let width = base.dtype.byteCount
    for start in stride(from: 0, to: range.count, by: Numbers.chunk) {
      let count = min(Numbers.chunk, range.count - start)
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[start * width..<(start + count) * width])
      values.withUnsafeMutableBufferPointer { values in
        let part = UnsafeMutableBufferPointer(rebasing: values[..<count])
        Numbers.load(UnsafeRawBufferPointer(piece), base.dtype, into: part)
        for index in part.indices { part[index] += constant }
        Numbers.store(part, into: piece, base.dtype)
      }
    }
  }
}
