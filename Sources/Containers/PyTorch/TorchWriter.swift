public import Diagnostics
import Documents
import Tensors

extension PyTorch {
  /// Writes the tensors and values as ``TorchStructure`` says that a checkpoint held them; where
  /// nothing, or something of other tensors, is said, an `OrderedDict` of the tensors by their names,
  /// as `torch.save(state_dict)` does, with the `values` of the metadata as further members.
  ///
  /// `torch.load(weights_only=True)` opens it. Tensors that are equal views of one storage share
  /// one here too. `archive` is torch's own and made anew; the rest of the metadata is kept in a
  /// member of the archive that torch passes over.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    let plan = TorchPlan(contents)
    let prefix = TorchPlan.prefix(for: file.destination)
    let pickle = try plan.pickle(of: contents)
    var zip = ZipWriter(file, alignment: TorchPlan.alignment)
    try zip.add(prefix + TorchArchive.pickleName, pickle)
    try zip.add(prefix + ".format_version", Array("1".utf8))
    try zip.add(prefix + ".storage_alignment", Array("\(TorchPlan.alignment)".utf8))
    try zip.add(prefix + "byteorder", Array("little".utf8))
    if let kept = plan.kept(contents.metadata) { try zip.add(prefix + metadataName, kept) }
    for (key, storage) in plan.storages.enumerated() {
      try zip.add(prefix + "data/\(key)", size: storage.tensor.byteCount) {
        (append) throws(CrosswalkError) in
        try storage.tensor.forEachPiece(named: storage.name, observer: observer, append)
      }
    }
    try zip.add(prefix + "version", Array("3\n".utf8))
    try zip.add(prefix + ".data/serialization_id", TorchPlan.identity(zip.checksums))
    try zip.finish()
  }
}

/// Which storages a checkpoint gets, and which tensor fills which.
struct TorchPlan {
  private(set) var storages: [(name: String, tensor: StoredTensor)] = []
  private var keys: [String: Int] = [:]
  /// What holds the tensors and values; nil for a dictionary by their names.
  private let structure: TorchStructure?

  /// Where torch wants each storage to begin.
  static let alignment = 64

  /// Tensors alike in this are one tensor under several names.
  private struct Identity: Hashable {
    let storage: StoredTensor.Storage
    let dtype: DType
    let shape: [Int]
  }

  init(_ contents: Contents) {
    let structure = TorchStructure(in: contents.metadata)
    let names = structure?.tensors ?? []
    let isOfThese =
      names.count == contents.tensors.count && Set(names) == Set(contents.tensors.names)
    self.structure = isOfThese ? structure : nil
    var known: [Identity: Int] = [:]
    for (name, tensor) in contents.tensors {
      let identity = tensor.storage.map {
        Identity(storage: $0, dtype: tensor.dtype, shape: tensor.shape)
      }
      if let identity, let key = known[identity] {
        keys[name] = key
        continue
      }
      if let identity { known[identity] = storages.count }
      keys[name] = storages.count
      storages.append((name, tensor))
    }
  }

  func pickle(of contents: Contents) throws(CrosswalkError) -> [UInt8] {
    var writer = PickleWriter()
    if let structure {
      try writer.structure(structure.root) { (writer, name) throws(CrosswalkError) in
        guard let tensor = contents.tensors[name] else { return }
        writer.tensor(tensor, storage: "\(keys[name] ?? 0)")
      }
      return writer.finish()
    }
    writer.orderedDictionary()
    writer.mark()
    for (name, tensor) in contents.tensors {
      writer.string(name)
      writer.tensor(tensor, storage: "\(keys[name] ?? 0)")
    }
    for (name, value) in contents.metadata["values"]?.objectValue?.members ?? [] {
      guard contents.tensors[name] == nil else {
        throw CrosswalkError(
          .unsupported, "a value has the name of a tensor", at: Place(.tensor(name)))
      }
      writer.string(name)
      writer.value(value)
    }
    writer.setItems()
    return writer.finish()
  }

  /// The folder within the archive: the file's name without its ending, as torch chooses it.
  static func prefix(for destination: String) -> String {
    let name = Folder.lastComponent(destination)
    let stem = name[..<(name.lastIndex(of: ".") ?? name.endIndex)]
    return (stem.isEmpty ? "archive" : stem) + "/"
  }

  /// The metadata that is not in the pickle.
  func kept(_ metadata: JSON) -> [UInt8]? {
    var rest = metadata.objectValue ?? JSONObject()
    rest["archive"] = nil
    if rest["values"]?.objectValue != nil || structure != nil { rest["values"] = nil }
    if let structure {
      let held = [TorchStructure.key] + structure.keys
      for key in held { rest[key] = nil }
      if var attributes = rest["attributes"]?.objectValue {
        for key in held { attributes[key] = nil }
        rest["attributes"] = attributes.isEmpty ? nil : .object(attributes)
      }
    }
    return rest.isEmpty ? nil : Array(JSON.object(rest).text(indented: false).utf8)
  }

  /// Forty digits that follow from what was written, so that equal contents give equal files.
  static func identity(_ checksums: [UInt32]) -> [UInt8] {
    var (first, second) = (UInt64(0xCBF2_9CE4_8422_2325), UInt64(0x9E37_79B9_7F4A_7C15))
    for checksum in checksums {
      first = (first ^ UInt64(checksum)) &* 0x0000_0100_0000_01B3
      second = (second ^ first) &* 0xBF58_476D_1CE4_E5B9
    }
    return [first, second].flatMap { number in
      let digits = "\(number)".utf8
      return [UInt8](repeating: UInt8(ascii: "0"), count: 20 - digits.count) + Array(digits)
    }
  }
}
