import Diagnostics

extension PickleMachine {
  /// What a call of one of the known names gives.
  mutating func call(_ callee: PickleValue, _ arguments: [PickleValue]) throws(CrosswalkError)
    -> PickleValue
  {
    guard case .global(let global) = callee else {
      if ForeignObject(callee, in: objects) != nil {
        return try foreign("a call", [callee] + arguments)
      }
      throw refusal(.unsafe, "the pickle calls what is no known name")
    }
    switch global {
    case .orderedDictionary: return try orderedDictionary(arguments)
    case .set: return try make(.set, try arguments.first.map(elements) ?? [])
    case .size: return try make(.tuple, try arguments.first.map(elements) ?? [], by: .size)
    case .encode, .byteArray: return try bytes(arguments)
    case .complex, .device: return try make(.call, try scalars(arguments), by: global)
    case .rebuildTensor, .rebuildTensorWithDType:
      return try tensor(arguments, hasDType: global == .rebuildTensorWithDType)
    case .rebuildParameter: return try parameter(arguments)
    case .rebuildFromType: return try rebuild(arguments)
    case .loadFromBytes: return try embeddedStorage(arguments)
    case .foreign(let name): return try foreign(name, arguments)
    case .tensorClass, .storage, .dtype:
      throw refusal(
        .unsafe, "the pickle calls a class that may only be named",
        remedy: "save the state_dict instead: torch.save(model.state_dict(), FILE)")
    }
  }

  /// The storage that a persistent identity names.
  mutating func storage(_ identity: PickleValue) throws(CrosswalkError) -> PickleValue {
    let items = try items(identity, .tuple)
    guard items.count >= 5, case .string("storage") = items[0], case .global(.storage) = items[1],
      case .string = items[2], case .integer(let count) = items[4], count >= 0
    else { throw refusal(.malformed, "a persistent identity that is no storage") }
    return try make(.storage, Array(items[1...]))
  }

  private mutating func orderedDictionary(_ arguments: [PickleValue]) throws(CrosswalkError)
    -> PickleValue
  {
    var items: [PickleValue] = []
    for pair in try arguments.first.map(elements) ?? [] {
      let pair = try elements(pair)
      guard pair.count == 2 else {
        throw refusal(.malformed, "a dictionary's member that is no pair")
      }
      items += pair
    }
    return try make(.dictionary, items, by: .orderedDictionary)
  }

  private mutating func tensor(_ arguments: [PickleValue], hasDType: Bool) throws(CrosswalkError)
    -> PickleValue
  {
    guard arguments.count >= (hasDType ? 7 : 4) else {
      throw refusal(.malformed, "a tensor with too few arguments")
    }
    _ = try object(arguments[0], .storage)
    let rest = arguments.dropFirst(hasDType ? 7 : 6)
    return try make(
      .tensor, Array(arguments[..<4]) + [hasDType ? arguments[6] : .none, rest.first ?? .none])
  }

  private func parameter(_ arguments: [PickleValue]) throws(CrosswalkError) -> PickleValue {
    guard let first = arguments.first else {
      throw refusal(.malformed, "a parameter without a tensor")
    }
    // What is no tensor here is refused where its name is known.
    if ForeignObject(first, in: objects) == nil { _ = try object(first, .tensor) }
    return first
  }

  /// A tensor with attributes of its own: function, class, the function's arguments, attributes.
  private mutating func rebuild(_ arguments: [PickleValue]) throws(CrosswalkError) -> PickleValue {
    guard arguments.count >= 3, case .global(.tensorClass) = arguments[1] else {
      throw refusal(.unsupported, "a tensor of a class of its own")
    }
    switch arguments[0] {
    case .global(.rebuildTensor), .global(.rebuildTensorWithDType), .global(.rebuildParameter):
      return try call(arguments[0], try items(arguments[2], .tuple))
    case .global(.foreign(let name)) where ForeignNames.unreadTensors[name] != nil:
      return try call(arguments[0], try items(arguments[2], .tuple))
    default: throw refusal(.malformed, "a tensor rebuilt by what does not rebuild tensors")
    }
  }

  /// `_codecs.encode(text, "latin1")`, as Python 2 pickles bytes, or `bytearray`.
  private func bytes(_ arguments: [PickleValue]) throws(CrosswalkError) -> PickleValue {
    switch arguments.first {
    case nil: return .bytes([])
    case .bytes(let bytes)?: return .bytes(bytes)
    case .string(let text)? where text.unicodeScalars.allSatisfy { $0.value < 256 }:
      return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    default: throw refusal(.malformed, "bytes made from something else than text")
    }
  }

  /// Arguments that are texts and numbers.
  private func scalars(_ arguments: [PickleValue]) throws(CrosswalkError) -> [PickleValue] {
    for argument in arguments {
      switch argument {
      case .string, .integer, .double: continue
      default: throw refusal(.malformed, "a device or a number made from something else")
      }
    }
    return arguments
  }

  /// The elements of a list, tuple or set.
  private func elements(_ value: PickleValue) throws(CrosswalkError) -> [PickleValue] {
    guard case .object(let index) = value,
      [.list, .tuple, .set].contains(objects[index].kind)
    else { throw refusal(.malformed, "the pickle uses something else as a sequence") }
    return objects[index].items
  }
}
