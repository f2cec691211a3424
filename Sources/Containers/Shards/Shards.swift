import Diagnostics
import Documents
import Tensors

/// Checkpoints in several files with an index, as transformers writes them.
public enum Shards {
  /// What opening weights gives: of one file, or of all shards.
  struct Opened {
    let container: String
    let contents: Contents
    let files: [String]
    let index: Document?
  }

  /// Opens all shards of an index, and sees that index and shards tell the same.
  static func open(_ index: ShardIndex, in folder: String) throws(CrosswalkError) -> Opened {
    do {
      var gathering = Gathering(index: index)
      for file in index.files { try gathering.add(file, in: folder) }
      return try gathering.opened()
    } catch {
      throw index.document.file.map(error.inFile) ?? error
    }
  }

  private struct Gathering {
    let index: ShardIndex
    var contents = Contents(tensors: TensorTable())
    var container: String?
    var files: [String] = []

    mutating func add(_ shard: String, in folder: String) throws(CrosswalkError) {
      let path = Folder.path(folder, shard)
      guard FileKind.of(path) == .file else {
        throw CrosswalkError(
          .cannotOpen, "the shard '\(shard)' is missing",
          remedy: "fetch all files that the index names")
      }
      let (name, part) = try ContainerRegistry.open(try FileReader(path))
      guard container ?? name == name else {
        throw CrosswalkError(
          .malformed, "the shards are of different containers", at: Place(file: path),
          expected: container ?? name, found: name)
      }
      container = name
      files.append(path)
      for (name, tensor) in part.tensors { try add(name, tensor, of: shard, path) }
      keep(part.metadata)
    }

    private mutating func add(
      _ name: String, _ tensor: StoredTensor, of shard: String, _ path: String
    ) throws(CrosswalkError) {
      guard index.shards[name] == shard else {
        throw CrosswalkError(
          .malformed, "a tensor that the index does not place here",
          at: Place(file: path, .tensor(name)), expected: "an entry for '\(shard)'",
          found: index.shards[name].map { "'\($0)'" } ?? "none",
          remedy: "the index and the shards are of different checkpoints")
      }
      var tensor = tensor
      tensor.storage = tensor.storage.map {
        StoredTensor.Storage(key: shard + ":" + $0.key, view: $0.view)
      }
      try contents.tensors.append(name, tensor)
    }

    /// Keeps what shards say beside their tensors; the first to name a key is believed.
    private mutating func keep(_ metadata: JSON) {
      var kept = contents.metadata.objectValue ?? JSONObject()
      for (key, value) in metadata.objectValue?.members ?? [] where kept[key] == nil {
        kept[key] = value
      }
      contents.metadata = .object(kept)
    }

    func opened() throws(CrosswalkError) -> Opened {
      let missing = index.shards.filter { contents.tensors[$0.key] == nil }.sorted { $0 < $1 }
      guard missing.isEmpty, let container else {
        let names = missing.prefix(3).map { "'\($0.key)' in '\($0.value)'" }
        throw CrosswalkError(
          .missingTensor, "shards lack tensors that the index places there",
          expected: missing.isEmpty ? "tensors" : names.joined(separator: ", "),
          found: missing.isEmpty ? "an empty weight_map" : "\(missing.count) missing")
      }
      return Opened(
        container: container, contents: contents, files: files, index: index.document)
    }
  }
}
