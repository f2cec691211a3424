import Diagnostics
import Documents
import Tensors

/// Arrays within an array of a single Python object: a dictionary, pickled.
///
/// So Keras keeps the variables of each layer when it is told `weights_format="npz"`, and so people
/// keep dictionaries of arrays with `numpy.savez`. The pickle is read by the machine that reads those
/// of torch: it builds arrays and plain containers, and calls nothing.
struct PickledArrays {
  private let machine: PickleMachine
  private let members: [PickleValue]

  /// The name of the member that holds the variables of a model itself.
  private static let rootName = "__root__"

  /// Reads an array with its header.
  ///
  /// - Throws: `unsupported` when the object is not a dictionary, or whatever the pickle meets.
  init(_ bytes: [UInt8]) throws(CrosswalkError) {
    let head = Array(bytes.prefix(NumPyHeader.maximumSize))
    guard let start = try NumPyHeader.startOfPickle(head) else {
      throw CrosswalkError(.malformed, "an array that is not of one object")
    }
    var machine = PickleMachine(Array(bytes[start...]), origin: start)
    let root = try machine.run()
    guard let array = ForeignObject(root, in: machine.objects),
      let list = NumPyPickle(objects: machine.objects).object(array),
      case .object(let index) = list, machine.objects[index].kind == .dictionary
    else {
      throw CrosswalkError(
        .unsupported, "an array of Python objects", expected: "numbers, or a dictionary of arrays",
        remedy: "save numbers: array.astype(…)")
    }
    self.machine = machine
    members = machine.objects[index].items
  }

  /// The arrays by their names: `layers/dense/vars/0` where Keras numbers the variables of a layer,
  /// `name/key` for any other dictionary.
  ///
  /// - Throws: `unsupported` for what is no array.
  func tensors(in name: String) throws(CrosswalkError) -> [(String, StoredTensor)] {
    var result: [(String, StoredTensor)] = []
    var entries: [(key: String, TensorTable)] = []
    for start in stride(from: 0, to: members.count, by: 2) {
      var tree = TorchTree(machine.objects, storages: NoStorages())
      let key = try tree.keyText(members[start])
      // What a variable says of itself beside its numbers is of no use without its Keras.
      let rest = try tree.walk(members[start + 1]).values
      guard tree.tensors.count == 1, rest?["state"] != nil || rest == nil else {
        throw CrosswalkError(
          .unsupported, "the member '\(key)' of a dictionary is not an array",
          expected: "an array, or a variable of Keras", found: "\(tree.tensors.count) arrays",
          remedy: "save each array under a name of its own")
      }
      entries.append((key, tree.tensors))
    }
    let areVariables = entries.allSatisfy { $0.key.allSatisfy { "0"..."9" ~= $0 } }
    let group = [name == Self.rootName ? "" : name, areVariables ? "vars" : ""]
      .filter { !$0.isEmpty }
    for (key, tensors) in entries {
      for (_, tensor) in tensors {
        result.append(((group + [key]).joined(separator: "/"), tensor))
      }
    }
    return result
  }
}

extension NumPyPickle {
  /// The only element of an array of one object; nil for other arrays.
  func object(_ array: ForeignObject) -> PickleValue? {
    guard isArray(array), let state = tuple(array.state), state.count == 5,
      tuple(state[1])?.isEmpty == true, case .object(let index) = state[4],
      objects[index].kind == .list, objects[index].items.count == 1
    else { return nil }
    return objects[index].items[0]
  }
}
