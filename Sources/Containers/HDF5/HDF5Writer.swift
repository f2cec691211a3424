public import Diagnostics
import Documents
import Tensors

extension HDF5: WritableContainer {
  /// Datasets may be deflated.
  public static var compresses: Bool { true }

  /// Writes any contents: names with slashes become groups, tensors of one storage are linked.
  ///
  /// libhdf5 makes the file with room for every tensor; the bytes then go there one piece at a
  /// time without it. With ``WriteOptions/compression`` tensors are cut into chunks of about a
  /// mebibyte, shuffled and deflated.
  ///
  /// bf16 is a floating-point number of two bytes and f8e5m2 one of a single byte, the same that
  /// HDF5 2.0 predefines; h5py reads them as float32 and float16. The other dtypes of a byte,
  /// and what an attribute `dtype` says to be kept so, is opaque bytes named by that attribute, as Keras keeps bfloat16.
  ///
  /// Metadata without a member `attributes` becomes attributes of the root as a whole.
  ///
  /// - Throws: `unsupported` for names that HDF5 cannot hold, `cannotWrite`.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    do {
      let writer = try HDF5Writer(contents, options: options, path: file.temporaryPath)
      for placed in try writer.finish(observer) {
        try placed.tensor.forEachPiece { (range, bytes) throws(CrosswalkError) in
          let start = placed.offset + range.lowerBound * placed.tensor.dtype.byteCount
          try file.overwrite(at: start, bytes)
          observer.observe(.advanced(by: bytes.count, item: placed.name))
        }
      }
    } catch {
      throw error.kind == .cannotWrite ? error.inFile(file.destination) : error
    }
  }
}

/// Makes the file of contents.
final class HDF5Writer {
  private let contents: Contents
  private let metadata: HDF5Metadata
  private let compression: Int?
  private let file: HDF5Handle
  private var groups: Set<String> = [""]
  private var datasets: [String: HDF5Form] = [:]
  private var stored: [StoredTensor.Storage: String] = [:]
  private var placed: [Placed] = []

  /// A tensor whose place in the file is known.
  struct Placed {
    let name: String
    let tensor: StoredTensor
    let offset: Int
  }

  init(_ contents: Contents, options: WriteOptions, path: String) throws(CrosswalkError) {
    self.contents = contents
    metadata = try HDF5Metadata(contents.metadata)
    compression = options.compression
    file = try HDF5Handle.file(making: path)
  }

  /// Makes all objects, writes what is compressed, and tells where the rest goes.
  func finish(_ observer: any Observer) throws(CrosswalkError) -> [Placed] {
    for (name, tensor) in contents.tensors {
      do {
        try add(name, tensor, observer)
      } catch {
        throw error.kind == .cannotWrite ? error : error.inside(.tensor(name))
      }
    }
    try addObjects()
    try addLinks()
    try file.flush()
    return placed
  }

  private func add(_ name: String, _ tensor: StoredTensor, _ observer: any Observer)
    throws(CrosswalkError)
  {
    let path = try Self.path(of: name)
    try makeGroups(above: path)
    guard !groups.contains(path) else {
      throw CrosswalkError(
        .unsupported, "HDF5 cannot hold a tensor '\(name)' beside tensors inside '\(name)/'",
        remedy: Self.flat)
    }
    if try link(path, tensor) { return }
    var form = HDF5Form(dtype: tensor.dtype, shape: tensor.shape)
    let opaqueWord = metadata.opaqueWord(path, tensor.dtype)
    form.isOpaque = opaqueWord != nil
    if let compression, tensor.byteCount >= Self.leastCompressed {
      form.chunks = (Self.chunk(of: tensor), compression)
    }
    let dataset = try file.makeDataset(path, form)
    datasets[path] = form
    if let storage = tensor.storage { stored[storage] = path }
    for (key, value) in metadata.attributes(of: path) where opaqueWord == nil || key != "dtype" {
      try dataset.setAttribute(key, value)
    }
    if let opaqueWord { try dataset.setAttribute("dtype", .string(opaqueWord)) }
    if form.chunks != nil {
      try writeChunks(of: tensor, name, to: dataset, observer)
    } else if let offset = dataset.dataOffset() {
      placed.append(Placed(name: name, tensor: tensor, offset: offset))
    }
  }

  /// Links a tensor whose storage is in the file already.
  private func link(_ path: String, _ tensor: StoredTensor) throws(CrosswalkError) -> Bool {
    guard let storage = tensor.storage, let first = stored[storage], let form = datasets[first],
      form.dtype == tensor.dtype, form.shape == tensor.shape
    else { return false }
    if let target = metadata.softTarget(of: path), HDF5.resolved(target, from: path) == first {
      try file.makeSoftLink(path, to: target)
    } else {
      try file.makeHardLink(path, to: first)
    }
    datasets[path] = form
    return true
  }

  private func makeGroups(above path: String) throws(CrosswalkError) {
    var group = ""
    for step in HDF5.steps(of: HDF5.parent(of: path)) {
      group += "/" + step
      guard datasets[group] == nil else {
        throw CrosswalkError(
          .unsupported, "HDF5 cannot hold it inside the tensor '\(HDF5.tensorName(ofPath: group))'",
          remedy: Self.flat)
      }
      if groups.insert(group).inserted { try file.makeGroup(group) }
    }
  }

  /// Attributes of the root and of groups, and groups without tensors.
  private func addObjects() throws(CrosswalkError) {
    let root = try file.made("/")
    for (key, value) in metadata.root { try root.setAttribute(key, value) }
    for path in metadata.objects where datasets[path] == nil {
      try makeGroups(above: path + "/")
      let group = try file.made(path)
      for (key, value) in metadata.attributes(of: path) { try group.setAttribute(key, value) }
    }
  }

  /// Links that are no tensors: further names of groups.
  private func addLinks() throws(CrosswalkError) {
    for (path, link) in metadata.links where datasets[path] == nil && !groups.contains(path) {
      let target = HDF5.resolved(link.target, from: path)
      guard groups.contains(target) else { continue }
      try makeGroups(above: path)
      if link.isSoft {
        try file.makeSoftLink(path, to: link.target)
      } else {
        try file.makeHardLink(path, to: target.isEmpty ? "/" : target)
      }
    }
  }
}

extension HDF5Writer {
  /// What is smaller is not worth the index of its chunks.
  private static let leastCompressed = 4096
  private static let chunkByteCount = 1 << 20

  /// What to do about a name that groups and datasets cannot make up.
  private static let flat = "rename the tensor, or end the destination in .safetensors or .pt"

  /// The path of a tensor's dataset.
  ///
  /// - Throws: `unsupported` for a name that the library would take for another.
  private static func path(of name: String) throws(CrosswalkError) -> String {
    let steps = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isSound = steps.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) }
    guard isSound, !name.utf8.contains(0), steps.count <= HDF5Survey.Limits.depth else {
      throw CrosswalkError(
        .unsupported, "HDF5 cannot hold this name",
        expected: "parts between slashes, none of them empty or a dot", found: "'\(name)'",
        remedy: flat)
    }
    return "/" + name
  }

  /// The chunks of a tensor: whole rows of its last axes, so that each is one stretch of elements.
  private static func chunk(of tensor: StoredTensor) -> [Int] {
    var room = max(1, chunkByteCount / tensor.dtype.byteCount)
    var chunk = tensor.shape
    for axis in chunk.indices.reversed() {
      chunk[axis] = min(chunk[axis], room)
      room /= chunk[axis]
      room = chunk[axis] < tensor.shape[axis] ? 1 : max(1, room)
    }
    return chunk
  }

  /// One chunk's place in its dataset, and the elements that fill it.
  private struct Chunk {
    let origin: [Int]
    let extents: [Int]
    let range: Range<Int>
  }

  private func writeChunks(
    of tensor: StoredTensor, _ name: String, to dataset: HDF5Handle, _ observer: any Observer
  ) throws(CrosswalkError) {
    let grid = try HDF5Grid(shape: tensor.shape, chunk: Self.chunk(of: tensor))
    let strides = Shape.strides(tensor.shape)
    // A view reads many chunks at once as fast as one.
    let most = max(1, tensor.source.preferredPieceByteCount / tensor.dtype.byteCount)
    var group: [Chunk] = []
    for index in 0..<grid.count {
      let origin = grid.origin(of: index)
      let extents = origin.indices.map { min(grid.chunk[$0], tensor.shape[$0] - origin[$0]) }
      let start = zip(origin, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let chunk = Chunk(
        origin: origin, extents: extents, range: start..<(start + extents.reduce(1, *)))
      if let first = group.first, chunk.range.upperBound - first.range.lowerBound > most {
        try write(group, of: tensor, name, to: dataset, observer)
        group = []
      }
      group.append(chunk)
    }
    try write(group, of: tensor, name, to: dataset, observer)
  }

  /// Writes chunks that follow each other.
  private func write(
    _ chunks: [Chunk], of tensor: StoredTensor, _ name: String, to dataset: HDF5Handle,
    _ observer: any Observer
  ) throws(CrosswalkError) {
    guard let first = chunks.first, let last = chunks.last else { return }
    let bytes = try tensor.bytes(first.range.lowerBound..<last.range.upperBound)
    for chunk in chunks {
      let start = (chunk.range.lowerBound - first.range.lowerBound) * tensor.dtype.byteCount
      let count = chunk.range.count * tensor.dtype.byteCount
      try bytes.withRawBytes { (bytes) throws(CrosswalkError) in
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
        try dataset.write(part, at: chunk.origin, chunk.extents)
      }
      observer.observe(.advanced(by: count, item: name))
    }
  }
}
