import Diagnostics
import Documents

/// The index of a sharded checkpoint: which shard holds which tensor.
///
/// A JSON object with `weight_map` (tensor name to file name) and `metadata`.
struct ShardIndex {
  let document: Document
  /// The shard of each tensor.
  let shards: [String: String]

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
    var shards: [String: String] = [:]
    for (name, value) in try document.cursor.require("weight_map").members() {
      let shard = try value.string()
      guard ShardIndex.staysInside(shard) else {
        throw value.refusal(
          "a shard outside the folder of its index", kind: .unsafe, expected: "a file's bare name",
          found: "'\(shard)'")
      }
      shards[name] = shard
    }
    self.shards = shards
  }

  /// The files, sorted.
  var files: [String] { Set(shards.values).sorted() }

  /// Whether a name can only be that of a file beside the index.
  private static func staysInside(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
  }

  /// Whether a file is named as one shard of several: `model-00001-of-00003.safetensors`.
  static func isShard(_ name: String) -> Bool {
    name.firstMatch(of: #/-\d+-of-\d+\./#) != nil
  }

  /// The name of one shard of several.
  static func name(_ number: Int, of count: Int, for file: String) -> String {
    func padded(_ value: Int) -> String {
      String(repeating: "0", count: max(0, 5 - "\(value)".count)) + "\(value)"
    }
    let dot = file.lastIndex(of: ".") ?? file.endIndex
    return "\(file[..<dot])-\(padded(number))-of-\(padded(count))\(file[dot...])"
  }
}
