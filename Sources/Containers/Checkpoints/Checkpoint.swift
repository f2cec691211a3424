public import Diagnostics
public import Documents

/// What a CHECKPOINT argument leads to: the weights, and what lies beside them.
public struct Checkpoint: Sendable {
  /// The path, as the user named it.
  public let path: String
  /// The container's name, as ``Container/name``.
  public let container: String
  /// The tensors and the container's own metadata.
  public var contents: Contents
  /// What the other framework wrote beside its weights.
  public let config: Document?
  /// The folder, when the path is one; of a cached model, that of the revision.
  public let folder: String?
  /// The files that hold the weights: one, or the shards in order.
  public let files: [String]
  /// The index of the shards, when there are some.
  public let index: Document?
  /// The files beside the weights that hold a vocabulary: `tokenizer.json`, `vocab.txt`,
  /// `vocab.json`, those that are there.
  public let vocabularies: [String]
  /// The `generation_config.json` beside the weights, if there is one: how text is generated.
  public let generationConfig: String?
  /// The usual name of ``generationConfig``.
  public static let generationName = "generation_config.json"

  /// Opens a file of any container, an index of shards, a folder as `save_pretrained` writes it, or
  /// the cache of a model that huggingface_hub keeps.
  ///
  /// - Parameters:
  ///   - path: the file or folder.
  ///   - config: the config's path; nil for the `config.json`, `params.json` or `hparams.json` in the
  ///     folder or beside the file, if there is one.
  ///   - options: what reading may do.
  /// - Throws: `cannotOpen`; `unrecognized` for a file that is no container; `ambiguous` for a folder
  ///   with several weights of equal rank; or whatever opening meets.
  public init(
    opening path: String, config: String? = nil, options: ReadOptions = ReadOptions()
  ) throws(CrosswalkError) {
    let isFolder = FileKind.of(path) == .folder
    let folder =
      try isFolder ? HubCache.snapshot(in: path) ?? path : Folder.containing(path)
    let weights =
      try isFolder ? FolderWeights.find(in: folder) : ContainerRegistry.file(for: path) ?? path
    let opened = try Checkpoint.openWeights(weights, options)
    let task =
      isFolder && config == nil ? try KerasPreset.task(in: folder, beside: opened.contents) : nil
    self.path = path
    self.folder = isFolder ? folder : nil
    (container, contents) = (opened.container.name, task?.contents ?? opened.contents)
    (files, index) = (opened.files + (task?.files ?? []), opened.index)
    let configs = ["config.json", "params.json", "hparams.json"]
    let found = Checkpoint.existing(configs, in: folder).first {
      $0 != weights
    }
    self.config =
      if let task { task.config } else if let name = config ?? found {
        try Document(reading: name)
      } else {
        try opened.container.config(in: opened.contents, of: path)
      }
    vocabularies = Checkpoint.existing(["tokenizer.json", "vocab.txt", "vocab.json"], in: folder)
    generationConfig = Checkpoint.existing([Self.generationName], in: folder).first
  }

  /// What ``generationConfig`` says; one that cannot be read is no reason not to carry the weights.
  public var generation: JSON? {
    generationConfig.flatMap { try? Document(reading: $0) }?.root
  }

  private static func existing(_ names: [String], in folder: String) -> [String] {
    names.map { Folder.path(folder, $0) }.filter { FileKind.of($0) == .file }
  }

  private static func openWeights(_ path: String, _ options: ReadOptions)
    throws(CrosswalkError) -> Shards.Opened
  {
    let file = try FileReader(path)
    if ContainerRegistry.container(of: file) == nil, let index = try ShardIndex(ifIn: file) {
      return try Shards.open(index, in: Folder.containing(path), options: options)
    }
    let (container, part) = try ContainerRegistry.open(file, options: options)
    let (contents, files) = try container.whole(part, of: path)
    return Shards.Opened(container: container, contents: contents, files: files, index: nil)
  }
}

/// Which file of a folder holds the weights.
enum FolderWeights {
  /// The path of the weights' file or index.
  ///
  /// - Throws: `cannotOpen` when there is none, `ambiguous` when there are several of equal rank.
  static func find(in folder: String) throws(CrosswalkError) -> String {
    let names = try Folder.names(in: folder)
    let usual = ContainerRegistry.all.flatMap { $0.usualNames }
    if let name = usual.first(where: names.contains) { return Folder.path(folder, name) }
    if let file = try ContainerRegistry.file(for: folder) { return file }
    for container in ContainerRegistry.all {
      let candidates = names.filter { isCandidate($0, for: container) }
      if candidates.count > 1 {
        throw CrosswalkError(
          .ambiguous, "several files could be the weights: " + candidates.joined(separator: ", "),
          at: Place(file: folder), remedy: "name one of them instead of the folder")
      }
      if let name = candidates.first { return Folder.path(folder, name) }
    }
    if names.contains(where: ShardJournal.isName) {
      throw CrosswalkError(
        .cannotOpen, "the folder holds only what an interrupted conversion has left",
        at: Place(file: folder), remedy: "go on with it: give `convert` --resume as before")
    }
    throw CrosswalkError(
      .cannotOpen, "the folder holds no weights", at: Place(file: folder),
      expected: usual.joined(separator: ", ") + ", or one file that ends in "
        + ContainerRegistry.all.flatMap { $0.fileExtensions }.map { "." + $0 }
        .joined(separator: ", "),
      found: names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", "))
  }

  private static func isCandidate(_ name: String, for container: any Container.Type) -> Bool {
    if name.hasSuffix(ShardIndex.suffix) {
      return container.names(String(name.dropLast(ShardIndex.suffix.count)))
    }
    return container.names(name) && container.isWhole(name)
  }
}
