public import Diagnostics
import Documents
import Tensors

/// NumPy's arrays: one in an `.npy` file, several by name in an `.npz` archive.
///
/// The header is read by a parser of just that one form. A lone array has the name `array`; of an
/// archive, arrays of texts, records or Python objects are named in ``Contents/metadata`` under
/// `skipped`, with what they hold. Members that `savez_compressed` deflated
/// are inflated when the file is opened.
///
/// Source: NEP 1 and the documentation of `numpy.lib.format`, versions 1 to 3.
public enum NumPy: Container {
  /// Its name in reports.
  public static let name = "NumPy"
  /// The endings of its files.
  public static let fileExtensions = ["npz", "npy"]

  /// The name of the array in a file of just one.
  static let loneName = "array"
  static let ending = ".npy"
  /// The most bytes of a deflated member that are held in memory.
  static let maximumInflatedSize = 1 << 30

  /// Whether the file begins as an array does, or is an archive of nothing but arrays.
  public static func recognises(_ file: FileReader) -> Bool {
    if file.head(NumPyHeader.mark.count) == NumPyHeader.mark { return true }
    guard ZipReader.recognises(file), let zip = try? ZipReader(file), !zip.members.isEmpty else {
      return false
    }
    return zip.members.allSatisfy { $0.name.hasSuffix(ending) }
  }

  /// Reads the headers; what is stored plainly is read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do throws(CrosswalkError) {
      var contents = Contents(tensors: TensorTable())
      guard ZipReader.recognises(file) else {
        try contents.tensors.append(loneName, FileSpan(file, 0..<file.size).array())
        return contents
      }
      let skipped = try append(ZipReader(file), to: &contents.tensors)
      if !skipped.isEmpty { contents.metadata = ["skipped": .object(skipped)] }
      return contents
    } catch { throw error.inFile(file.path) }
  }

  /// Appends the arrays of an archive, each by its member's name.
  ///
  /// - Returns: what the others hold, by their names.
  private static func append(_ zip: ZipReader, to tensors: inout TensorTable)
    throws(CrosswalkError) -> JSONObject
  {
    var skipped = JSONObject()
    for member in zip.members {
      do throws(CrosswalkError) {
        let name = String(member.name.dropLast(ending.count))
        let head = try head(of: member, in: zip)
        if let bytes = try pickled(member, head, in: zip) {
          for (name, tensor) in try PickledArrays(bytes).tensors(in: name) {
            try tensors.append(name, tensor)
          }
        } else if let what = try NumPyHeader.otherThanNumbers(head) {
          skipped[name] = .string(what)
        } else {
          try tensors.append(name, array(of: member, in: zip))
        }
      } catch { throw error.inside(.entry(member.name)) }
    }
    return skipped
  }

  /// The first bytes of a member, its header among them.
  private static func head(of member: ZipReader.Member, in zip: ZipReader) throws(CrosswalkError)
    -> [UInt8]
  {
    guard member.isStored else {
      return Array(
        try zip.inflated(member, atMost: maximumInflatedSize).prefix(NumPyHeader.maximumSize))
    }
    return try zip.file.bytes(
      at: member.dataOffset, count: min(member.size, NumPyHeader.maximumSize))
  }

  /// The bytes of a member that is one object of Python; nil for arrays of numbers.
  private static func pickled(_ member: ZipReader.Member, _ head: [UInt8], in zip: ZipReader)
    throws(CrosswalkError) -> [UInt8]?
  {
    guard try NumPyHeader.startOfPickle(head) != nil else { return nil }
    return try zip.bytes(of: member, atMost: maximumInflatedSize)
  }

  private static func array(of member: ZipReader.Member, in zip: ZipReader) throws(CrosswalkError)
    -> StoredTensor
  {
    guard member.isStored else {
      return try MemorySpan(zip.inflated(member, atMost: maximumInflatedSize)).array()
    }
    try zip.checkStored(member)
    let start = member.dataOffset
    return try FileSpan(zip.file, start..<start + member.size).array()
  }
}

/// The bytes of one array with its header.
private protocol NumPySpan {
  /// The number of bytes.
  var count: Int { get }
  /// The first bytes, fewer when there are fewer.
  func head(_ count: Int) throws(CrosswalkError) -> [UInt8]
  /// The elements of a dtype from an offset on.
  func source(from offset: Int, of dtype: DType) -> any TensorSource
}

extension NumPySpan {
  func array() throws(CrosswalkError) -> StoredTensor {
    let header = try NumPyHeader(try head(NumPyHeader.maximumSize))
    let needed = try Shape.byteCount(header.shape, header.dtype)
    guard count - header.size == needed else {
      let isShort = count - header.size < needed
      throw CrosswalkError(
        isShort ? .truncated : .malformed,
        isShort ? "the array ends too early" : "bytes after the array",
        expected: "\(needed) bytes for \(header.shape) of \(header.dtype.rawValue)",
        found: "\(count - header.size)",
        remedy: isShort ? "it may be a download or copy that was cut: fetch it again" : nil)
    }
    return try NumPy.tensor(
      header.dtype, header.shape, isBigEndian: header.isBigEndian, isFortran: header.isFortran,
      source: source(from: header.size, of: header.dtype))
  }
}

extension NumPy {
  /// A tensor over elements as NumPy keeps them.
  static func tensor(
    _ dtype: DType, _ shape: [Int], isBigEndian: Bool, isFortran: Bool, source: any TensorSource
  ) throws(CrosswalkError) -> StoredTensor {
    var source = source
    let parts = dtype.category == .complex ? 2 : 1
    if isBigEndian, dtype.byteCount > 1 {
      source = SwappingSource(source: source, width: dtype.byteCount / parts)
    }
    if dtype == .bool { source = TruthSource(source: source) }
    guard isFortran, shape.count > 1 else {
      return try StoredTensor(dtype, shape, source: source)
    }
    // Columns first is rows first with the axes in reverse.
    let reversed = try StoredTensor(dtype, shape.reversed(), source: source)
    return try reversed.permuted(shape.indices.reversed())
  }
}

private struct FileSpan: NumPySpan {
  let file: FileReader
  let range: Range<Int>

  init(_ file: FileReader, _ range: Range<Int>) {
    self.file = file
    self.range = range
  }

  var count: Int { range.count }

  func head(_ count: Int) throws(CrosswalkError) -> [UInt8] {
    try file.bytes(at: range.lowerBound, count: min(count, range.count))
  }

  func source(from offset: Int, of dtype: DType) -> any TensorSource {
    FileSource(file, at: range.lowerBound + offset, of: dtype)
  }
}

private struct MemorySpan: NumPySpan {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  func head(_ count: Int) -> [UInt8] { Array(bytes.prefix(count)) }

  func source(from offset: Int, of dtype: DType) -> any TensorSource {
    MemorySource(Array(bytes[offset...]), of: dtype)
  }
}
