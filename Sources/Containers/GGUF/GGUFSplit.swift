import Diagnostics
import Documents
import Tensors

/// A GGUF checkpoint in several files, as llama.cpp's `llama-gguf-split` makes it.
///
/// `model-00001-of-00003.gguf` and so on; each file says its number (`split.no`, from 0) and how
/// many there are (`split.count`). The first has the metadata of them all.
enum GGUFSplit {
  static let numberKey = "split.no"
  static let countKey = "split.count"
  static let tensorsKey = "split.tensors.count"
  static let keys = [numberKey, countKey, tensorsKey]

  /// What one part, counted from 1, says beside its tensors.
  static func metadata(_ number: Int, of count: Int, _ contents: Contents) -> JSON {
    var members = number == 1 ? contents.metadata.objectValue ?? JSONObject() : JSONObject()
    // Of every part: how its tensors are stored.
    members[GGUF.tensorTypesKey] = contents.metadata[GGUF.tensorTypesKey]
    var types = number == 1 ? contents.metadata[GGUF.typesKey]?.objectValue : nil
    types = types ?? JSONObject()
    for (key, value, type) in [
      (numberKey, number - 1, "u16"), (countKey, count, "u16"),
      (tensorsKey, contents.tensors.count, "i32"),
    ] {
      members[key] = .integer(Int64(value))
      types?[key] = .string(type)
    }
    members[GGUF.typesKey] = types.map { .object($0) }
    return .object(members)
  }
}
