import Diagnostics
import Documents
import Tensors

extension TorchTree {
  /// What of a module's state its `state_dict` leaves out of names.
  private static let moduleKeys: Set<String> = ["_parameters", "_buffers", "_modules"]

  /// Describes an object of a class that is not known; NumPy's arrays and numbers are read.
  ///
  /// The description is an object: `__class__`, and where there are some `arguments`, `state` and
  /// `items`. Tensors in its state are named as attributes: `args.mask`; those of a whole module as
  /// its `state_dict` names them. An object within itself, as a node that knows its parent, is
  /// described once.
  mutating func walkForeign(_ value: PickleValue, _ name: String, _ depth: Int)
    throws(CrosswalkError) -> Walked
  {
    guard let object = ForeignObject(value, in: objects), case .object(let index) = value,
      path.insert(index).inserted
    else { return Walked(values: nil, structure: .null) }
    defer { path.remove(index) }
    if let kind = ForeignNames.unreadTensors[object.name] {
      throw CrosswalkError(
        .unsupported, "\(kind) (\(object.name))", at: Place(.tensor(name)),
        remedy: "make it a dense tensor of plain numbers in torch first")
    }
    if let array = try NumPyPickle(objects: objects).array(object) {
      try append(array, named: name)
      return tensor(name)
    }
    if let number = NumPyPickle(objects: objects).number(object) {
      return Walked(values: number, structure: TorchStructure.scalar(number))
    }
    let first = tensors.count
    var description = JSONObject([("__class__", .string(object.name))])
    var arguments: [JSON] = []
    for (index, argument) in object.arguments.enumerated() {
      let name = TorchTree.join(name, "arguments.\(index)")
      let value = try walk(argument, named: name, depth: depth + 1).values
      if let value { arguments.append(value) }
    }
    if !arguments.isEmpty { description["arguments"] = .array(arguments) }
    description["state"] = try walkState(object.state, name, depth)
    if case .object = object.content {
      description["items"] = try walk(object.content, named: name, depth: depth + 1).values
    }
    return Walked(
      values: .object(description),
      structure: TorchStructure.object(.object(description), name, tensors.names[first...]))
  }

  private mutating func walkState(_ state: PickleValue, _ name: String, _ depth: Int)
    throws(CrosswalkError) -> JSON?
  {
    if case .none = state { return nil }
    guard case .object(let index) = state, objects[index].kind == .dictionary else {
      return try walk(state, named: TorchTree.join(name, "state"), depth: depth + 1).values
    }
    let items = objects[index].items
    var keys: Set<String> = []
    for start in stride(from: 0, to: items.count, by: 2) {
      if case .string(let key) = items[start] { keys.insert(key) }
    }
    let isModule = TorchTree.moduleKeys.isSubset(of: keys)
    return try walkDictionary(
      items, name, depth + 1, transparent: isModule ? TorchTree.moduleKeys : []
    ).values
  }

  /// The text of a key that is such an object made from plain values, as members of enumerations.
  func foreignText(_ key: PickleValue) -> String? {
    guard let object = ForeignObject(key, in: objects) else { return nil }
    if let number = NumPyPickle(objects: objects).number(object) { return TorchTree.text(number) }
    let words = object.arguments.compactMap(TorchTree.json).map(TorchTree.text)
    guard words.count == object.arguments.count else { return nil }
    return "\(object.name)(\(words.joined(separator: ", ")))"
  }
}

/// NumPy's arrays and numbers in a pickle, by what its reconstructing functions are told.
struct NumPyPickle {
  let objects: [PickleObject]

  private struct Element {
    let dtype: DType
    let isBigEndian: Bool
  }

  /// An array of plain numbers as a tensor; nil for what is none.
  ///
  /// - Throws: `malformed` when its bytes do not fill its shape.
  func array(_ object: ForeignObject) throws(CrosswalkError) -> StoredTensor? {
    guard isArray(object), let state = tuple(object.state), state.count == 5,
      let extents = tuple(state[1]), let element = element(state[2]),
      case .bool(let isFortran) = state[3], case .bytes(let bytes) = state[4]
    else { return nil }
    let shape = extents.compactMap { extent in
      if case .integer(let size) = extent { Int(exactly: size) } else { nil }
    }
    guard shape.count == extents.count,
      try Shape.byteCount(shape, element.dtype) == bytes.count
    else {
      throw CrosswalkError(
        .malformed, "an array of NumPy whose bytes do not fill its shape", expected: "\(shape)",
        found: "\(bytes.count) bytes of \(element.dtype.rawValue)")
    }
    return try NumPy.tensor(
      element.dtype, shape, isBigEndian: element.isBigEndian, isFortran: isFortran,
      source: MemorySource(bytes, of: element.dtype))
  }

  /// Whether an object is what NumPy makes of an array.
  func isArray(_ object: ForeignObject) -> Bool {
    ["numpy.core", "numpy._core"].contains { object.name.hasPrefix($0) }
      && object.name.hasSuffix(".multiarray._reconstruct")
  }

  /// One number of NumPy's as a plain one; nil for what is none.
  func number(_ object: ForeignObject) -> JSON? {
    guard ["numpy.core", "numpy._core"].contains(where: { object.name.hasPrefix($0) }),
      object.name.hasSuffix(".multiarray.scalar"), object.arguments.count == 2,
      let element = element(object.arguments[0]), case .bytes(let bytes) = object.arguments[1],
      bytes.count == element.dtype.byteCount
    else { return nil }
    let bits = (element.isBigEndian ? bytes : bytes.reversed()).prefix(8)
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch element.dtype {
    case .f64: return .number(Double(bitPattern: bits))
    case .f32: return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .i64: return .integer(Int64(bitPattern: bits))
    case .i32: return .integer(Int64(Int32(truncatingIfNeeded: bits)))
    case .i16: return .integer(Int64(Int16(truncatingIfNeeded: bits)))
    case .i8: return .integer(Int64(Int8(truncatingIfNeeded: bits)))
    case .u64: return Int64(exactly: bits).map(JSON.integer) ?? .unsigned(bits)
    case .u32, .u16, .u8: return Int64(exactly: bits).map(JSON.integer)
    case .bool: return .bool(bits != 0)
    case .f16, .bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .c64, .c128: return nil
    }
  }

  /// `numpy.dtype('f4', …)` with a state whose second item is the order of bytes.
  private func element(_ value: PickleValue) -> Element? {
    guard let type = ForeignObject(value, in: objects), type.name == "numpy.dtype",
      case .string(let word)? = type.arguments.first, let state = tuple(type.state),
      state.count > 1, case .string(let order) = state[1], let dtype = NumPyHeader.words[word],
      ["<", ">", "|", "="].contains(order)
    else { return nil }
    return Element(dtype: dtype, isBigEndian: order == ">")
  }

  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard case .object(let index) = value, objects[index].kind == .tuple else { return nil }
    return objects[index].items
  }
}
