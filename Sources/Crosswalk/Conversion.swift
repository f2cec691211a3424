import Containers
public import Diagnostics
import Documents
public import Families
public import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How to write a checkpoint somewhere else.
public struct Conversion: Sendable {
  /// Whose names and axis orders the destination gets; nil for native in HDF5, else as it came.
  public var target: Target?
  /// What floating-point tensors become; nil for what they are.
  public var dtype: DType?
  /// Whether matrices become blocks of eight-bit numbers, Q8_0, where the container has such.
  public var quantises = false
  /// The gzip level, for containers that compress.
  public var compression: Int?
  /// The most bytes of tensors in one shard; nil for one file.
  public var shardSize: Int?
  /// Whether shards that are whole outlive an error or an interrupt, and are gone on from.
  public var resuming = false
  /// Whether an existing destination may be replaced.
  public var replacing = false
  /// How the source is understood.
  public var source = ModelCheckpoint.Options()

  /// A conversion with the defaults.
  public init() {}

  /// Whose names and axis orders to write.
  public enum Target: Sendable, Equatable {
    /// Ours.
    case native
    /// Those that the weights first came with, to the bit.
    case source
    /// Those in the file, without any mapping.
    case same
    /// A dialect of the family.
    case dialect(String)

    /// The word of the command line: `native`, `source`, `same`, or a dialect's name.
    public init(_ word: String) {
      switch word {
      case "native": self = .native
      case "source": self = .source
      case "same": self = .same
      default: self = .dialect(word)
      }
    }

    /// The word of the command line.
    public var word: String {
      switch self {
      case .native: "native"
      case .source: "source"
      case .same: "same"
      case .dialect(let name): name
      }
    }
  }

  /// What a conversion did.
  public struct Result: Sendable {
    /// The files written, in order.
    public let files: [String]
    /// The container written.
    public let container: String
    /// Whose names were written.
    public let target: Target
    /// How many tensors were written.
    public let tensors: Int
    /// Their bytes, before any compression.
    public let bytes: Int
    /// How many shards an earlier run had written, and were kept.
    public let keptShards: Int
    /// Where every tensor of the source went; nil where nothing was mapped.
    public let account: Account?
    /// What of the source the destination does not hold, in sentences.
    public let notes: [String]
  }

  /// Converts a checkpoint.
  ///
  /// Tensors stream one after the other: memory stays bounded whatever the checkpoint's size. The
  /// destination appears whole or not at all.
  ///
  /// - Parameters:
  ///   - path: a file, an index of shards, or a folder.
  ///   - destination: a file whose ending names the container, or a folder (an existing one, or a
  ///     name that ends in `/` or has no ending), which gets `model.safetensors` and `config.json`.
  /// - Throws: `outputExists`, `incompleteMapping`, `unsupported`, `cannotWrite`, or whatever
  ///   reading meets.
  public func convert(
    _ path: String, to destination: String, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> Result {
    let output = try Output(destination, as: target)
    try output.refuseExisting(unless: replacing)
    guard compression == nil || output.container.compresses else {
      throw CrosswalkError(
        .unsupported, "\(output.container.name) does not compress", at: Place(file: output.file),
        remedy: "leave out --compress, or end the destination in "
          + ContainerRegistry.endings { $0.compresses })
    }
    guard !quantises || output.container.quantises else {
      throw CrosswalkError(
        .unsupported, "\(output.container.name) has no quantised numbers",
        at: Place(file: output.file),
        remedy: "end the destination in \(ContainerRegistry.endings { $0.quantises }), "
          + "or give another --dtype, such as f16")
    }
    let plan = try plan(path, output, observer)
    let contents = try changed(plan.contents, for: output.container)
    try output.makeFolder()
    // Of a conversion that fails, not even the folder stays, unless shards wait in it.
    defer { output.removeFolder() }
    let options = WriteOptions(compression: compression)
    let companions = try output.write(
      changed(plan.companions, for: output.container), replacing: replacing, options: options)
    let written = try Shards.write(
      contents, as: output.container, to: output.file, ofAtMost: shardSize,
      replacing: replacing, resuming: resuming ? try facts(of: plan) : nil,
      companions: companions, options: options, observer: observer)
    for file in written.files { observer.observe(.wrote(path: file)) }
    return Result(
      files: written.files, container: output.container.name, target: plan.target,
      tensors: contents.tensors.count, bytes: contents.tensors.byteCount,
      keptShards: written.kept, account: plan.account, notes: plan.notes)
  }

  /// What is decided before the first byte is written.
  struct Plan {
    /// The files that are read.
    let sources: [String]
    let contents: Contents
    let companions: [Companion]
    let target: Target
    let account: Account?
    var notes: [String] = []
  }

  private func plan(_ path: String, _ output: Output, _ observer: any Observer)
    throws(CrosswalkError) -> Plan
  {
    let checkpoint = try Checkpoint(
      opening: path, config: source.config, options: source.reading)
    let sources = checkpoint.files + [checkpoint.index, checkpoint.config].compactMap { $0?.file }
    let standing = Shards.standing(at: output.file, as: output.container)
    for destination in [output.file] + standing {
      for file in sources { try refuseSameFile(file, destination) }
    }
    let native = try NativeCheckpoint(ifIn: checkpoint)
    var target = target ?? usualTarget(of: checkpoint, native, output)
    if target == .same || (target == .source && native == nil) {
      let carried = try carry(checkpoint, isNative: native != nil, output)
      var contents = checkpoint.contents
      if checkpoint.container != output.container.name {
        contents = Contents(tensors: contents.tensors)
      }
      contents.metadata = output.container.adding(checkpoint.config, to: carried.metadata)
      return Plan(
        sources: sources, contents: contents,
        companions: Companion.config(
          checkpoint.config?.root,
          generation: native?.provenance.generation ?? checkpoint.generation),
        target: target, account: nil, notes: carried.notes)
    }
    let model = try ModelCheckpoint(opening: path, options: source, observer: observer)
    let parcel = try parcel(of: model, as: &target, output)
    let carried = output.container.carry(parcel.contents.metadata, from: output.container.name)
    return Plan(
      sources: sources, contents: parcel.contents, companions: parcel.companions, target: target,
      account: model.account, notes: parcel.notes + (try notes(of: carried, checkpoint, output)))
  }

  /// What a destination gets when nothing is said: native where names are paths, else as it came,
  /// unless the container holds only what is in a dialect of its own.
  private func usualTarget(
    of checkpoint: Checkpoint, _ native: NativeCheckpoint?, _ output: Output
  ) -> Target {
    if output.container.isHierarchical { return .native }
    let names = native?.provenance.tensors ?? checkpoint.contents.tensors.names
    let own = output.container.dialect(
      forNames: names, from: native?.provenance.container ?? checkpoint.container)
    return own.map { .dialect($0) } ?? (native == nil ? .same : .source)
  }

  /// Carries metadata over unmapped, and refuses to lose any of it silently.
  private func carry(_ checkpoint: Checkpoint, isNative: Bool, _ output: Output)
    throws(CrosswalkError) -> (metadata: JSON, notes: [String])
  {
    var carried = output.container.carry(
      checkpoint.contents.metadata, from: checkpoint.container)
    if isNative, checkpoint.container != output.container.name {
      // The texts belong to native names, which differ between containers.
      carried = Carried(.object(JSONObject()), losing: ["the native architecture"])
    }
    var notes = try notes(of: carried, checkpoint, output)
    let names = checkpoint.contents.tensors.names
    if output.file.lowercased().hasSuffix(".npy"), names != ["array"], names.count == 1 {
      notes.append("left out, as a lone array has none: the name \(names[0])")
    }
    return (carried.metadata, notes)
  }

  /// What is not carried over, in sentences.
  private func notes(of carried: Carried, _ checkpoint: Checkpoint, _ output: Output)
    throws(CrosswalkError) -> [String]
  {
    var notes: [String] = []
    if !carried.lost.isEmpty {
      let lost = Self.listed(carried.lost)
      guard source.allowsUnmapped else {
        throw CrosswalkError(
          .unsupported, "\(output.container.name) cannot hold all that the source has: \(lost)",
          at: Place(file: checkpoint.path), remedy: "give --allow-unmapped to leave it out")
      }
      notes.append("left out, as \(output.container.name) cannot hold it: \(lost)")
    }
    if !carried.dropped.isEmpty {
      notes.append("left out, as it describes only the source: \(Self.listed(carried.dropped))")
    }
    return notes
  }

  /// The first of many names.
  private static func listed(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", … (\(names.count))" : "")
  }

  private func parcel(
    of model: ModelCheckpoint, as target: inout Target, _ output: Output
  ) throws(CrosswalkError) -> Parcel {
    let kept = model.kept
    let generation = model.provenance.generation
    let config = Companion.config(model.provenance.config, generation: generation)
    if target == .native {
      let native = try NativeCheckpoint(
        architecture: model.architecture, provenance: model.provenance,
        parameters: model.parameters, kept: kept,
        vocabulary: Vocabulary.of(model.checkpoint, given: nil))
      return Parcel(contents: try native.contents(for: output.container), companions: config)
    }
    guard let crossing = model.crossing else {
      throw CrosswalkError(
        .unsupported, "the checkpoint is of no family, so it has no dialect but native",
        remedy: "give a family with --family, or copy it unmapped with --to same")
    }
    let provenance = model.provenance
    if case .dialect(let name) = target {
      target = .dialect(try crossing.dialect(name, of: output.file))
    }
    guard case .dialect(let name) = target,
      name != crossing.dialectName || !crossing.isRespelled
    else {
      let isSameContainer = provenance.container == output.container.name
      let contents = Contents(
        tensors: try crossing.restore(
          provenance.tensors, under: provenance.wrapper, from: model.parameters, kept: kept),
        metadata: isSameContainer ? provenance.metadata : .object(crossing.metadata))
      return Parcel(contents: contents, companions: config)
    }
    return try output.parcel(
      of: name == crossing.dialectName
        ? Translation(respelling: model, crossing)
        : Translation(
          of: model, crossing, into: name, takesGraphs: output.container.carriesGraphs),
      generation: generation)
  }

  /// The contents in the dtype that was asked for.
  private func changed(_ contents: Contents, for container: any WritableContainer.Type)
    throws(CrosswalkError) -> Contents
  {
    if quantises { return try container.quantised(contents) }
    guard let dtype else { return contents }
    var contents = contents
    contents.tensors = try Self.cast(contents.tensors, to: dtype)
    contents.metadata = container.withoutQuantising(contents.metadata)
    return contents
  }

  private func changed(_ companions: [Companion], for container: any WritableContainer.Type)
    throws(CrosswalkError) -> [Companion]
  {
    var changed: [Companion] = []
    for companion in companions {
      guard case .weights(let contents) = companion.body else {
        changed.append(companion)
        continue
      }
      let body = Companion.Body.weights(try self.changed(contents, for: container))
      changed.append(Companion(name: companion.name, body: body))
    }
    return changed
  }

  private static func cast(_ tensors: TensorTable, to dtype: DType) throws(CrosswalkError)
    -> TensorTable
  {
    var result = TensorTable()
    for (name, tensor) in tensors {
      try result.append(name, tensor.dtype.isFloating ? tensor.cast(to: dtype) : tensor)
    }
    return result
  }

  private func refuseSameFile(_ source: String, _ destination: String) throws(CrosswalkError) {
    var a = stat()
    var b = stat()
    guard stat(source, &a) == 0, stat(destination, &b) == 0, a.st_dev == b.st_dev,
      a.st_ino == b.st_ino
    else { return }
    throw CrosswalkError(
      .outputExists, "source and destination are one file", at: Place(file: destination),
      remedy: "give the destination another name")
  }
}
