public import Diagnostics
import Documents
import Tensors

/// What `torch.save` writes: a zip archive of a pickle and storages; before PyTorch 1.6, one stream.
///
/// The pickle is read by a restricted machine that builds tensors and plain containers, keeps objects
/// of other classes as descriptions, and refuses what attacks name; nothing is ever called. NumPy's
/// arrays and numbers are read as such. Nested dictionaries and lists give dotted names
/// (`optimizer.state.0.exp_avg`); tensors that share a storage say so in ``StoredTensor/storage``.
///
/// ``Contents/metadata`` has `archive` (byteorder, version, serialization_id, format_version,
/// storage_alignment, prefix), `values`, the tree of what is no tensor (epoch, learning rate, …)
/// if there is any, `crosswalk.structure`, a text that says which dictionary, list or tuple holds
/// what, where the checkpoint is more than tensors by their names, and the members that ``write(_:to:options:observer:)`` was given.
public enum PyTorch: WritableContainer {
  /// Its name in reports.
  public static let name = "PyTorch"
  /// The endings of its files.
  public static let fileExtensions = ["pt", "pth", "bin"]

  /// As transformers names them.
  public static let usualNames = ["pytorch_model.bin", "pytorch_model.bin.index.json"]

  /// What the archive says of itself is made anew.
  public static let descriptions = ["archive"]

  /// The member that keeps metadata which is not torch's; torch passes it over.
  static let metadataName = "extra/crosswalk.json"

  /// Whether the file is an archive with a pickle, or a checkpoint from before PyTorch 1.6.
  public static func recognises(_ file: FileReader) -> Bool {
    if TorchLegacy.recognises(file) { return true }
    guard ZipReader.recognises(file) else { return false }
    if let zip = try? ZipReader(file) {
      return zip.members.contains { TorchArchive.isPickle($0.name) }
    }
    // A damaged archive still begins with its pickle.
    let head = file.head(30 + 512)
    guard head.count > 30 else { return false }
    let size = Int(head[26]) | Int(head[27]) << 8
    return TorchArchive.isPickle(String(decoding: head[30...].prefix(size), as: UTF8.self))
  }

  /// Reads the pickle; the storages are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do throws(CrosswalkError) {
      if TorchLegacy.recognises(file) { return try contents(of: try TorchLegacy(file)) }
      return try contents(of: try TorchArchive(file))
    } catch {
      throw error.inFile(file.path)
    }
  }

  private static func contents(of archive: TorchArchive) throws(CrosswalkError) -> Contents {
    var machine = PickleMachine(try archive.pickle())
    let root: PickleValue
    do throws(CrosswalkError) { root = try machine.run() } catch {
      throw error.inside(.entry(archive.prefix + TorchArchive.pickleName))
    }
    var tree = TorchTree(machine.objects, storages: archive)
    let walked = try tree.walk(root)
    var metadata = JSONObject([("archive", try archive.description())])
    PyTorch.note(walked, in: &metadata)
    for (key, value) in try kept(archive) { metadata[key] = value }
    return Contents(tensors: tree.tensors, metadata: .object(metadata))
  }

  private static func contents(of legacy: TorchLegacy) throws(CrosswalkError) -> Contents {
    var tree = TorchTree(legacy.objects, storages: legacy)
    let walked = try tree.walk(legacy.root)
    var metadata = JSONObject([("archive", ["byteorder": "little", "version": "1001"])])
    note(walked, in: &metadata)
    return Contents(tensors: tree.tensors, metadata: .object(metadata))
  }

  private static func note(_ walked: TorchTree.Walked, in metadata: inout JSONObject) {
    metadata["values"] = walked.values
    guard let member = TorchStructure(walked.structure).member else { return }
    metadata[member.key] = member.value
  }

  /// What was written beside torch's own members.
  private static func kept(_ archive: TorchArchive) throws(CrosswalkError)
    -> [(key: String, value: JSON)]
  {
    guard let member = archive.zip[archive.prefix + metadataName] else { return [] }
    let bytes = try archive.zip.bytes(of: member, atMost: Document.maximumFileSize)
    do throws(CrosswalkError) {
      return try Document(parsing: bytes).root.objectValue?.members ?? []
    } catch {
      throw error.inside(.entry(member.name))
    }
  }
}
