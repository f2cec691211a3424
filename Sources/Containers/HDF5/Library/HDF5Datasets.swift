import CHDF5
import Diagnostics

/// What the survey asks of datasets.
extension HDF5Handle {
  /// All that is told about a dataset but its values.
  ///
  /// - Parameters:
  ///   - userBlock: how many bytes stand in the file before HDF5 begins.
  ///   - chunkLimit: how many chunks may be listed.
  func dataset(userBlock: Int, chunkLimit: Int) throws(CrosswalkError) -> HDF5Survey.Dataset {
    let creation = try HDF5Handle("tell how the dataset was made") { H5Dget_create_plist(id) }
    let foreign = try creation.foreignLayout()
    let type = try HDF5Handle("tell the dataset's datatype") { H5Dget_type(id) }
    // The library would open other files to tell the shape of parts that have no end.
    if case .other(let what) = foreign {
      return .init(element: .other(what), shape: [], layout: .unallocated)
    }
    let space = try HDF5Handle("tell the dataset's shape") { H5Dget_space(id) }
    guard let shape = try space.shape() else {
      return .init(element: .other("an empty dataspace"), shape: [], layout: .unallocated)
    }
    var dataset = HDF5Survey.Dataset(
      element: try type.element(), shape: shape, layout: .unallocated)
    dataset.filters = try creation.filters()
    if case .other = dataset.element { return dataset }
    dataset.fill = try creation.fill(of: type)
    if let foreign {
      dataset.layout = foreign
      return dataset
    }
    dataset.layout = try layout(creation, type: type, space: space, shape: shape)
    if case .chunked(var chunking) = dataset.layout {
      let table = ChunkTable(
        shape: shape, chunkShape: chunking.shape,
        base: HDF5Library.version >= Self.chunkAddressesFromFileStart ? 0 : userBlock,
        limit: chunkLimit)
      chunking.chunks = try table.chunks(of: self, space: space)
      dataset.layout = .chunked(chunking)
    }
    return dataset
  }

  /// The release since which chunk addresses count the user block (HDFGroup/hdf5#4236).
  private static let chunkAddressesFromFileStart = 1_014_004

  /// The extents of a dataspace, nil for one that holds nothing.
  func shape() throws(CrosswalkError) -> [Int]? {
    let kind = HDF5Library.exclusively { H5Sget_simple_extent_type(id) }
    guard kind != H5S_NULL else { return nil }
    let rank = try HDF5Library.call("tell the number of axes") { H5Sget_simple_extent_ndims(id) }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    _ = try HDF5Library.call("tell the shape") { H5Sget_simple_extent_dims(id, &extents, nil) }
    return try numbers(extents)
  }

  /// Where data lies that is not this dataset's own, by its creation properties; nil otherwise.
  private func foreignLayout() throws(CrosswalkError) -> HDF5Survey.Layout? {
    if HDF5Library.exclusively({ H5Pget_layout(id) }) == H5D_VIRTUAL {
      return try mappings().map { .virtual($0) }
        ?? .other("a virtual dataset whose parts have no end or follow no regular pattern")
    }
    let segments = try segments()
    return segments.isEmpty ? nil : .external(segments)
  }

  private func layout(
    _ creation: HDF5Handle, type: HDF5Handle, space: HDF5Handle, shape: [Int]
  ) throws(CrosswalkError) -> HDF5Survey.Layout {
    switch HDF5Library.exclusively({ H5Pget_layout(creation.id) }) {
    case H5D_CONTIGUOUS: return try contiguous()
    case H5D_COMPACT: return .compact(try compactBytes(type, space: space))
    case H5D_CHUNKED: return .chunked(try creation.chunking(rank: shape.count))
    default: throw CrosswalkError(.malformed, "a dataset whose layout is unknown")
    }
  }

  private func contiguous() throws(CrosswalkError) -> HDF5Survey.Layout {
    // No address is an answer here: nothing was written yet.
    let (address, byteCount) = HDF5Library.exclusively {
      (H5Dget_offset(id), H5Dget_storage_size(id))
    }
    guard address != chdf5_no_address() else { return .unallocated }
    return .contiguous(offset: try checked(address), byteCount: try checked(byteCount))
  }

  /// The bytes of a dataset that lie in its header, which has room for 64 KiB.
  private func compactBytes(_ type: HDF5Handle, space: HDF5Handle) throws(CrosswalkError) -> [UInt8]
  {
    let count = try HDF5Library.call("count elements") { H5Sget_simple_extent_npoints(space.id) }
    let size = HDF5Library.exclusively { H5Tget_size(type.id) }
    let (byteCount, overflow) = Int(count).multipliedReportingOverflow(by: size)
    guard !overflow, byteCount <= 1 << 16 else {
      throw CrosswalkError(.malformed, "a dataset too large for its place in the header")
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    _ = try HDF5Library.call("read this dataset") {
      bytes.withUnsafeMutableBytes { buffer in
        H5Dread(id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), buffer.baseAddress)
      }
    }
    return bytes
  }
}

/// What the survey asks of a dataset's creation properties.
extension HDF5Handle {
  fileprivate func filters() throws(CrosswalkError) -> [HDF5Survey.Filter] {
    let count = try HDF5Library.call("count the filters") { H5Pget_nfilters(id) }
    var filters: [HDF5Survey.Filter] = []
    for index in 0..<UInt32(clamping: count) {
      var flags: UInt32 = 0
      var valueCount = 8
      var values = [UInt32](repeating: 0, count: 8)
      var name = [CChar](repeating: 0, count: 64)
      var config: UInt32 = 0
      let filter = try HDF5Library.call("tell about a filter") {
        H5Pget_filter2(id, index, &flags, &valueCount, &values, 63, &name, &config)
      }
      let letters = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      filters.append(
        .init(
          id: Int(filter), name: String(decoding: letters, as: UTF8.self),
          values: values.prefix(max(0, valueCount)).map(Int.init)))
    }
    return filters
  }

  /// The bytes of an element that was never written; none when they are zeros.
  fileprivate func fill(of type: HDF5Handle) throws(CrosswalkError) -> [UInt8] {
    var status = H5D_FILL_VALUE_UNDEFINED
    _ = try HDF5Library.call("tell about the fill value") { H5Pfill_value_defined(id, &status) }
    let size = HDF5Library.exclusively { H5Tget_size(type.id) }
    guard status == H5D_FILL_VALUE_USER_DEFINED, size <= 64 else { return [] }
    var value = [UInt8](repeating: 0, count: size)
    _ = try HDF5Library.call("read the fill value") { H5Pget_fill_value(id, type.id, &value) }
    return value.allSatisfy { $0 == 0 } ? [] : value
  }

  fileprivate func chunking(rank: Int) throws(CrosswalkError) -> HDF5Survey.Chunking {
    var extents = [hsize_t](repeating: 0, count: 32)
    let found = try HDF5Library.call("tell the shape of chunks") {
      H5Pget_chunk(id, 32, &extents)
    }
    guard found == rank, rank > 0, extents.prefix(rank).allSatisfy({ $0 > 0 }) else {
      throw CrosswalkError(
        .malformed, "chunks that do not fit their dataset", expected: "\(rank) axes",
        found: "\(found)")
    }
    var options: UInt32 = 0
    _ = try HDF5Library.call("tell about chunks at the edge") { H5Pget_chunk_opts(id, &options) }
    return .init(
      shape: try numbers(Array(extents.prefix(rank))),
      edgesAreRaw: options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0)
  }
}

/// Lists the chunks of one dataset.
private struct ChunkTable {
  let shape: [Int]
  let chunkShape: [Int]
  let base: Int
  let limit: Int

  /// A chunk as the library names it.
  private struct Raw {
    var offset: [hsize_t]
    var mask: UInt32
    var address: haddr_t
    var byteCount: hsize_t
  }

  /// What the library's callback needs.
  private final class Visit {
    let rank: Int
    let found: Collector<Raw>
    init(rank: Int, limit: Int) {
      self.rank = rank
      found = Collector(limit: limit)
    }
  }

  func chunks(of dataset: HDF5Handle, space: HDF5Handle) throws(CrosswalkError)
    -> [HDF5Survey.Chunk]
  {
    let visit = Visit(rank: shape.count, limit: limit)
    let context = Unmanaged.passUnretained(visit).toOpaque()
    try withExtendedLifetime(visit) { () throws(CrosswalkError) in
      _ = try HDF5Library.call("list the chunks") {
        chdf5_each_chunk(
          dataset.id, space.id, Int32(shape.count),
          { offset, mask, address, size, context in
            guard let offset, let context else { return -1 }
            let visit = Unmanaged<Visit>.fromOpaque(context).takeUnretainedValue()
            let position = Array(UnsafeBufferPointer(start: offset, count: visit.rank))
            return visit.found.add(
              Raw(offset: position, mask: mask, address: address, byteCount: size)) ? 0 : 1
          }, context)
      }
    }
    guard !visit.found.isFull else { throw HDF5Limit.byteCount }
    var chunks: [HDF5Survey.Chunk] = []
    for raw in visit.found.items where raw.address != chdf5_no_address() {
      chunks.append(try chunk(raw))
    }
    return chunks.sorted { $0.index < $1.index }
  }

  private func chunk(_ raw: Raw) throws(CrosswalkError) -> HDF5Survey.Chunk {
    var index = 0
    for (axis, position) in raw.offset.enumerated() {
      let position = try checked(position)
      guard position % chunkShape[axis] == 0, position < max(1, shape[axis]) else {
        throw CrosswalkError(.malformed, "a chunk outside its dataset, at \(raw.offset)")
      }
      // Whoever claims more chunks than 64 bits count is found by the check of the grid.
      index = index &* HDF5Grid.extent(shape[axis], chunkShape[axis])
      index = index &+ position / chunkShape[axis]
    }
    let (offset, overflow) = try checked(raw.address).addingReportingOverflow(base)
    guard !overflow else { throw CrosswalkError(.malformed, "a chunk beyond any file") }
    return .init(
      index: index, offset: offset, byteCount: try checked(raw.byteCount), mask: Int(raw.mask))
  }
}

/// Numbers from the library as ours.
func numbers(_ numbers: [hsize_t]) throws(CrosswalkError) -> [Int] {
  var converted: [Int] = []
  for number in numbers { converted.append(try checked(number)) }
  return converted
}
