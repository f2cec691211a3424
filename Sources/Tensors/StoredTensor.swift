public import Diagnostics

/// Where the bytes of a tensor come from when they are wanted.
///
/// Elements are delivered in row-major order, little-endian, without padding.
public protocol TensorSource: Sendable {
  /// Writes the elements of `range` into `buffer`, which has just their size in bytes.
  ///
  /// - Throws: whatever reading the file meets.
  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)

  /// The size of pieces in which the whole is read well; ``StoredTensor/pieceByteCount`` unless
  /// larger pieces spare reading the same bytes again.
  var preferredPieceByteCount: Int { get }
}

extension TensorSource {
  /// The usual piece.
  public var preferredPieceByteCount: Int { StoredTensor.pieceByteCount }
}

/// A tensor as a promise: dtype and shape now, bytes when asked.
///
/// Copying one is cheap. Containers make them, the mapper builds expressions over them, writers
/// and the engine read them.
public struct StoredTensor: Sendable {
  /// What the elements are.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: [Int]
  /// The number of elements.
  public let count: Int
  /// Where the elements come from.
  public let source: any TensorSource
  /// Whose bytes these are: equal for tensors that are one storage seen twice (tied weights).
  public var storage: Storage?

  /// The identity of stored bytes: a view into a storage of a file.
  public struct Storage: Sendable, Hashable {
    /// The storage's name, unique in its checkpoint.
    public let key: String
    /// Where the view starts and how it steps; equal views are equal tensors.
    public let view: [Int]
    /// Names a view of a storage.
    public init(key: String, view: [Int]) {
      self.key = key
      self.view = view
    }
  }

  /// Makes a promise of a tensor.
  ///
  /// - Throws: `malformed` or `tooLarge` for a shape that cannot be.
  public init(
    _ dtype: DType, _ shape: [Int], source: any TensorSource, storage: Storage? = nil
  ) throws(CrosswalkError) {
    _ = try Shape.byteCount(shape, dtype)
    self.count = try Shape.count(shape)
    self.dtype = dtype
    self.shape = shape
    self.source = source
    self.storage = storage
  }

  /// The size of all elements in bytes; cannot overflow, as the initialiser has checked.
  public var byteCount: Int { count * dtype.byteCount }

  /// The bytes of a range of elements.
  public func bytes(_ range: Range<Int>) throws(CrosswalkError) -> [UInt8] {
    try [UInt8](count: range.count * dtype.byteCount) { (buffer) throws(CrosswalkError) in
      try read(range, into: buffer)
    }
  }

  /// All bytes, row-major and little-endian.
  public func bytes() throws(CrosswalkError) -> [UInt8] { try bytes(0..<count) }

  /// Writes the elements of a range into a buffer of just their size.
  public func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    precondition(buffer.count == range.count * dtype.byteCount)
    if !range.isEmpty { try source.read(range, into: buffer) }
  }

  /// Hands over all elements in order, a bounded piece at a time, in one reused buffer.
  ///
  /// - Parameter limit: the most bytes of a piece; nil for what suits the source.
  public func forEachPiece(
    ofAtMost limit: Int? = nil,
    _ body: (_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    let most = max(1, (limit ?? source.preferredPieceByteCount) / dtype.byteCount)
    // Whole rows, where they fit: views read them best.
    var row = 1
    for extent in shape.reversed() where extent > 0 && row <= most / extent { row *= extent }
    try forEachPiece(of: 0..<count, ofAtMost: limit, inMultiplesOf: row, body)
  }

  /// Hands over a range of elements in pieces that, but for the last, are multiples of a count.
  func forEachPiece(
    of range: Range<Int>, ofAtMost limit: Int? = nil, inMultiplesOf row: Int,
    _ body: (_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    guard !range.isEmpty else { return }
    let most = (limit ?? source.preferredPieceByteCount) / dtype.byteCount
    let step = min(range.count, max(row, most - most % row))
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: step * dtype.byteCount, alignment: 16)
    defer { buffer.deallocate() }
    var start = range.lowerBound
    while start < range.upperBound {
      let piece = start..<min(start + step, range.upperBound)
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<(piece.count * dtype.byteCount)])
      try read(piece, into: bytes)
      try body(piece, UnsafeRawBufferPointer(bytes))
      start = piece.upperBound
    }
  }

  /// How many bytes ``forEachPiece(ofAtMost:_:)`` holds at a time unless told otherwise.
  public static let pieceByteCount = 8 << 20
}

/// Bytes in memory as a tensor's source.
public struct MemorySource: TensorSource {
  let bytes: [UInt8]
  let elementByteCount: Int

  /// Row-major little-endian bytes of elements of a dtype.
  public init(_ bytes: [UInt8], of dtype: DType) {
    self.bytes = bytes
    self.elementByteCount = dtype.byteCount
  }

  /// Copies the range out of memory.
  public func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    guard range.upperBound * elementByteCount <= bytes.count else {
      throw CrosswalkError(.truncated, "a tensor in memory is shorter than its shape")
    }
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: all[
            (range.lowerBound * elementByteCount)..<(range.upperBound * elementByteCount)]))
    }
  }
}

extension StoredTensor {
  /// A tensor of numbers in memory, in their own dtype.
  public init<Element: DTypeElement>(_ values: [Element], shape: [Int]) throws(CrosswalkError) {
    let count = try Shape.count(shape)
    guard count == values.count else {
      throw CrosswalkError(
        .wrongShape, "numbers that do not fill their shape", expected: "\(count) for \(shape)",
        found: "\(values.count)")
    }
    let bytes = values.withUnsafeBytes { [UInt8]($0) }
    try self.init(Element.dtype, shape, source: MemorySource(bytes, of: Element.dtype))
  }
}

/// A Swift number type that is the element of a dtype.
public protocol DTypeElement {
  /// The dtype whose element this is.
  static var dtype: DType { get }
}

extension Double: DTypeElement {
  /// binary64.
  public static var dtype: DType { .f64 }
}
extension Float: DTypeElement {
  /// binary32.
  public static var dtype: DType { .f32 }
}
extension Int64: DTypeElement {
  /// A signed 64-bit integer.
  public static var dtype: DType { .i64 }
}
extension Int32: DTypeElement {
  /// A signed 32-bit integer.
  public static var dtype: DType { .i32 }
}
extension UInt8: DTypeElement {
  /// An unsigned byte.
  public static var dtype: DType { .u8 }
}

extension StoredTensor {
  /// Whether two tensors have the same dtype, shape and bytes; read in pieces.
  public func hasSameElements(as other: StoredTensor) throws(CrosswalkError) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    var isSame = true
    try forEachPiece { (range, bytes) throws(CrosswalkError) in
      if isSame { isSame = try other.bytes(range).elementsEqual(bytes) }
    }
    return isSame
  }
}
