import Diagnostics
import Tensors

/// Makes the source of one dataset's elements.
struct HDF5SourceMaker {
  let file: FileReader
  let path: String
  let dataset: HDF5Survey.Dataset
  let dtype: DType
  let isBigEndian: Bool
  let cache: ChunkCache

  /// A source that reads the file itself, without libhdf5.
  ///
  /// - Throws: `malformed` when what is stored does not fit the shape, `unsupported` for filters.
  func source() throws(CrosswalkError) -> any TensorSource { try source(over: storedSource()) }

  /// A source over the elements as they are stored.
  func source(over stored: any TensorSource) throws(CrosswalkError) -> any TensorSource {
    // The bytes of a complex number are swapped in each of its parts.
    let width = dtype.category == .complex ? dtype.byteCount / 2 : dtype.byteCount
    let swapped: any TensorSource =
      isBigEndian && width > 1 ? SwappingSource(source: stored, width: width) : stored
    let checked: any TensorSource = dtype == .bool ? TruthSource(source: swapped) : swapped
    return PlacedSource(source: checked, file: file.path, path: path)
  }

  /// Elements as they are stored in other files.
  ///
  /// - Throws: `malformed` or `truncated` when there are too few, or what opening meets.
  func segmented(
    _ segments: [HDF5Survey.Segment], open: (String) throws(CrosswalkError) -> FileReader
  ) throws(CrosswalkError) -> any TensorSource {
    let byteCount = try Shape.byteCount(dataset.shape, dtype)
    var (parts, end): ([SegmentedSource.Segment], Int) = ([], 0)
    for segment in segments where end < byteCount {
      let file = try open(segment.file)
      let count = min(segment.byteCount, byteCount - end)
      guard segment.offset >= 0, count >= 0, segment.offset <= file.size,
        count <= file.size - segment.offset
      else {
        throw CrosswalkError(
          .truncated, "the file '\(segment.file)' ends before this dataset's data",
          expected: "\(count) bytes from byte \(segment.offset) on", found: "\(file.size) in all")
      }
      parts.append(.init(file: file, offset: segment.offset, range: end..<end + count))
      end += count
    }
    try refuse(stored: end, unless: byteCount)
    return SegmentedSource(segments: parts, width: dtype.byteCount)
  }

  private func storedSource() throws(CrosswalkError) -> any TensorSource {
    let byteCount = try Shape.byteCount(dataset.shape, dtype)
    let fill = HDF5Fill(dataset.fill, width: dtype.byteCount)
    switch dataset.layout {
    case .unallocated: return FillSource(fill: fill)
    case .compact(let bytes):
      try refuse(stored: bytes.count, unless: byteCount)
      return MemorySource(bytes, of: dtype)
    case .contiguous(let offset, let stored):
      try refuse(stored: stored, unless: byteCount)
      return FileSource(file, at: offset, of: dtype)
    case .chunked(let chunking):
      let filters: HDF5Filters
      do { filters = try HDF5Filters(dataset.filters, width: dtype.byteCount) } catch {
        // Whoever wants no values of this tensor is not kept from the others.
        return RefusedSource(reason: error)
      }
      return try ChunkedSource(
        file: file, shape: dataset.shape, width: dtype.byteCount, chunking: chunking,
        filters: filters, fill: fill, cache: cache)
    case .external, .virtual:
      return RefusedSource(reason: CrosswalkError(.unsupported, "elsewhere"))
    case .other(let what): return RefusedSource(reason: CrosswalkError(.unsupported, what))
    }
  }

  private func refuse(stored: Int, unless byteCount: Int) throws(CrosswalkError) {
    guard stored < byteCount else { return }
    throw CrosswalkError(
      .malformed, "less is stored than the shape \(dataset.shape) needs",
      expected: "\(byteCount) bytes", found: "\(stored)")
  }
}

/// What elements that were never written read as.
struct HDF5Fill: Sendable {
  private let element: [UInt8]

  /// The bytes of one element; zeros when there are none or they are of another width.
  init(_ bytes: [UInt8], width: Int) {
    element = bytes.count == width ? bytes : []
  }

  /// Fills a buffer that begins at an element's start.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let first = element.first else {
      _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    if element.count == 1 {
      _ = buffer.initializeMemory(as: UInt8.self, repeating: first)
      return
    }
    for (position, byte) in zip(buffer.indices, repeatElement(element, count: .max).joined()) {
      buffer[position] = byte
    }
  }
}

/// A source whose refusals name the dataset.
struct PlacedSource: TensorSource {
  let source: any TensorSource
  let file: String
  let path: String

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    do {
      try source.read(range, into: buffer)
    } catch {
      throw error.inside(.object(path)).inFile(file)
    }
  }
}

/// Elements that were never written.
struct FillSource: TensorSource {
  let fill: HDF5Fill

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    fill.fill(buffer)
  }
}

/// Big-endian numbers, turned round as they are read.
struct SwappingSource: TensorSource {
  let source: any TensorSource
  /// Bytes of one number.
  let width: Int

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try source.read(range, into: buffer)
    switch width {
    case 2: swap(buffer, as: UInt16.self)
    case 4: swap(buffer, as: UInt32.self)
    case 8: swap(buffer, as: UInt64.self)
    default: break
    }
  }

  private func swap<Word: FixedWidthInteger & BitwiseCopyable>(
    _ buffer: UnsafeMutableRawBufferPointer, as type: Word.Type
  ) {
    for offset in stride(from: 0, to: buffer.count, by: width) {
      let word = buffer.loadUnaligned(fromByteOffset: offset, as: type)
      buffer.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: type)
    }
  }
}

/// Truth values; a byte that is neither 0 nor 1 is refused, as no other container holds it.
struct TruthSource: TensorSource {
  let source: any TensorSource

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try source.read(range, into: buffer)
    guard let odd = buffer.first(where: { $0 > 1 }) else { return }
    throw CrosswalkError(
      .malformed, "a truth value that is neither", expected: "0 or 1", found: "\(odd)")
  }
}
