import Diagnostics
import Documents

extension PickleWriter {
  /// Writes a checkpoint as ``TorchStructure`` has it; as deep as its text could be parsed.
  ///
  /// - Parameter tensor: writes the tensor of a name.
  /// - Throws: `malformed` for a text that says no structure.
  mutating func structure(
    _ value: JSON, tensor: (inout PickleWriter, String) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    guard let members = value.objectValue?.members else {
      guard let elements = value.arrayValue else { return self.value(value) }
      return try list(elements, tensor)
    }
    guard let (kind, content) = members.first else { throw Self.malformed("{}") }
    switch (kind, content.arrayValue, content.stringValue) {
    case ("tensor", _, let name?): try tensor(&self, name)
    case ("dict", let items?, _):
      put("}")
      try self.members(items, tensor)
    case ("ordered_dict", let items?, _):
      orderedDictionary()
      try self.members(items, tensor)
    case ("tuple", let items?, _): try tuple(items, tensor)
    case ("size", let items?, _):
      global("torch", "Size")
      try call { (writer) throws(CrosswalkError) in try writer.tuple(items, tensor) }
    case ("set", let items?, _):
      global("__builtin__", "set")
      try call { (writer) throws(CrosswalkError) in try writer.list(items, tensor) }
    case ("device", let items?, _):
      global("torch", "device")
      try tuple(items, tensor)
      put("R")
    case ("complex", let items?, _):
      global("__builtin__", "complex")
      try tuple(items, tensor)
      put("R")
    case ("dtype", _, let name?) where TorchTypes.dtypes.keys.contains(name): global("torch", name)
    case ("object", _, _): try description(content, in: value, tensor)
    default: try number(kind, content)
    }
  }

  /// Values that JSON has no other form for.
  private mutating func number(_ kind: String, _ content: JSON) throws(CrosswalkError) {
    guard let text = content.stringValue else { throw Self.malformed(kind) }
    let digits = Array(text.utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
    switch kind {
    case "float":
      guard let number = Double(text) else { throw Self.malformed(kind) }
      value(.number(number))
    case "integer" where 2 * bytes.count == digits.count: long(bytes)
    case "bytes" where 2 * bytes.count == digits.count:
      // As protocol 2 has them: the text of the same codes, encoded.
      global("_codecs", "encode")
      mark()
      string(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
      string("latin1")
      tuple()
      put("R")
    default: throw Self.malformed(kind)
    }
  }

  private mutating func list(
    _ elements: [JSON], _ tensor: (inout PickleWriter, String) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    put("]")
    mark()
    for element in elements { try structure(element, tensor: tensor) }
    put("e")
  }

  private mutating func tuple(
    _ elements: [JSON], _ tensor: (inout PickleWriter, String) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    mark()
    for element in elements { try structure(element, tensor: tensor) }
    tuple()
  }

  private mutating func members(
    _ items: [JSON], _ tensor: (inout PickleWriter, String) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    guard items.count.isMultiple(of: 2) else { throw Self.malformed("a key without a value") }
    mark()
    for item in items { try structure(item, tensor: tensor) }
    setItems()
  }

  /// Calls what was just named with one argument.
  private mutating func call(_ argument: (inout PickleWriter) throws(CrosswalkError) -> Void)
    throws(CrosswalkError)
  {
    mark()
    try argument(&self)
    tuple()
    put("R")
  }

  /// What is known of an object as a dictionary, with the tensors within by their names in it.
  private mutating func description(
    _ description: JSON, in object: JSON,
    _ tensor: (inout PickleWriter, String) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    guard let members = description.objectValue?.members else { return value(description) }
    let prefix = object["prefix"]?.stringValue ?? ""
    put("}")
    mark()
    for name in (object["tensors"]?.arrayValue ?? []).compactMap(\.stringValue) {
      string(name.hasPrefix(prefix + ".") ? String(name.dropFirst(prefix.count + 1)) : name)
      try tensor(&self, name)
    }
    for (key, member) in members {
      string(key)
      value(member)
    }
    setItems()
  }

  private static func malformed(_ what: String) -> CrosswalkError {
    CrosswalkError(
      .malformed, "\(TorchStructure.key) says no structure of a checkpoint", found: what,
      remedy: "remove \(TorchStructure.key) from the source's metadata")
  }
}
