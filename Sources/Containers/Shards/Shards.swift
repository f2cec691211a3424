import Diagnostics
import Documents
import Tensors

/// Checkpoints in several files with an index, as transformers writes them.
public enum Shards {
  /// What opening weights gives: of one file, or of all shards.
  struct Opened {
    let container: any Container.Type
    let contents: Contents
    let files: [String]
    let index: Document?
  }

  /// Opens all shards of an index, and sees that index and shards tell the same.
  static func open(_ index: ShardIndex, in folder: String, options: ReadOptions)
    throws(CrosswalkError) -> Opened
  {
    do {
      var gathering = Gathering(index: index, options: options)
      for file in index.files { try gathering.add(file, in: folder) }
      return try gathering.opened()
    } catch {
      throw index.document.file.map(error.inFile) ?? error
    }
  }

  private struct Gathering {
    let index: ShardIndex
    let options: ReadOptions
    var contents = Contents(tensors: TensorTable())
    var container: (any Container.Type)?
    var files: [String] = []
    /// The tensors found for each key and shard of the index.
    var found: [Home: [String]] = [:]

    struct Home: Hashable {
      let key: String
      let shard: String
    }

    mutating func add(_ shard: String, in folder: String) throws(CrosswalkError) {
      let path = Folder.path(folder, shard)
      guard FileKind.of(path) == .file else {
        throw CrosswalkError(
          .cannotOpen, "the shard '\(shard)' is missing",
          remedy: "fetch all files that the index names")
      }
      let (found, part) = try ContainerRegistry.open(try FileReader(path), options: options)
      if let container, container != found {
        throw CrosswalkError(
          .malformed, "the shards are of different containers", at: Place(file: path),
          expected: container.name, found: found.name)
      }
      container = found
      files.append(path)
      for (name, tensor) in part.tensors { try add(name, tensor, of: shard, path) }
      keep(part.metadata)
    }

    private mutating func add(
      _ name: String, _ tensor: StoredTensor, of shard: String, _ path: String
    ) throws(CrosswalkError) {
      guard let key = index.key(of: name, in: shard) else {
        throw CrosswalkError(
          .malformed, "a tensor that the index does not place here",
          at: Place(file: path, .tensor(name)), expected: "an entry for '\(shard)'",
          found: index.shards(of: name).first.map { "'\($0)'" } ?? "none",
          remedy: "the index and the shards are of different checkpoints")
      }
      found[Home(key: key, shard: shard), default: []].append(name)
      var tensor = tensor
      tensor.storage = tensor.storage.map {
        StoredTensor.Storage(key: shard + ":" + $0.key, view: $0.view)
      }
      try contents.tensors.append(name, tensor)
    }

    /// Keeps what shards say beside their tensors; the first to name a key is believed.
    private mutating func keep(_ metadata: JSON) {
      contents.metadata = merged(contents.metadata, metadata, depth: 1)
    }

    /// Two objects as one; those below as many levels likewise.
    private func merged(_ first: JSON, _ second: JSON, depth: Int) -> JSON {
      guard var result = first.objectValue, let more = second.objectValue else { return first }
      for (key, value) in more.members {
        result[key] =
          result[key].map { depth > 0 ? merged($0, value, depth: depth - 1) : $0 } ?? value
      }
      return .object(result)
    }

    func opened() throws(CrosswalkError) -> Opened {
      let homes = index.shards.sorted { $0.key < $1.key }.flatMap { key, shards in
        shards.map { Home(key: key, shard: $0) }
      }
      let missing = homes.filter { found[$0] == nil }
      guard missing.isEmpty, let container else {
        let names = missing.prefix(3).map { "'\($0.key)' in '\($0.shard)'" }
        throw CrosswalkError(
          .missingTensor, "shards lack tensors that the index places there",
          expected: missing.isEmpty ? "tensors" : names.joined(separator: ", "),
          found: missing.isEmpty ? "an empty weight_map" : "\(missing.count) missing")
      }
      try index.keys.check(
        Dictionary(grouping: homes, by: \.key).mapValues { $0.flatMap { found[$0] ?? [] } })
      var contents = contents
      contents.metadata = index.keys.metadata(of: contents)
      return Opened(
        container: container, contents: contents, files: files, index: index.document)
    }
  }
}
