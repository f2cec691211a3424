import Diagnostics
import Tensors

/// A tensor's numbers as binary64, in blocks that stay in the processor's nearest cache.
///
/// Every dtype but the 64-bit integers beyond 2^53 is held exactly.
struct NumberReader {
  /// The tensor, in a dtype that is converted here.
  private let tensor: StoredTensor
  private let convert: Conversion

  /// How many numbers a block has at most.
  static let blockCount = 2048

  /// Writes some elements as binary64.
  private typealias Conversion = (UnsafeRawBufferPointer, UnsafeMutableBufferPointer<Double>) ->
    Void

  /// Reads any dtype but the complex ones.
  init(_ tensor: StoredTensor) throws(CrosswalkError) {
    switch tensor.dtype {
    case .f16, .bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0:
      self.tensor = try tensor.cast(to: .f32)
    default: self.tensor = tensor
    }
    convert =
      switch tensor.dtype {
      case .f64: { Self.fill($1, from: $0.bindMemory(to: Double.self)) { $0 } }
      case .i64: { Self.fill($1, from: $0.bindMemory(to: Int64.self)) { Double($0) } }
      case .i32: { Self.fill($1, from: $0.bindMemory(to: Int32.self)) { Double($0) } }
      case .i16: { Self.fill($1, from: $0.bindMemory(to: Int16.self)) { Double($0) } }
      case .i8: { Self.fill($1, from: $0.bindMemory(to: Int8.self)) { Double($0) } }
      case .u64: { Self.fill($1, from: $0.bindMemory(to: UInt64.self)) { Double($0) } }
      case .u32: { Self.fill($1, from: $0.bindMemory(to: UInt32.self)) { Double($0) } }
      case .u16: { Self.fill($1, from: $0.bindMemory(to: UInt16.self)) { Double($0) } }
      case .u8: { Self.fill($1, from: $0.bindMemory(to: UInt8.self)) { Double($0) } }
      case .bool: { Self.fill($1, from: $0.bindMemory(to: UInt8.self)) { $0 == 0 ? 0 : 1 } }
      default: { Self.fill($1, from: $0.bindMemory(to: Float.self)) { Double($0) } }
      }
  }

  @inline(__always)
  private static func fill<Element>(
    _ target: UnsafeMutableBufferPointer<Double>, from source: UnsafeBufferPointer<Element>,
    _ convert: (Element) -> Double
  ) {
    for index in 0..<target.count { target[index] = convert(source[index]) }
  }

  /// Hands over the numbers in order, a block at a time, in a buffer that may be overwritten.
  ///
  /// - Parameters:
  ///   - limit: how many numbers to read; nil for all.
  ///   - afterPiece: told after each piece that was read how many of the tensor's elements it had.
  /// - Throws: `cancelled`, what reading meets, or what the closure throws.
  func forEachBlock(
    upTo limit: Int? = nil, afterPiece: (Int) -> Void = { _ in },
    _ body: (UnsafeMutableBufferPointer<Double>) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    let limit = limit ?? tensor.count
    let step = max(1, tensor.source.preferredPieceByteCount / tensor.dtype.byteCount)
    let block = UnsafeMutableBufferPointer<Double>.allocate(capacity: Self.blockCount)
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(step, limit) * tensor.dtype.byteCount, alignment: 16)
    defer {
      block.deallocate()
      piece.deallocate()
    }
    for start in stride(from: 0, to: limit, by: step) {
      if Task.isCancelled { throw CrosswalkError(.cancelled, "the reading was cancelled") }
      let range = start..<min(start + step, limit)
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: piece[..<(range.count * tensor.dtype.byteCount)])
      try tensor.read(range, into: bytes)
      try forEachBlock(of: UnsafeRawBufferPointer(bytes), in: block, body)
      afterPiece(range.count)
    }
  }

  /// The first numbers, as many as there are up to a limit.
  func first(_ limit: Int) throws(CrosswalkError) -> [Double] {
    var numbers: [Double] = []
    try forEachBlock(upTo: min(limit, tensor.count)) { (block) throws(CrosswalkError) in
      numbers.append(contentsOf: block)
    }
    return numbers
  }

  private func forEachBlock(
    of bytes: UnsafeRawBufferPointer, in block: UnsafeMutableBufferPointer<Double>,
    _ body: (UnsafeMutableBufferPointer<Double>) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    let width = tensor.dtype.byteCount
    for start in stride(from: 0, to: bytes.count, by: Self.blockCount * width) {
      let part = bytes[start..<min(start + Self.blockCount * width, bytes.count)]
      let numbers = UnsafeMutableBufferPointer(rebasing: block[..<(part.count / width)])
      convert(UnsafeRawBufferPointer(rebasing: part), numbers)
      try body(numbers)
    }
  }
}
