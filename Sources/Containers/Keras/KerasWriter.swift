public import Diagnostics
import Documents
import Tensors

extension Keras {
  /// Writes an archive that `keras.saving.load_model` opens: the texts, the weights, the assets.
  ///
  /// The weights are made as HDF5 beside the destination first, since libhdf5 writes no archives;
  /// the disk needs room for them twice.
  ///
  /// - Throws: `unsupported` without a config, or when an asset that the metadata lists is not
  ///   attached; `cannotWrite`.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    let texts = try texts(of: contents)
    let assets = try assets(of: contents)
    let weights = try FileWriter(file.destination + ".weights", replacing: true)
    try HDF5.write(weightsPart(of: contents), to: weights, options: options, observer: observer)
    var zip = ZipWriter(file, alignment: 64)
    // The order in which Keras writes them.
    for (name, bytes) in texts { try zip.add(name, bytes) }
    let whole = try FileReader(weights.temporaryPath)
    let bytes = try StoredTensor(
      .u8, [whole.size], source: FileSource(whole, at: 0, of: .u8))
    for (name, tensor) in [(weightsName, bytes)] + assets {
      try zip.add(name, size: tensor.byteCount) { (append) throws(CrosswalkError) in
        try tensor.forEachPiece { (_, bytes) throws(CrosswalkError) in try append(bytes) }
      }
    }
    try zip.finish()
  }

  /// What of the contents goes into the weights' file.
  private static func weightsPart(of contents: Contents) -> Contents {
    var metadata = JSONObject()
    let members = contents.metadata.objectValue?.members ?? []
    for (key, value) in members where !["config", "metadata", "assets"].contains(key) {
      metadata[key] = value
    }
    return Contents(tensors: contents.tensors, metadata: .object(metadata))
  }

  private static func texts(of contents: Contents) throws(CrosswalkError) -> [(String, [UInt8])] {
    let metadata = try text(metadataName, key: "metadata", of: contents)
    guard let config = try text(configName, key: "config", of: contents) else {
      throw CrosswalkError(
        .unsupported, "a .keras file needs the config of its model, and the source has none",
        remedy: "give it with --config, as model.to_json() or a .keras archive has it; or end the "
          + "destination in .weights.h5")
    }
    return [(metadataName, metadata ?? Array("{}".utf8)), (configName, config)]
  }

  /// A text as it was read, or as the metadata has it.
  private static func text(_ name: String, key: String, of contents: Contents)
    throws(CrosswalkError) -> [UInt8]?
  {
    if let attached = contents.attachments[name] { return try attached.bytes() }
    return contents.metadata[key].map { Array($0.text(indented: false).utf8) }
  }

  private static func assets(of contents: Contents) throws(CrosswalkError)
    -> [(String, StoredTensor)]
  {
    for case .string(let name) in contents.metadata["assets"]?.arrayValue ?? []
    where contents.attachments[name] == nil {
      throw CrosswalkError(
        .unsupported, "an asset of the model is not at hand", at: Place(.entry(name)),
        remedy: "convert the .keras file itself, with --to same")
    }
    return contents.attachments.filter { $0.0 != configName && $0.0 != metadataName }
  }
}
