public import Diagnostics
public import Documents
import Tensors

extension Shards {
  /// What was written.
  public struct Written: Sendable {
    /// The paths, the index last if there is one.
    public let files: [String]
    /// How many of the shards an earlier run had written.
    public let kept: Int
  }

  /// Writes contents as shards of a size and their index, or as one file when one suffices.
  ///
  /// All shards are written beside their places first, then put there, the index last, if there is
  /// one: whoever finds the index finds all of them.
  ///
  /// With a plan, the shards that are whole outlive an error or an interrupt. They wait under names
  /// of their own beside a journal of the plan, and writing with the same plan goes on from them.
  ///
  /// - Parameters:
  ///   - contents: what to write.
  ///   - container: the container of each shard.
  ///   - destination: the name of the one file, such as `model.safetensors`, from which the shards'
  ///     names are made: `model-00001-of-00003.safetensors`, `model.safetensors.index.json`. Keras's
  ///     variables become `model_00000.weights.h5` of `model.weights.h5`, or of the index itself,
  ///     `model.weights.json`; GGUF has no index.
  ///   - size: the most bytes of tensors in a shard; a larger tensor has a shard of its own. Nil for
  ///     one file, or for ``usualSize`` where the destination is an index.
  ///   - replacing: whether existing files may be replaced.
  ///   - plan: by name, every fact that decides which bytes are written, beyond the container, the
  ///     size and the tensors' names, dtypes and shapes; nil to leave nothing when writing fails.
  ///   - companions: files that go to their places together with the shards.
  ///   - options: how each shard is written.
  ///   - observer: hears of progress.
  /// - Throws: `outputExists`, also for shards that wait and are of another plan, `cannotWrite`, or
  ///   whatever the container refuses.
  @discardableResult
  public static func write(
    _ contents: Contents, as container: any WritableContainer.Type, to destination: String,
    ofAtMost size: Int?, replacing: Bool = false, resuming plan: JSONObject? = nil,
    companions: [FileWriter] = [], options: WriteOptions = WriteOptions(),
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> Written {
    let form = try container.shardForm(of: contents, at: destination)
    let isIndex = form.isIndex(destination)
    let size = size ?? (isIndex ? usualSize : .max)
    let contents = try form.arranged(contents, atMost: size)
    let writer = ShardWriter(
      contents: contents, container: container, destination: destination, form: form,
      parts: try split(contents, atMost: size), companions: companions, options: options,
      observer: observer)
    guard writer.parts.count > 1 || isIndex else {
      return try writer.writeOne(replacing: replacing)
    }
    guard var plan else { return try writer.write(replacing: replacing) }
    for (key, fact) in writer.facts(size: size).members { plan[key] = fact }
    return try writer.resume(plan, replacing: replacing)
  }

  /// The index of a sharded checkpoint that stands at a destination, if it has one, and those of its
  /// shards that are named after it: what writing a container there replaces.
  public static func standing(
    at destination: String, as container: any WritableContainer.Type
  ) -> [String] {
    container.shardForms(at: destination).flatMap { $0.standing(at: destination) }
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
