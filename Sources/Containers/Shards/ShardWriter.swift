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
  ///     names are made: `model-00001-of-00003.safetensors`, `model.safetensors.index.json`. Keras's
  ///     variables become `model_00000.weights.h5` of `model.weights.h5`, or of the index itself,
  ///     `model.weights.json`; GGUF has no index.
  ///   - size: the most bytes of tensors in a shard; a larger tensor has a shard of its own.
  ///   - replacing: whether existing files may be replaced.
  ///   - options: how each shard is written.
  ///   - observer: hears of progress.
  /// - Returns: the paths written, the index last if there is one.
  /// - Throws: `outputExists`, `cannotWrite`, or whatever the container refuses.
  @discardableResult
  public static func write(
    _ contents: Contents, as container: any WritableContainer.Type, to destination: String,
    ofAtMost size: Int, replacing: Bool = false, options: WriteOptions = WriteOptions(),
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> [String] {
    let form = try ShardForm(of: contents, as: container, at: destination)
    let parts = try split(contents, atMost: size)
    guard parts.count > 1 || ShardForm.isKerasIndex(destination) else {
      let file = try FileWriter(destination, replacing: replacing)
      try container.write(contents, to: file, options: options, observer: observer)
      try file.commit()
      return [destination]
    }
    // Beside shards, a file of this name would be taken for the weights.
    guard replacing || FileKind.of(destination) == .missing else {
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: destination),
        remedy: "give --force to replace it, or another name")
    }
    var index: [FileWriter] = []
    if let path = form.index(for: destination) {
      index.append(try FileWriter(path, replacing: replacing))
    }
    var files: [FileWriter] = []
    for (position, var part) in parts.enumerated() {
      let path = form.shard(position + 1, of: parts.count, for: destination)
      let file = try FileWriter(path, replacing: replacing)
      part.metadata = form.metadata(position + 1, of: parts.count, contents)
      try container.write(part, to: file, options: options, observer: observer)
      files.append(file)
    }
    let shards = zip(files, parts).map { file, part in
      (file: Folder.lastComponent(file.destination), names: part.tensors.names)
    }
    try index.first?.append(form.text(shards, byteCount: contents.tensors.byteCount))
    for file in files + index { try file.commit() }
    let written = (files + index).map(\.destination)
    if FileKind.of(destination) == .file, !written.contains(destination) {
      Folder.removeFile(destination)
    }
    return written
  }

  /// Whether a destination is the name of an index, so that what is written are always shards.
  public static func isIndex(_ destination: String) -> Bool {
    ShardForm.isKerasIndex(destination)
  }

  /// The most bytes of a shard where an index was asked for and no size: as KerasHub has it.
  public static let usualSize = 10_000_000_000

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
