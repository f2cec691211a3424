public import Diagnostics
public import Documents
import Tensors

/// What `model.save("….keras")` of Keras 3 writes: a zip archive of a config and weights in HDF5.
///
/// The weights are read where they lie in the archive, by ``HDF5``; nothing is extracted. A tensor's
/// name is its dataset's path (`layers/dense/vars/0`). With `weights_format="npz"` they are pickled
/// arrays, which ``NumPy`` reads; what is written is HDF5.
///
/// ``Contents/metadata`` is that of ``HDF5`` for the weights, and beside it
/// - `config`: the model's `config.json`;
/// - `metadata`: `metadata.json`, which tells the version of Keras;
/// - `assets`: the names of the other members.
///
/// ``Contents/attachments`` has all members but the weights, as they are.
public enum Keras: WritableContainer {
  /// Its name in reports.
  public static let name = "Keras"
  /// The endings of its files.
  public static let fileExtensions = ["keras"]
  /// The weights are HDF5, which may be deflated.
  public static var compresses: Bool { true }
  /// The config may be any graph of layers.
  public static var carriesGraphs: Bool { true }
  /// Keras looks for variables by its own paths.
  public static func dialect(forNames names: [String], from container: String) -> String? {
    container == name || names.allSatisfy(KerasFacts.isVariable) ? nil : "keras"
  }

  /// How the weights are laid out, and which Keras wrote them.
  public static let descriptions = HDF5.descriptions + ["metadata"]

  static let weightsName = "model.weights.h5"
  static let arraysName = "model.weights.npz"
  static let configName = "config.json"
  static let metadataName = "metadata.json"

  /// Whether the file is an archive of a config and weights.
  public static func recognises(_ file: FileReader) -> Bool {
    guard ZipReader.recognises(file) else { return false }
    if let zip = try? ZipReader(file) {
      return zip[configName] != nil && (zip[weightsName] != nil || zip[arraysName] != nil)
    }
    // A damaged archive still begins with its metadata, as Keras writes it and we do.
    let name = Array(metadataName.utf8)
    return file.head(30 + name.count).dropFirst(30).elementsEqual(name)
  }

  /// Reads the texts and surveys the weights, which are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    try open(file) { (weights) throws(CrosswalkError) in
      try HDF5.open(weights, options: options)
    }
  }

  /// Reads an archive whose weights a closure surveys.
  static func open(
    _ file: FileReader, _ survey: (FileReader) throws(CrosswalkError) -> Contents
  ) throws(CrosswalkError) -> Contents {
    do throws(CrosswalkError) {
      let zip = try ZipReader(file)
      let texts = [
        ("config", try text(configName, in: zip)), ("metadata", try text(metadataName, in: zip)),
      ]
      var contents = try weights(in: zip, survey)
      var metadata = contents.metadata.objectValue ?? JSONObject()
      for (key, text) in texts { metadata[key] = text }
      for member in zip.members
      where ![weightsName, arraysName].contains(member.name) && !member.isFolder {
        try contents.attachments.append(member.name, bytes(of: member, in: zip))
      }
      let assets = assets(among: contents.attachments.names)
      if !assets.isEmpty { metadata["assets"] = .array(assets.map { .string($0) }) }
      contents.metadata = .object(metadata)
      return contents
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// The config within contents that were read from an archive; nil for others.
  public static func config(in contents: Contents, of path: String) throws(CrosswalkError)
    -> Document?
  {
    guard let config = contents.attachments[configName] else { return nil }
    do throws(CrosswalkError) { return try Document(parsing: config.bytes(), file: path) } catch {
      throw error.inside(.entry(configName))
    }
  }

  /// The members that are no part of every archive.
  static func assets(among names: [String]) -> [String] {
    names.filter { $0 != configName && $0 != metadataName }
  }

  private static func weights(
    in zip: ZipReader, _ survey: (FileReader) throws(CrosswalkError) -> Contents
  ) throws(CrosswalkError) -> Contents {
    guard let member = zip[weightsName] ?? zip[arraysName] else {
      throw CrosswalkError(.malformed, "the archive has no weights", expected: weightsName)
    }
    try zip.checkStored(member)
    let window = try FileReader(zip.file, at: member.dataOffset, count: member.size)
    do throws(CrosswalkError) {
      // Keras 3.15 has written arrays under the name of HDF5.
      if NumPy.recognises(window) { return try NumPy.open(window) }
      guard HDF5.recognises(window) else {
        throw CrosswalkError(.malformed, "the weights are no HDF5")
      }
      return try survey(window)
    } catch {
      throw error.inside(.entry(member.name))
    }
  }

  private static func text(_ name: String, in zip: ZipReader) throws(CrosswalkError) -> JSON? {
    guard let member = zip[name] else { return nil }
    let bytes = try zip.bytes(of: member, atMost: Document.maximumFileSize)
    do throws(CrosswalkError) { return try Document(parsing: bytes).root } catch {
      throw error.inside(.entry(name))
    }
  }

  private static func bytes(of member: ZipReader.Member, in zip: ZipReader) throws(CrosswalkError)
    -> StoredTensor
  {
    try zip.checkStored(member)
    let source = FileSource(zip.file, at: member.dataOffset, of: .u8)
    return try StoredTensor(.u8, [member.size], source: source)
  }
}

extension ZipReader.Member {
  /// Whether it stands for a folder, and holds nothing.
  fileprivate var isFolder: Bool { name.hasSuffix("/") && size == 0 }
}
