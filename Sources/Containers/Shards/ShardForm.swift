public import Diagnostics
public import Documents
import Tensors

/// How the files of a checkpoint in several files are named, and what tells which of them holds what.
///
/// A container whose shards are like no other's has a form of its own, which it chooses in
/// ``WritableContainer/shardForm(of:at:)``. What the form leaves open is as transformers has it.
public protocol ShardForm: Sendable {
  /// The path of one shard, counted from 1.
  func shard(_ number: Int, of count: Int, for destination: String) -> String
  /// The path of the index; nil where each shard says which it is.
  func index(for destination: String) -> String?
  /// Whether a destination is the index itself, so that even a single shard gets one.
  func isIndex(_ destination: String) -> Bool
  /// What the index says.
  ///
  /// - Parameters:
  ///   - shards: the last path component of each shard, with the names of its tensors.
  ///   - byteCount: the bytes of all tensors.
  func index(of shards: [(file: String, names: [String])], byteCount: Int) -> JSON
  /// What a shard says beside its tensors.
  ///
  /// - Parameters:
  ///   - number: which of the shards it is, from 1.
  ///   - count: how many there are.
  ///   - names: those of its tensors.
  ///   - contents: what the shards are of.
  func metadata(_ number: Int, of count: Int, with names: [String], _ contents: Contents) -> JSON
  /// What the destination will hold, where one file names its tensors otherwise than shards do.
  func arranged(_ contents: Contents, atMost size: Int) throws(CrosswalkError) -> Contents
  /// The files at a destination that writing there replaces: the index first, if there is one.
  func standing(at destination: String) -> [String]
}

extension ShardForm {
  /// `model-00001-of-00003.safetensors`.
  public func shard(_ number: Int, of count: Int, for destination: String) -> String {
    Folder.path(
      Folder.containing(destination),
      ShardIndex.name(number, of: count, for: Folder.lastComponent(destination)))
  }

  /// `model.safetensors.index.json`.
  public func index(for destination: String) -> String? { destination + ShardIndex.suffix }

  /// A destination is that of the weights.
  public func isIndex(_ destination: String) -> Bool { false }

  /// Each tensor's name with its file's.
  public func index(of shards: [(file: String, names: [String])], byteCount: Int) -> JSON {
    let places = shards.flatMap { file, names in names.map { ($0, JSON.string(file)) } }
    return [
      "metadata": ["total_size": .integer(Int64(byteCount))],
      "weight_map": .object(JSONObject(places)),
    ]
  }

  /// All shards say the same.
  public func metadata(
    _ number: Int, of count: Int, with names: [String], _ contents: Contents
  ) -> JSON { contents.metadata }

  /// Names stay what they are.
  public func arranged(_ contents: Contents, atMost size: Int) throws(CrosswalkError) -> Contents {
    contents
  }

  /// The index, and those of its shards that are named after the destination.
  public func standing(at destination: String) -> [String] {
    let name = Folder.lastComponent(destination)
    let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
    return standing(at: destination, beginning: stem + "-")
  }

  /// The index, and those of its shards whose names begin so.
  func standing(at destination: String, beginning stem: some StringProtocol) -> [String] {
    guard let path = index(for: destination), FileKind.of(path) == .file,
      let document = try? Document(reading: path), let index = try? ShardIndex(document)
    else { return [] }
    let shards = index.files.filter { $0.hasPrefix(stem) && ContainerRegistry.isShard($0) }
    return [path] + shards.map { Folder.path(Folder.containing(path), $0) }
  }
}

/// `model-00001-of-00003.safetensors` and `model.safetensors.index.json`, as transformers writes.
public struct IndexedShards: ShardForm {
  /// Makes the form.
  public init() {}

  static func isShard(_ name: String) -> Bool { name.contains(#/-\d+-of-\d+\./#) }
}

/// What the keys of an index stand for, where they are not just the tensors' names.
public protocol ShardKeys: Sendable {
  /// Whether a key may have several shards.
  var haveSeveralShards: Bool { get }
  /// The keys under which the index may have a tensor, the likeliest first.
  func candidates(for tensor: String) -> [String]
  /// Sees that the shards have all that the keys stand for.
  ///
  /// - Parameter found: the tensors that were found for each key.
  /// - Throws: `missingTensor`.
  func check(_ found: [String: [String]]) throws(CrosswalkError)
  /// What all shards together say beside their tensors.
  func metadata(of contents: Contents) -> JSON
}

extension ShardKeys {
  /// Most keys have one.
  public var haveSeveralShards: Bool { false }
  /// Most keys are in the index for every tensor.
  public func check(_ found: [String: [String]]) throws(CrosswalkError) {}
  /// What they say one by one.
  public func metadata(of contents: Contents) -> JSON { contents.metadata }
}

/// Keys that are the names of tensors.
struct TensorKeys: ShardKeys {
  func candidates(for tensor: String) -> [String] { [tensor] }
}
