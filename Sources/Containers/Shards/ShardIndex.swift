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
  let keys: any ShardKeys

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
    let members = try document.cursor.require("weight_map").members()
    let names = members.map(\.0)
    keys = ContainerRegistry.all.lazy.compactMap { $0.shardKeys(names) }.first ?? TensorKeys()
    var shards: [String: [String]] = [:]
    for (name, value) in members {
      let isList = document.root["weight_map"]?[name]?.arrayValue != nil
      shards[name] = try ShardIndex.files(
        isList && keys.haveSeveralShards ? value.array() : [value])
    }
    self.shards = shards
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

  /// The files, sorted.
  var files: [String] { Set(shards.values.joined()).sorted() }

  /// The key of a tensor that is in a shard; nil when the index does not place it there.
  func key(of tensor: String, in shard: String) -> String? {
    keys.candidates(for: tensor).first { shards[$0]?.contains(shard) == true }
  }

  /// The shards in which the index places a tensor.
  func shards(of tensor: String) -> [String] {
    keys.candidates(for: tensor).lazy.compactMap { shards[$0] }.first ?? []
  }

  /// Whether a name can only be that of a file beside the index.
  static func staysInside(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
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
