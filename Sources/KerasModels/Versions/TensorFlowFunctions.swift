import Diagnostics
import Documents

/// TensorFlow's functions between layers, which Keras 2 writes as layers of the class `TFOpLambda`
/// or `SlicingOpLambda`: each is an operation of Keras 3 under other names.
struct TensorFlowFunction {
  /// The function's name in configs: `math.reduce_mean`.
  let name: String
  private let row: JSON

  private static let classes = ["TFOpLambda", "SlicingOpLambda"]

  private static var rows: JSONObject {
    get throws(CrosswalkError) {
      try LayerLibrary.document(named: "_tensorflow").root["functions"]?.objectValue ?? JSONObject()
    }
  }

  /// The function that a layer is; nil for a layer of another class.
  ///
  /// - Throws: `unsupported` for a function that no row of the table is for.
  init?(_ layer: DocumentCursor) throws(CrosswalkError) {
    guard let word = layer.value["class_name"]?.stringValue, Self.classes.contains(word) else {
      return nil
    }
    let name = layer.value["config"]?["function"]?.stringValue ?? ""
    guard let row = try Self.rows[name] else {
      throw CrosswalkError(
        .unsupported, "a function of TensorFlow between layers that is not read, '\(name)'",
        at: layer.place)
    }
    (self.name, self.row) = (name, row)
  }

  /// The function that an operation of Keras 3 is; nil where the table has none.
  init?(of className: String) throws(CrosswalkError) {
    guard
      let found = try Self.rows.members.first(where: { $0.value["class"]?.stringValue == className }
      )
    else {
      return nil
    }
    (name, row) = (found.key, found.value)
  }

  /// The operation's class: `Mean`.
  var className: String { row["class"]?.stringValue ?? "" }

  /// The function's arguments in order, with the names that the operation has for them.
  var arguments: [(theirs: String, ours: String)] {
    (row["arguments"]?.objectValue?.members ?? []).map { ($0.key, $0.value.stringValue ?? "") }
  }

  /// What the operation takes for granted otherwise than the function.
  var defaults: JSONObject { row["defaults"]?.objectValue ?? JSONObject() }

  /// The class of its layer.
  var layer: String { name == "__operators__.getitem" ? Self.classes[1] : Self.classes[0] }

  /// What the function calls an argument of the operation; nil for one that it has not, or that
  /// means something else there.
  func theirs(_ ours: String) -> String? {
    row["sizes"]?.stringValue == ours ? nil : arguments.first { $0.ours == ours }?.theirs
  }

  /// An operation's value as the function has it.
  func theirs(value: JSON) -> JSON {
    if let items = value.arrayValue { return .array(items.map(theirs(value:))) }
    return value["class_name"] == "__slice__" ? value["config"] ?? value : value
  }

  /// A call's arguments under the operation's names.
  func renamed(_ positional: [Argument], _ named: [(name: String, argument: Argument)])
    -> [(name: String, argument: Argument)]
  {
    var given: [(name: String, argument: Argument)] = []
    for (argument, (_, ours)) in zip(positional, arguments) { given.append((ours, argument)) }
    for (name, argument) in named where name != "name" {
      let ours = arguments.first { $0.theirs == name }?.ours
      if case .constant(let value) = argument {
        // What is not known here and says nothing is left out.
        if value.isNull || ours == nil && value == false { continue }
        given.append((ours ?? name, .constant(said(value, ours ?? name))))
      } else {
        given.append((ours ?? name, argument))
      }
    }
    for (name, value) in defaults.members where !given.contains(where: { $0.name == name }) {
      given.append((name, .constant(value)))
    }
    return given
  }

  /// A value as the operation says it: a split where others have sizes, and slices.
  private func said(_ value: JSON, _ name: String) -> JSON {
    if row["sizes"]?.stringValue == name, let sizes = value.arrayValue {
      var places: [JSON] = []
      var place = 0
      for size in sizes.dropLast().compactMap(\.intValue) {
        place += size
        places.append(.integer(Int64(place)))
      }
      return .array(places)
    }
    if let items = value.arrayValue { return .array(items.map { said($0, name) }) }
    if value["start"] != nil || value["stop"] != nil, value["class_name"] == nil {
      return ["class_name": "__slice__", "config": value]
    }
    return value
  }
}
