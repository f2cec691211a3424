public import Diagnostics
import Documents
import Tensors

extension Shards {
  /// Writes contents as shards of a size and their index, or as one file when one suffices.
  ///
  /// All shards are written beside their places first, then put there, the index last: whoever finds
  /// the index finds all of them.
  ///
  /// - Parameters:
  ///   - contents: what to write.
  ///   - container: the container of each shard.
  ///   - destination: the name of the one file, such as `model.safetensors`, from which the shards'
  ///     names are made: `model-00001-of-00003.safetensors`, `model.safetensors.index.json`.
  ///   - size: the most bytes of tensors in a shard; a larger tensor has a shard of its own.
  ///   - replacing: whether existing files may be replaced.
  ///   - options: how each shard is written.
  ///   - observer: hears of progress.
  /// - Returns: the paths written, the index last.
  /// - Throws: `outputExists`, `cannotWrite`, or whatever the container refuses.
  @discardableResult
  public static func write(
    _ contents: Contents, as container: any WritableContainer.Type, to destination: String,
    ofAtMost size: Int, replacing: Bool = false, options: WriteOptions = WriteOptions(),
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> [String] {
    let parts = try split(contents, atMost: size)
    guard parts.count > 1 else {
      let file = try FileWriter(destination, replacing: replacing)
      try container.write(contents, to: file, options: options, observer: observer)
      try file.commit()
      return [destination]
    }
    let (folder, name) = (Folder.containing(destination), Folder.lastComponent(destination))
    // Beside shards, a file of this name would be taken for the weights.
    guard replacing || FileKind.of(destination) == .missing else {
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: destination),
        remedy: "give --force to replace it, or another name")
    }
    let index = try FileWriter(destination + ShardIndex.suffix, replacing: replacing)
    var files: [FileWriter] = []
    var map = JSONObject()
    for (position, part) in parts.enumerated() {
      let shard = ShardIndex.name(position + 1, of: parts.count, for: name)
      let file = try FileWriter(Folder.path(folder, shard), replacing: replacing)
      try container.write(part, to: file, options: options, observer: observer)
      for name in part.tensors.names { map[name] = .string(shard) }
      files.append(file)
    }
    try index.append(indexText(map, byteCount: contents.tensors.byteCount))
    for file in files + [index] { try file.commit() }
    if FileKind.of(destination) == .file { Folder.removeFile(destination) }
    return (files + [index]).map(\.destination)
  }

  private static func indexText(_ map: JSONObject, byteCount: Int) -> [UInt8] {
    let index: JSON = [
      "metadata": ["total_size": .integer(Int64(byteCount))], "weight_map": .object(map),
    ]
    return Array((index.text(indented: true) + "\n").utf8)
  }

  /// Deals tensors out in order; those that are one storage under several names stay together.
  private static func split(_ contents: Contents, atMost size: Int) throws(CrosswalkError)
    -> [Contents]
  {
    var parts: [Contents] = []
    var room = 0
    var homes: [StoredTensor.Storage: Int] = [:]
    for (name, tensor) in contents.tensors {
      if let storage = tensor.storage, let home = homes[storage] {
        try parts[home].tensors.append(name, tensor)
        continue
      }
      if parts.isEmpty || tensor.byteCount > room {
        parts.append(Contents(tensors: TensorTable(), metadata: contents.metadata))
        room = size
      }
      room = max(0, room - tensor.byteCount)
      try parts[parts.count - 1].tensors.append(name, tensor)
      if let storage = tensor.storage { homes[storage] = parts.count - 1 }
    }
    return parts
  }
}
