public import Diagnostics
public import Tensors

/// A contiguous, row-major, little-endian tensor inside a file.
public struct FileSource: TensorSource {
  private let file: FileReader
  private let offset: Int
  private let elementByteCount: Int

  /// The bytes from an offset on; reading checks them against the file's size.
  public init(_ file: FileReader, at offset: Int, of dtype: DType) {
    self.file = file
    self.offset = offset
    self.elementByteCount = dtype.byteCount
  }

  /// Reads the range where it lies.
  public func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    try file.read(at: offset + range.lowerBound * elementByteCount, into: buffer)
  }
}

extension StoredTensor {
  /// Hands all bytes of a tensor over, piece by piece, and tells of progress.
  func forEachPiece(
    named name: String, observer: any Observer,
    _ append: (UnsafeRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    do throws(CrosswalkError) {
      try forEachPiece { (_, bytes) throws(CrosswalkError) in
        try append(bytes)
        observer.observe(.advanced(by: bytes.count, item: name))
      }
    } catch {
      // What fails while writing is the destination's; what fails while reading is the tensor's.
      throw error.kind == .cannotWrite ? error : error.inside(.tensor(name))
    }
  }
}

extension FileWriter {
  /// Appends all bytes of a tensor.
  func append(_ tensor: StoredTensor, named name: String, observer: any Observer)
    throws(CrosswalkError)
  {
    try tensor.forEachPiece(named: name, observer: observer) { (bytes) throws(CrosswalkError) in
      try append(bytes)
    }
  }
}
