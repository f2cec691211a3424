import Diagnostics
import Documents
import Tensors

/// Which of Python's containers holds what in a checkpoint: enough to write it again as it was.
///
/// It travels as a text of JSON, which other containers can hold among their metadata. Plain values
/// and lists are themselves. An object has one member that says what it is: `tensor` its name,
/// `dict` and `ordered_dict` each key and then its value, `tuple`, `size` and `set` their elements,
/// `float` one that JSON lacks, `integer` and `bytes` hexadecimal digits, `dtype` its name, `device`
/// and `complex` what they are made from; `object` is the description of what is never made, with
/// the `tensors` within and their common `prefix`.
struct TorchStructure {
  let root: JSON

  /// The name of the text among metadata.
  static let key = "crosswalk.structure"

  init(_ root: JSON) { self.root = root }

  /// Finds the structure among metadata, which may be another container's.
  init?(in metadata: JSON) {
    let text = (metadata[Self.key] ?? metadata["attributes"]?[Self.key])?.stringValue
    guard let text, let document = try? Document(parsing: text) else { return nil }
    root = document.root
  }

  /// Whether it is but tensors by their names, which need no structure.
  var isPlain: Bool {
    guard let items = (root["dict"] ?? root["ordered_dict"])?.arrayValue else { return false }
    return items.enumerated().allSatisfy { index, item in
      index.isMultiple(of: 2) ? item.stringValue != nil : item["tensor"] != nil
    }
  }

  /// The text, and how it is called among metadata; nil where names say it all.
  var member: (key: String, value: JSON)? {
    isPlain ? nil : (Self.key, .string(root.text(indented: false)))
  }

  /// The names of all tensors.
  var tensors: [String] {
    var names: [String] = []
    visit(root) { part in
      if let name = part["tensor"]?.stringValue { names.append(name) }
      names += (part["tensors"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    return names
  }

  /// The objects that can only be described, each by its place and class.
  var objects: [String] {
    var found: [String] = []
    visit(root) { part in
      guard let description = part["object"] else { return }
      let prefix = part["prefix"]?.stringValue ?? ""
      let place = prefix.isEmpty ? "the whole checkpoint" : prefix
      let name = (description["__class__"] ?? description).stringValue ?? "an object"
      found.append("\(place) (\(name), of which a description stays)")
    }
    return found
  }

  /// The keys of the outermost dictionary under which no tensor stands by itself.
  var keys: [String] {
    let items = (root["dict"] ?? root["ordered_dict"])?.arrayValue ?? []
    return stride(from: 0, to: items.count - 1, by: 2).compactMap { index in
      items[index + 1]["tensor"] == nil ? items[index].stringValue : nil
    }
  }

  private func visit(_ value: JSON, _ body: (JSON) -> Void) {
    if let elements = value.arrayValue {
      for element in elements { visit(element, body) }
      return
    }
    guard let members = value.objectValue?.members else { return }
    body(value)
    for (key, value) in members where Self.collections.contains(key) { visit(value, body) }
  }

  private static let collections: Set<String> = ["dict", "ordered_dict", "tuple", "size", "set"]
}

// MARK: what a pickle's values become

extension TorchStructure {
  static func tensor(_ name: String) -> JSON { ["tensor": .string(name)] }

  /// The description of an object of a class that is not known, and the tensors within.
  static func object(_ description: JSON, _ prefix: String, _ tensors: ArraySlice<String>) -> JSON {
    [
      "object": description, "prefix": .string(prefix), "tensors": .array(tensors.map(JSON.string)),
    ]
  }

  /// A container of Python's with what it holds; of dictionaries keys and values in turn.
  static func collection(_ object: PickleObject, _ items: [JSON]) -> JSON {
    switch (object.kind, object.maker) {
    case (.list, _): .array(items)
    case (.dictionary, .orderedDictionary): ["ordered_dict": .array(items)]
    case (.dictionary, _): ["dict": .array(items)]
    case (.set, _): ["set": .array(items)]
    case (.tuple, .size): ["size": .array(items)]
    case (.call, .device): ["device": .array(items)]
    case (.call, _): ["complex": .array(items)]
    default: ["tuple": .array(items)]
    }
  }

  /// A dictionary's key, whose text is known.
  static func key(_ key: PickleValue, _ text: String, in objects: [PickleObject]) -> JSON {
    guard case .object(let index) = key else { return leaf(key) }
    let object = objects[index]
    guard object.kind == .tuple || object.kind == .call else {
      return Self.object(.string(text), text, [])
    }
    return collection(object, object.items.map(leaf))
  }

  /// A value that is no object.
  static func leaf(_ value: PickleValue) -> JSON {
    switch value {
    case .bytes(let bytes): ["bytes": .string(TorchTree.hexadecimal(bytes))]
    case .long(let bytes): ["integer": .string(TorchTree.hexadecimal(bytes))]
    case .global(.dtype(let name)): ["dtype": .string(name)]
    case .global: object(TorchTree.json(value) ?? .null, "", [])
    default: scalar(TorchTree.json(value) ?? .null)
    }
  }

  /// A plain value; numbers that JSON lacks by their words.
  static func scalar(_ value: JSON) -> JSON {
    guard case .number(let number) = value, !number.isFinite else { return value }
    return ["float": .string("\(number)")]
  }
}
