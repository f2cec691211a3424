import Diagnostics
import Documents

/// The index of a sharded checkpoint: which shard holds which tensor.
///
/// A JSON object with `weight_map` and `metadata`. Where transformers maps a tensor's name to a
/// file's, Keras maps a group of variables (`/layers/dense/vars`) to the files that its variables
/// are in, a list or just one.
struct ShardIndex {
  let document: Document
  /// The shards of each key.
  let shards: [String: [String]]
  /// What the keys stand for.
  private let keys: Keys
  /// Keys by what is left of them without their first part; those of TensorFlow only.
  private let byTail: [String: String]

  private enum Keys {
    case tensors
    /// Groups of Keras variables, with a slash before them.
    case groups
    /// TensorFlow variables, whose first part the shards leave out (transformers 4).
    case variables
  }

  static let suffix = ".index.json"

  /// Reads a file that may be an index; nil when it is not JSON with a `weight_map`.
  ///
  /// - Throws: `malformed` when it is one and is not sound, or when its name says that it is one.
  init?(ifIn file: FileReader) throws(CrosswalkError) {
    let first = file.head(64).first { !" \n\r\t".utf8.contains($0) }
    let isNamed = file.path.hasSuffix(ShardIndex.suffix)
    guard isNamed || first == UInt8(ascii: "{") && file.size <= Document.maximumFileSize else {
      return nil
    }
    let document: Document
    do { document = try Document(reading: file.path) } catch {
      if isNamed { throw error }
      return nil
    }
    guard isNamed || document.root["weight_map"] != nil else { return nil }
    try self.init(document)
  }

  init(_ document: Document) throws(CrosswalkError) {
    self.document = document
    var shards: [String: [String]] = [:]
    for (name, value) in try document.cursor.require("weight_map").members() {
      let isList = document.root["weight_map"]?[name]?.arrayValue != nil
      shards[name] = try ShardIndex.files(
        isList && ShardIndex.isGroup(name) ? value.array() : [value])
    }
    self.shards = shards
    keys =
      shards.keys.allSatisfy(ShardIndex.isGroup)
      ? .groups : shards.keys.allSatisfy { $0.hasSuffix(":0") } ? .variables : .tensors
    // Of two keys with one tail neither is found by it.
    let tails = shards.keys.map { (ShardIndex.tail($0), $0) }
    byTail = Dictionary(tails) { _, _ in "" }
  }

  /// A name without its first part.
  private static func tail(_ name: String) -> String {
    name.firstIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
  }

  private static func files(_ values: [DocumentCursor]) throws(CrosswalkError) -> [String] {
    var files: [String] = []
    for value in values {
      let shard = try value.string()
      guard staysInside(shard) else {
        throw value.refusal(
          "a shard outside the folder of its index", kind: .unsafe, expected: "a file's bare name",
          found: "'\(shard)'")
      }
      files.append(shard)
    }
    return files
  }

  /// Whether it maps groups of variables, as Keras does.
  var isOfGroups: Bool { keys == .groups }

  /// Whether it maps variables of TensorFlow, as transformers 4 does.
  var isOfVariables: Bool { keys == .variables }

  /// The files, sorted.
  var files: [String] { Set(shards.values.joined()).sorted() }

  /// The key of a tensor that is in a shard; nil when the index does not place it there.
  func key(of tensor: String, in shard: String) -> String? {
    candidates(tensor).first { shards[$0]?.contains(shard) == true }
  }

  /// The shards in which the index places a tensor.
  func shards(of tensor: String) -> [String] {
    candidates(tensor).lazy.compactMap { shards[$0] }.first ?? []
  }

  private func candidates(_ tensor: String) -> [String] {
    switch keys {
    case .tensors: [tensor]
    case .groups: [HDF5.parent(of: "/" + tensor)]
    case .variables: [tensor] + (byTail[tensor].map { [$0] } ?? [])
    }
  }

  /// Whether a key is a group of Keras variables.
  private static func isGroup(_ key: String) -> Bool {
    key.hasPrefix("/") && key.hasSuffix("/vars")
  }

  /// Whether a name can only be that of a file beside the index.
  static func staysInside(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
  }

  /// Whether a file is named as one shard of several: `model-00001-of-00003.safetensors`.
  static func isShard(_ name: String) -> Bool {
    name.firstMatch(of: #/-\d+-of-\d+\.|_\d{5}\.weights\.h5$/#) != nil
  }

  /// A number in five digits, or more where it needs more.
  static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }

  /// The name of one shard of several.
  static func name(_ number: Int, of count: Int, for file: String) -> String {
    let dot = file.lastIndex(of: ".") ?? file.endIndex
    return "\(file[..<dot])-\(padded(number))-of-\(padded(count))\(file[dot...])"
  }
}
