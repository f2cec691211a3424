import Diagnostics
import Documents
import Tensors

/// The zip archive that `torch.save` writes: a pickle, and a member for each storage.
struct TorchArchive: TorchStorages {
  let zip: ZipReader
  /// The folder within the archive under which everything stands, with its slash.
  let prefix: String
  private let isBigEndian: Bool
  private let deflated: InflatedMembers

  /// The most bytes of a pickle.
  static let maximumPickleSize = 256 << 20
  static let pickleName = "data.pkl"

  init(_ file: FileReader) throws(CrosswalkError) {
    zip = try ZipReader(file)
    deflated = InflatedMembers(zip)
    let pickles = zip.members.map(\.name).filter { TorchArchive.isPickle($0) }
    guard let pickle = pickles.first, pickles.count == 1 else {
      throw CrosswalkError(
        .malformed, "an archive of torch has one pickle", expected: "one data.pkl",
        found: "\(pickles.count)")
    }
    prefix = String(pickle.dropLast(TorchArchive.pickleName.count))
    isBigEndian = try TorchArchive.text("byteorder", prefix, zip) == "big"
    let isScript = zip.members.contains {
      $0.name == prefix + "constants.pkl" || $0.name.hasPrefix(prefix + "code/")
    }
    guard !isScript else {
      throw CrosswalkError(
        .unsupported, "a TorchScript archive, which is a program",
        remedy: "load it in torch and save its state_dict")
    }
  }

  /// Whether a member is the pickle of an archive.
  static func isPickle(_ name: String) -> Bool {
    name.hasSuffix("/" + pickleName) && !name.dropLast(pickleName.count + 1).contains("/")
  }

  /// The pickle's bytes, and where they begin in the file.
  func pickle() throws(CrosswalkError) -> [UInt8] {
    guard let member = zip[prefix + TorchArchive.pickleName] else { return [] }
    return try zip.bytes(of: member, atMost: TorchArchive.maximumPickleSize)
  }

  func storage(_ key: String, _ dtype: DType, byteCount: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    let name = prefix + "data/" + key
    guard let member = zip[name] else {
      throw CrosswalkError(.malformed, "the storage is missing", at: Place(.entry(name)))
    }
    do throws(CrosswalkError) { try zip.checkReadable(member) } catch {
      throw error.place.steps.isEmpty ? error.inside(.entry(name)) : error
    }
    guard member.size == byteCount else {
      throw CrosswalkError(
        .malformed, "the storage is not as long as the pickle says", at: Place(.entry(name)),
        expected: "\(byteCount) bytes", found: "\(member.size)")
    }
    let source: any TensorSource =
      member.isStored
      ? FileSource(zip.file, at: member.dataOffset, of: dtype) : deflated.source(of: member, dtype)
    let count = byteCount / dtype.byteCount
    return try StoredTensor(
      dtype, [count], source: isBigEndian ? SwappedSource(base: source, dtype: dtype) : source)
  }

  /// What the archive says of itself.
  func description() throws(CrosswalkError) -> JSON {
    var object = JSONObject([("prefix", .string(String(prefix.dropLast())))])
    let records = [
      ("byteorder", "byteorder"), ("version", "version"), ("format_version", ".format_version"),
      ("storage_alignment", ".storage_alignment"),
      ("serialization_id", ".data/serialization_id"),
    ]
    for (key, name) in records {
      object[key] = try TorchArchive.text(name, prefix, zip).map { .string($0) }
    }
    return .object(object)
  }

  /// A small record of text; nil when the archive has none of this name.
  private static func text(_ name: String, _ prefix: String, _ zip: ZipReader)
    throws(CrosswalkError) -> String?
  {
    guard let member = zip[prefix + name] else { return nil }
    let bytes = try zip.bytes(of: member, atMost: 4096)
    return String(decoding: bytes.filter { !" \r\n\0".utf8.contains($0) }, as: UTF8.self)
  }
}

/// A source whose numbers are stored big-endian.
struct SwappedSource: TensorSource {
  let base: any TensorSource
  let dtype: DType

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try base.read(range, into: buffer)
    // The parts of a complex number are swapped each.
    let width = dtype.category == .complex ? dtype.byteCount / 2 : dtype.byteCount
    for start in stride(from: 0, to: buffer.count, by: width) {
      buffer[start..<start + width].reverse()
    }
  }
}
