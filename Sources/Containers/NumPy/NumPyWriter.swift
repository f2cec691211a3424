public import Diagnostics
import Tensors

extension NumPy: WritableContainer {
  /// Members of archives are deflated where that is asked for, as `numpy.savez_compressed` does.
  public static let compresses = true

  /// Writes an archive that `numpy.load` opens; to a name that ends in `.npy`, the one tensor.
  ///
  /// Members are stored, so that they can be read in place, unless a compression is asked for; an
  /// array's bytes begin at a multiple of 64. Metadata has no place in either form and is not written.
  ///
  /// - Throws: `unsupported`, naming the tensor, for bf16 and the 8-bit floating-point numbers, and
  ///   for names that could be taken for paths out of a folder.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    guard file.destination.lowercased().hasSuffix(ending) else {
      return try writeArchive(contents.tensors, to: file, options, observer)
    }
    guard options.compression == nil else {
      throw CrosswalkError(
        .unsupported, "an .npy file does not compress",
        remedy: "leave out --compress, or end the destination in .npz")
    }
    guard contents.tensors.count == 1, let name = contents.tensors.names.first,
      let tensor = contents.tensors[name]
    else {
      throw CrosswalkError(
        .unsupported, "an .npy file holds just one tensor", expected: "1",
        found: "\(contents.tensors.count)", remedy: "end the destination in .npz")
    }
    try file.append(header(of: tensor, named: name))
    try file.append(tensor, named: name, observer: observer)
  }

  private static func writeArchive(
    _ tensors: TensorTable, to file: FileWriter, _ options: WriteOptions, _ observer: any Observer
  ) throws(CrosswalkError) {
    guard !tensors.isEmpty else {
      throw CrosswalkError(.unsupported, "an archive of no arrays would be none of NumPy's")
    }
    var zip = ZipWriter(file, alignment: 64)
    for (name, tensor) in tensors {
      try check(name, among: tensors)
      let header = try header(of: tensor, named: name)
      let (size, overflow) = tensor.byteCount.addingReportingOverflow(header.count)
      guard !overflow else { throw CrosswalkError(.tooLarge, "more bytes than 64 bits count") }
      try zip.add(name + ending, size: size, level: options.compression) {
        (append) throws(CrosswalkError) in
        try header.withRawBytes { (bytes) throws(CrosswalkError) in try append(bytes) }
        try tensor.forEachPiece(named: name, observer: observer, append)
      }
    }
    try zip.finish()
  }

  /// Refuses names that an archiver could follow out of its folder, or that NumPy confuses.
  private static func check(_ name: String, among tensors: TensorTable) throws(CrosswalkError) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain =
      !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
      && !name.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }
    guard isPlain, name.utf8.count <= maximumNameSize else {
      throw CrosswalkError(
        .unsupported, "a name that an archive should not hold", at: Place(.tensor(name)),
        expected: "parts between single slashes, none of them '.' or '..', no backslashes",
        found: "'\(name)'", remedy: "write safetensors or a PyTorch file instead")
    }
    // NumPy looks for the name itself before it adds the ending.
    guard !name.hasSuffix(ending) || tensors[String(name.dropLast(ending.count))] == nil else {
      throw CrosswalkError(
        .unsupported, "NumPy cannot tell this name from the one without '\(ending)'",
        at: Place(.tensor(name)), remedy: "write safetensors or a PyTorch file instead")
    }
  }

  /// The longest name: a member's takes 16 bits, its ending included.
  private static let maximumNameSize = Int(UInt16.max) - ending.utf8.count

  private static func header(of tensor: StoredTensor, named name: String) throws(CrosswalkError)
    -> [UInt8]
  {
    guard let header = NumPyHeader.bytes(tensor.dtype, tensor.shape) else {
      throw CrosswalkError(
        .unsupported, "NumPy has no dtype \(tensor.dtype.rawValue)", at: Place(.tensor(name)),
        remedy: "give --dtype f32, or write safetensors, HDF5 or a PyTorch file instead")
    }
    return header
  }
}

extension NumPyHeader {
  /// What stands before the elements of a row-major, little-endian array; nil for dtypes that NumPy
  /// lacks.
  static func bytes(_ dtype: DType, _ shape: [Int]) -> [UInt8]? {
    guard let word = words.first(where: { $0.value == dtype })?.key else { return nil }
    let order = dtype.byteCount == 1 ? "|" : "<"
    let extents = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(order)\(word)', 'fortran_order': False, 'shape': (\(extents)), }"
    // Spaces and a line's end fill it up to where the elements begin aligned.
    let size = (mark.count + 4 + text.utf8.count + 1 + 63) / 64 * 64
    var bytes = mark + [1, 0]
    bytes.append(littleEndian: UInt16(clamping: size - mark.count - 4))
    bytes += Array(text.utf8)
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: size - bytes.count - 1)
    return bytes + [UInt8(ascii: "\n")]
  }
}
