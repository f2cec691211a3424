public import Diagnostics
import Documents
import Tensors

/// `model_00000.weights.h5` and `model.weights.json`, as Keras 3 writes; the index maps groups of
/// variables to the shards that its variables are in.
struct KerasShards: ShardForm {
  private static let indexSuffix = ".weights.json"

  /// A destination without its ending; nil when it has none of Keras's.
  static func stem(_ destination: String) -> Substring? {
    let name = destination.lowercased()
    let ending = [indexSuffix, ".weights.h5"].first { name.hasSuffix($0) }
    return ending.map { destination.dropLast($0.count) }
  }

  func shard(_ number: Int, of count: Int, for destination: String) -> String {
    "\(Self.stem(destination) ?? "")_\(ShardIndex.padded(number - 1)).weights.h5"
  }

  static func isShard(_ name: String) -> Bool { name.contains(#/_\d{5}\.weights\.h5$/#) }

  func index(for destination: String) -> String? {
    Self.stem(destination).map { $0 + Self.indexSuffix }
  }

  func isIndex(_ destination: String) -> Bool {
    destination.lowercased().hasSuffix(Self.indexSuffix)
  }

  func index(of shards: [(file: String, names: [String])], byteCount: Int) -> JSON {
    var map = JSONObject()
    for (file, names) in shards {
      for group in names.map({ HDF5.parent(of: "/" + $0) }) {
        let files = map[group]?.arrayValue ?? []
        if files.last?.stringValue != file { map[group] = .array(files + [.string(file)]) }
      }
    }
    return [
      "metadata": ["total_size": .number(Double(byteCount))], "weight_map": .object(map),
    ]
  }

  func standing(at destination: String) -> [String] {
    guard let stem = Self.stem(destination) else { return [] }
    return standing(at: destination, beginning: Folder.lastComponent(String(stem)) + "_")
  }
}

/// Groups of Keras variables, with a slash before them: `/layers/dense/vars`.
struct KerasKeys: ShardKeys {
  /// Understands keys; nil when not all are such groups.
  init?(_ keys: [String]) {
    guard keys.allSatisfy({ $0.hasPrefix("/") && $0.hasSuffix("/vars") }) else { return nil }
  }

  var haveSeveralShards: Bool { true }

  func candidates(for tensor: String) -> [String] { [HDF5.parent(of: "/" + tensor)] }

  /// Refuses a group whose variables, which Keras numbers from 0, are not all there.
  func check(_ found: [String: [String]]) throws(CrosswalkError) {
    for (key, names) in found.sorted(by: { $0.key < $1.key }) {
      let numbers = names.compactMap { Int(Folder.lastComponent($0)) }
      let gap = numbers.sorted().enumerated().first { $0.offset != $0.element }
      guard let gap, numbers.count == names.count else { continue }
      throw CrosswalkError(
        .missingTensor, "no shard has the variable \(gap.offset) of '\(key)'",
        remedy: "the index and the shards are of different checkpoints")
    }
  }
}

extension HDF5 {
  /// Keras's, and those of transformers with TensorFlow.
  public static let usualNames = [
    "model.weights.h5", "model.weights.json", "tf_model.h5", "tf_model.h5.index.json",
  ]

  /// Also as Keras names shards.
  public static func isShard(_ name: String) -> Bool {
    IndexedShards.isShard(name) || KerasShards.isShard(name)
  }

  /// Groups of Keras's variables, or TensorFlow's variables.
  public static func shardKeys(_ keys: [String]) -> (any ShardKeys)? {
    KerasKeys(keys) ?? TensorFlowKeys(keys)
  }

  /// As Keras writes its variables, or transformers those of TensorFlow.
  public static func shardForm(of contents: Contents, at destination: String)
    throws(CrosswalkError) -> any ShardForm
  {
    if let weights = try TensorFlowWeights(contents) {
      return TensorFlowShards(className: weights.className)
    }
    let keras = KerasShards()
    let other = contents.tensors.names.first { !KerasFacts.isVariable($0) }
    guard let other else { return KerasShards.stem(destination) != nil ? keras : IndexedShards() }
    guard !keras.isIndex(destination) else {
      throw CrosswalkError(
        .unsupported, "an index of Keras lists variables by their numbers",
        at: Place(file: destination, .tensor(other)), expected: "names as layers/dense/vars/0",
        remedy: "give --to same for a checkpoint of Keras 3, or end the destination in .h5")
    }
    return IndexedShards()
  }

  /// Also as Keras writes them.
  public static func shardForms(at destination: String) -> [any ShardForm] {
    [IndexedShards(), KerasShards()]
  }
}
