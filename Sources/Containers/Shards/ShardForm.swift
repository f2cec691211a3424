import Diagnostics
import Documents
import Tensors

/// How the files of a sharded checkpoint are named, and what their index says.
enum ShardForm: Equatable {
  /// `model-00001-of-00003.safetensors` and `model.safetensors.index.json`, as transformers writes.
  case transformers
  /// `model_00000.weights.h5` and `model.weights.json`, as Keras 3 writes.
  case keras
  /// `tf_model-00001-of-00003.h5` and `tf_model.h5.index.json`, as transformers 4 writes with TensorFlow,
  /// of a model's class.
  case tensorFlow(String)
  /// `model-00001-of-00003.gguf`, without an index: each file counts itself, as llama.cpp writes.
  case gguf

  /// The form in which contents become shards of a container at a destination.
  ///
  /// - Throws: `unsupported` when the destination is an index of Keras, and the tensors are not named
  ///   as its variables.
  init(of contents: Contents, as container: any WritableContainer.Type, at destination: String)
    throws(CrosswalkError)
  {
    if container == GGUF.self {
      self = .gguf
      return
    }
    if container == HDF5.self, let weights = try TensorFlowWeights(contents) {
      self = .tensorFlow(weights.className)
      return
    }
    let areVariables = contents.tensors.names.allSatisfy(KerasFacts.isVariable)
    guard areVariables || !Self.isKerasIndex(destination) else {
      let name = contents.tensors.names.first { !KerasFacts.isVariable($0) } ?? ""
      throw CrosswalkError(
        .unsupported, "an index of Keras lists variables by their numbers",
        at: Place(file: destination, .tensor(name)), expected: "names as layers/dense/vars/0",
        remedy: "give --to same for a checkpoint of Keras 3, or end the destination in .h5")
    }
    let isOfKeras = container == HDF5.self && areVariables && Self.kerasStem(destination) != nil
    self = isOfKeras ? .keras : .transformers
  }

  /// Whether a destination is the index itself, so that even a single shard gets one.
  static func isKerasIndex(_ destination: String) -> Bool {
    destination.lowercased().hasSuffix(kerasIndexSuffix)
  }

  private static let kerasIndexSuffix = ".weights.json"

  private static func kerasStem(_ destination: String) -> Substring? {
    let name = destination.lowercased()
    let ending = [kerasIndexSuffix, ".weights.h5"].first { name.hasSuffix($0) }
    return ending.map { destination.dropLast($0.count) }
  }

  /// The path of one shard, counted from 1.
  func shard(_ number: Int, of count: Int, for destination: String) -> String {
    switch self {
    case .keras:
      "\(Self.kerasStem(destination) ?? "")_\(ShardIndex.padded(number - 1)).weights.h5"
    case .transformers, .tensorFlow, .gguf:
      Folder.path(
        Folder.containing(destination),
        ShardIndex.name(number, of: count, for: Folder.lastComponent(destination)))
    }
  }

  /// The path of the index; nil where there is none.
  func index(for destination: String) -> String? {
    switch self {
    case .transformers, .tensorFlow: destination + ShardIndex.suffix
    case .keras: Self.kerasStem(destination).map { $0 + Self.kerasIndexSuffix }
    case .gguf: nil
    }
  }

  /// The paths at which a destination may have an index, and how the names of its shards begin.
  static func indices(for destination: String) -> [(path: String, stem: String)] {
    let name = Folder.lastComponent(destination)
    let forms =
      [(ShardForm.transformers, String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]) + "-")]
      + (kerasStem(destination).map { [(.keras, Folder.lastComponent(String($0)) + "_")] } ?? [])
    return forms.compactMap { form, stem in form.index(for: destination).map { ($0, stem) } }
  }

  /// The text of the index.
  ///
  /// - Parameters:
  ///   - shards: the last path component of each shard, with the names of its tensors.
  ///   - byteCount: the bytes of all tensors.
  func text(_ shards: [(file: String, names: [String])], byteCount: Int) -> [UInt8] {
    var map = JSONObject()
    for (file, names) in shards {
      for name in names {
        guard self == .keras else {
          map[key(of: name)] = .string(file)
          continue
        }
        let group = HDF5.parent(of: "/" + name)
        let files = map[group]?.arrayValue ?? []
        if files.last?.stringValue != file { map[group] = .array(files + [.string(file)]) }
      }
    }
    let size: JSON = self == .keras ? .number(Double(byteCount)) : .integer(Int64(byteCount))
    let index: JSON = ["metadata": ["total_size": size], "weight_map": .object(map)]
    return Array((index.text(indented: true) + "\n").utf8)
  }

  private func key(of name: String) -> String {
    guard case .tensorFlow(let className) = self, !name.contains("model.") else { return name }
    return "\(className)/\(name)"
  }

  /// What a shard says beside its tensors.
  ///
  /// - Parameters:
  ///   - number: which of the shards it is, from 1.
  ///   - count: how many there are.
  ///   - names: those of its tensors.
  ///   - contents: what the shards are of.
  func metadata(_ number: Int, of count: Int, with names: [String], _ contents: Contents) -> JSON {
    switch self {
    case .transformers, .keras: contents.metadata
    case .tensorFlow: TensorFlowWeights.metadata(ofShardWith: names, contents)
    case .gguf: GGUFSplit.metadata(number, of: count, contents)
    }
  }

  /// What the destination will hold, where one file names its tensors otherwise than shards do.
  func arranged(_ contents: Contents, atMost size: Int) throws(CrosswalkError) -> Contents {
    guard case .tensorFlow = self, let weights = try TensorFlowWeights(contents) else {
      return contents
    }
    if weights.byteCount > size { return try weights.sharded() }
    return weights.isSharded ? try weights.whole() ?? contents : contents
  }
}
