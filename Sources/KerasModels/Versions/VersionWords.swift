import Diagnostics
import Documents

/// The words for layers' settings that one version of Keras has and the other has not.
struct VersionWords {
  private let table: JSON

  /// - Parameter version: the version that is to read what is written.
  init(_ version: Int) throws(CrosswalkError) {
    table = try LayerLibrary.document(named: "_versions").root["\(version)"] ?? .null
  }

  /// Where Keras has an operation's class.
  func module(ofOperation className: String) -> String {
    let modules = table["modules"]?.objectValue?.members ?? []
    return modules.first { $0.value.arrayValue?.contains(.string(className)) == true }?.key
      ?? "keras.src.ops.numpy"
  }

  /// Whether the version has such a layer.
  func has(_ className: String) -> Bool {
    table["without"]?.arrayValue?.contains(.string(className)) != true
  }

  /// The argument that takes what follows the first, where the other version lists them in one.
  func rest(of argument: String) -> String? { table["rest"]?[argument]?.stringValue }

  /// Settings that the version asks for, though they say nothing.
  func further(of className: String) -> JSONObject {
    table["add"]?[className]?.objectValue ?? JSONObject()
  }

  /// What a setting of a class is called there; nil where it has no such setting.
  func key(_ key: String, of className: String) -> String? {
    let renamed = table["rename"]?[className]?[key]?.stringValue
    for name in ["*", className] where renamed == nil {
      if table["drop"]?[name]?.arrayValue?.contains(.string(key)) == true { return nil }
    }
    return renamed ?? key
  }
}
