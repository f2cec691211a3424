/// A value on the stack of the pickle machine: small ones are here, others stand in its heap.
///
/// An object is an index, never a copy: a pickle that refers to one list a million times costs a
/// million indices, and a value a million levels deep is released without recursion.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  /// An integer beyond 64 bits, in two's complement, the lowest byte first.
  case long([UInt8])
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case global(TorchGlobal)
  case object(Int)
}

/// What stands in the machine's heap.
struct PickleObject {
  let kind: Kind
  /// Elements in order; of a dictionary each key and then its value.
  var items: [PickleValue] = []
  /// What was called to make it, where its kind does not tell.
  var maker: TorchGlobal?

  enum Kind: String {
    case tuple
    case list
    case dictionary
    case set
    /// Storage class, key or the bytes themselves, device, count of elements or bytes.
    case storage
    /// Storage, offset, extents, steps, and the dtype or none.
    case tensor
    /// A device or a complex number, from texts and numbers.
    case call
    /// An object of a class that is not known: see ``ForeignObject``.
    case foreign
  }
}

/// The names that have a meaning here; each stands for something that is done in Swift.
///
/// Nothing is looked up or called in Python's sense.
enum TorchGlobal: Hashable {
  case orderedDictionary
  case set
  case byteArray
  case complex
  case encode
  case size
  case device
  case rebuildTensor
  case rebuildTensorWithDType
  case rebuildParameter
  case rebuildFromType
  case loadFromBytes
  /// `torch.Tensor` or `torch.nn.Parameter`, which a rebuilt tensor may say it is.
  case tensorClass
  /// A class such as `FloatStorage`, by its name.
  case storage(String)
  /// A dtype such as `float16`, by its name.
  case dtype(String)
  /// Any other name, with its module; it stays a name.
  case foreign(String)

  private static let named: [String: TorchGlobal] = [
    "collections.OrderedDict": .orderedDictionary,
    "__builtin__.set": .set, "builtins.set": .set,
    "__builtin__.frozenset": .set, "builtins.frozenset": .set,
    "__builtin__.bytearray": .byteArray, "builtins.bytearray": .byteArray,
    "__builtin__.complex": .complex, "builtins.complex": .complex,
    "__builtin__.bytes": .byteArray, "builtins.bytes": .byteArray, "_codecs.encode": .encode,
    "torch.Size": .size, "torch.device": .device,
    "torch._utils._rebuild_tensor": .rebuildTensor,
    "torch._utils._rebuild_tensor_v2": .rebuildTensor,
    "torch._utils._rebuild_tensor_v3": .rebuildTensorWithDType,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch.storage._load_from_bytes": .loadFromBytes,
    "torch.Tensor": .tensorClass, "torch._tensor.Tensor": .tensorClass,
    "torch.nn.parameter.Parameter": .tensorClass,
    "torch.storage.UntypedStorage": .storage("UntypedStorage"),
  ]

  /// The meaning of a name; nil for every name that is not on the list.
  init?(_ module: String, _ name: String) {
    if let known = TorchGlobal.named["\(module).\(name)"] {
      self = known
    } else if module == "torch", TorchTypes.storages.keys.contains(name) {
      self = .storage(name)
    } else if module == "torch", TorchTypes.dtypes.keys.contains(name) {
      self = .dtype(name)
    } else {
      return nil
    }
  }
}

extension PickleObject {
  /// A device or a complex number as text: `cuda:0`, `complex(1.0, 2.0)`.
  var text: String {
    let words = items.compactMap(TorchTree.json).map(TorchTree.text)
    return maker == .device
      ? words.joined(separator: ":") : "complex(\(words.joined(separator: ", ")))"
  }
}
