import Diagnostics
import Documents
import Tensors

/// Walks what a pickle made: tensors get dotted names, everything else becomes a JSON tree.
struct TorchTree {
  /// A value that was walked.
  struct Walked {
    /// What of it is no tensor, nil when all of it is.
    let values: JSON?
    /// All of it, as ``TorchStructure`` has it.
    let structure: JSON
  }

  let objects: [PickleObject]
  private let storages: any TorchStorages
  private var nodes = 0
  /// The objects of classes that are not known, on the way to the value that is walked.
  var path: Set<Int> = []
  /// The most values that this walk visits; a test makes it small.
  var limit = TorchTree.maximumNodes
  private(set) var tensors = TensorTable()

  /// The most values that are walked: shared lists are walked wherever they are referred to, so
  /// that a small pickle could ask for more than any memory holds.
  static let maximumNodes = 2_000_000
  /// The deepest nesting that is walked; deeper than JSON is read would be of no use.
  static let maximumDepth = 100
  /// The name of a tensor that is the whole file.
  static let rootName = "tensor"

  init(_ objects: [PickleObject], storages: any TorchStorages) {
    self.objects = objects
    self.storages = storages
  }

  /// Walks a value.
  mutating func walk(_ value: PickleValue, named name: String = "", depth: Int = 0)
    throws(CrosswalkError) -> Walked
  {
    // Long names and texts count as several values: they too can be shared without end.
    nodes += 1 + (name.utf8.count + TorchTree.size(value)) / 64
    guard nodes <= limit else {
      throw CrosswalkError(.tooLarge, "the checkpoint has more than \(limit) values")
    }
    guard depth <= TorchTree.maximumDepth else {
      throw CrosswalkError(
        .tooLarge, "the checkpoint nests deeper than \(TorchTree.maximumDepth) levels, or in itself"
      )
    }
    guard case .object(let index) = value else {
      return Walked(values: TorchTree.json(value), structure: TorchStructure.leaf(value))
    }
    let object = objects[index]
    switch object.kind {
    case .tensor:
      try append(object, named: name)
      return tensor(name)
    case .storage:
      return Walked(values: "a storage", structure: TorchStructure.object("a storage", name, []))
    case .call:
      return Walked(
        values: .string(object.text),
        structure: TorchStructure.collection(object, object.items.map(TorchStructure.leaf)))
    case .foreign: return try walkForeign(value, name, depth)
    case .dictionary:
      let (values, members) = try walkDictionary(object.items, name, depth)
      return Walked(values: values, structure: TorchStructure.collection(object, members))
    case .list, .tuple, .set: return try walkSequence(object, name, depth)
    }
  }

  func tensor(_ name: String) -> Walked {
    Walked(values: nil, structure: TorchStructure.tensor(TorchTree.tensorName(name)))
  }

  private mutating func append(_ object: PickleObject, named name: String) throws(CrosswalkError) {
    let tensor: StoredTensor
    do throws(CrosswalkError) {
      tensor = try TorchTensor(object, in: objects).stored(in: storages)
    } catch {
      throw error.inside(.tensor(name))
    }
    try append(tensor, named: name)
  }

  mutating func append(_ tensor: StoredTensor, named name: String) throws(CrosswalkError) {
    try tensors.append(TorchTree.tensorName(name), tensor)
  }

  private static func tensorName(_ name: String) -> String { name.isEmpty ? rootName : name }

  /// Walks keys and values; the keys in `transparent` are no part of the names below them.
  mutating func walkDictionary(
    _ items: [PickleValue], _ name: String, _ depth: Int, transparent: Set<String> = []
  ) throws(CrosswalkError) -> (values: JSON?, structure: [JSON]) {
    var members = JSONObject()
    var structure: [JSON] = []
    for start in stride(from: 0, to: items.count, by: 2) {
      nodes += TorchTree.size(items[start]) / 64
      let key = try keyText(items[start])
      let walked = try walk(
        items[start + 1],
        named: transparent.contains(key) ? name : TorchTree.join(name, key), depth: depth + 1)
      structure += [TorchStructure.key(items[start], key, in: objects), walked.structure]
      guard let value = walked.values else { continue }
      guard members[key] == nil else {
        throw CrosswalkError(
          .malformed, "two values have the name '\(TorchTree.join(name, key))'")
      }
      members[key] = value
    }
    return (members.isEmpty && !items.isEmpty ? nil : .object(members), structure)
  }

  /// A sequence is an array, or, when tensors stand in it, an object of what stands between them.
  private mutating func walkSequence(_ object: PickleObject, _ name: String, _ depth: Int)
    throws(CrosswalkError) -> Walked
  {
    var members: [(String, JSON)] = []
    var structure: [JSON] = []
    for (index, item) in object.items.enumerated() {
      let walked = try walk(item, named: TorchTree.join(name, "\(index)"), depth: depth + 1)
      if let value = walked.values { members.append(("\(index)", value)) }
      structure.append(walked.structure)
    }
    let values: JSON? =
      members.count == object.items.count
      ? .array(members.map(\.1)) : members.isEmpty ? nil : .object(JSONObject(members))
    return Walked(values: values, structure: TorchStructure.collection(object, structure))
  }

  /// The bytes that a value takes as text, roughly.
  private static func size(_ value: PickleValue) -> Int {
    switch value {
    case .string(let text): text.utf8.count
    case .bytes(let bytes), .long(let bytes): 2 * bytes.count
    default: 0
    }
  }

  static func join(_ name: String, _ key: String) -> String {
    name.isEmpty ? key : "\(name).\(key)"
  }

  func keyText(_ key: PickleValue) throws(CrosswalkError) -> String {
    if case .object(let index) = key, objects[index].kind == .call {
      return objects[index].text
    }
    if case .object(let index) = key, objects[index].kind == .tuple {
      let parts = objects[index].items.compactMap(TorchTree.json).map(TorchTree.text)
      if parts.count == objects[index].items.count { return "(\(parts.joined(separator: ", ")))" }
    }
    if let text = foreignText(key) { return text }
    guard let scalar = TorchTree.json(key) else {
      throw CrosswalkError(.unsupported, "a dictionary whose keys are neither text nor numbers")
    }
    return TorchTree.text(scalar)
  }

  static func text(_ scalar: JSON) -> String {
    scalar.stringValue ?? scalar.text(indented: false)
  }

  /// A value that is no object, as JSON.
  static func json(_ value: PickleValue) -> JSON? {
    switch value {
    case .none: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .unsigned(let value): .unsigned(value)
    case .double(let value): .number(value)
    case .string(let value): .string(value)
    case .bytes(let bytes): .string("0x" + hexadecimal(bytes))
    case .long(let bytes): .string("an integer of \(bytes.count) bytes")
    case .global(.dtype(let name)): .string("torch.\(name)")
    case .global(.foreign(let name)): .string(name)
    case .global(let global): .string("\(global)")
    case .object: nil
    }
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }
}
