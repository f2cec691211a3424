public import Diagnostics
import Documents
import Tensors

/// The container of llama.cpp and its kin: typed metadata, then aligned tensors, often quantised.
///
/// Versions 2 and 3, of either order of bytes. Quantised tensors appear as binary32, decoded as they are read.
/// ``Contents/metadata`` is the file's own, key by key, and beside it under `gguf.types` the types
/// of values that their JSON does not tell (`"u64"`, `"[i32]"`), and under `gguf.tensor_types` how
/// quantised tensors were stored. What is written heeds both, so that nothing else changes; of the
/// quantised types only Q8_0 is written. A checkpoint in several files is read as one (``GGUFSplit``).
///
/// Source: github.com/ggml-org/ggml/blob/master/docs/gguf.md.
public enum GGUF: WritableContainer {
  /// Its name in reports.
  public static let name = "GGUF"
  /// The ending of its files.
  public static let fileExtensions = ["gguf"]

  /// How its values and tensors were stored.
  public static let descriptions = [typesKey, tensorTypesKey]

  static let mark = Array("GGUF".utf8)
  static let defaultAlignment = 32
  static let typesKey = "gguf.types"
  static let tensorTypesKey = "gguf.tensor_types"

  /// Whether the file begins with the format's name.
  public static func recognises(_ file: FileReader) -> Bool { file.head(mark.count) == mark }

  /// Reads metadata and places; the tensors are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do throws(CrosswalkError) {
      let header = try GGUFHeader(of: file)
      var contents = Contents(tensors: TensorTable())
      var stored = JSONObject()
      for entry in header.entries {
        let offset = header.start + entry.offset
        if entry.type.decode != nil { stored[entry.name] = .string(entry.type.name) }
        let source = source(of: entry.type, file, at: offset, isBigEndian: header.isBigEndian)
        try contents.tensors.append(
          entry.name, StoredTensor(entry.type.dtype, entry.shape, source: source))
      }
      var metadata = header.metadata
      if !header.types.isEmpty { metadata[typesKey] = .object(header.types) }
      if !stored.isEmpty { metadata[tensorTypesKey] = .object(stored) }
      contents.metadata = .object(metadata)
      return contents
    } catch { throw error.inFile(file.path) }
  }

  private static func source(
    of type: GGUFType, _ file: FileReader, at offset: Int, isBigEndian: Bool
  ) -> any TensorSource {
    guard type.decode == nil else {
      return QuantisedSource(file: file, offset: offset, type: type, isBigEndian: isBigEndian)
    }
    let plain = FileSource(file, at: offset, of: type.dtype)
    guard isBigEndian, type.dtype.byteCount > 1 else { return plain }
    return SwappingSource(source: plain, width: type.dtype.byteCount)
  }

  /// Writes version 3, little-endian.
  ///
  /// - Throws: `unsupported` for a dtype, a rank, a name or a value that GGUF cannot hold.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    try GGUFWriter(contents).write(to: file, observer: observer)
  }
}
