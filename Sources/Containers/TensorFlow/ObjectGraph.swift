import Diagnostics
import Documents

/// The names that variables had in the program, which a checkpoint of TensorFlow 2 keeps beside
/// those by which it stores them.
///
/// It is a text tensor, a `TrackableObjectGraph`: objects, each with attributes that tell their key in
/// the checkpoint and their full name. Source: TensorFlow's
/// core/protobuf/trackable_object_graph.proto, and `WriteStringTensor` in
/// core/util/tensor_bundle/tensor_bundle.cc.
struct ObjectGraph {
  /// The key under which the graph is.
  static let key = "_CHECKPOINTABLE_OBJECT_GRAPH"
  /// The most bytes of a graph.
  static let maximumSize = 64 << 20

  /// Full names by the tensors' names, those that differ.
  private(set) var names = JSONObject()

  /// Reads the bytes of the tensor: the length of its one text, a checksum of that, and the text.
  ///
  /// - Throws: `truncated` or `malformed`.
  init(tensor bytes: [UInt8]) throws(CrosswalkError) {
    var cursor = ByteCursor(bytes)
    let count = try cursor.sizeVarint()
    _ = try cursor.take(4)
    for object in try ProtobufField.fields(of: Array(cursor.take(count))) where object.number == 1 {
      for attribute in try object.message where attribute.number == 2 { try add(attribute) }
    }
  }

  private mutating func add(_ attribute: ProtobufField) throws(CrosswalkError) {
    var (full, key) = ("", "")
    for field in try attribute.message {
      guard case .bytes(let bytes) = field.value else { continue }
      switch field.number {
      case 2: full = String(decoding: bytes, as: UTF8.self)
      case 3: key = String(decoding: bytes, as: UTF8.self)
      default: break
      }
    }
    if !full.isEmpty, full != key { names[key] = .string(full) }
  }
}

extension TensorFlowCheckpoint {
  /// The name of the variable in the program that saved it.
  public static func storage(of tensor: String, in contents: Contents) -> String? {
    contents.metadata["bundle"]?["full_names"]?[tensor]?.stringValue
  }
}
