import Diagnostics
import Documents

/// `tf_model-00001-of-00003.h5` and `tf_model.h5.index.json`, as transformers 4 writes with
/// TensorFlow; the index names the model's class before each weight, and shards do not.
struct TensorFlowShards: ShardForm {
  /// The model's class, `tf_bert_for_masked_lm`.
  let className: String

  func index(of shards: [(file: String, names: [String])], byteCount: Int) -> JSON {
    IndexedShards().index(
      of: shards.map { file, names in (file, names.map(key)) }, byteCount: byteCount)
  }

  private func key(of name: String) -> String {
    name.contains("model.") ? name : "\(className)/\(name)"
  }

  func metadata(_ number: Int, of count: Int, with names: [String], _ contents: Contents) -> JSON {
    TensorFlowWeights.metadata(ofShardWith: names, contents)
  }

  func arranged(_ contents: Contents, atMost size: Int) throws(CrosswalkError) -> Contents {
    guard let weights = try TensorFlowWeights(contents) else { return contents }
    if weights.byteCount > size { return try weights.sharded() }
    return weights.isSharded ? try weights.whole() ?? contents : contents
  }
}

/// TensorFlow variables, whose first part the shards leave out.
struct TensorFlowKeys: ShardKeys {
  private let keys: [String]
  /// Keys by what is left of them without their first part.
  private let byTail: [String: String]

  /// Understands keys; nil when not all are variables of TensorFlow.
  init?(_ keys: [String]) {
    guard keys.allSatisfy({ $0.hasSuffix(":0") }) else { return nil }
    self.keys = keys
    let tails = keys.map { key in
      (key.firstIndex(of: "/").map { String(key[key.index(after: $0)...]) } ?? key, key)
    }
    // Of two keys with one tail neither is found by it.
    byTail = Dictionary(tails) { _, _ in "" }
  }

  func candidates(for tensor: String) -> [String] {
    [tensor] + (byTail[tensor].map { [$0] } ?? [])
  }

  func metadata(of contents: Contents) -> JSON { TensorFlowWeights.gathered(contents, keys: keys) }
}
