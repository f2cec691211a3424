public import Diagnostics

/// The containers that are known here, and which of them a file is.
public enum ContainerRegistry {
  /// All of them, in the order in which a folder's weights are preferred.
  public static let all: [any Container.Type] = [
    // Keras before HDF5, whose signature may stand in an archive where it is looked for.
    Safetensors.self, PyTorch.self, Keras.self, HDF5.self, NumPy.self,
    TensorFlowCheckpoint.self, GGUF.self, WordVectors.self,
  ]

  /// The container that a file's bytes are of.
  public static func container(of file: FileReader) -> (any Container.Type)? {
    all.first { $0.recognises(file) }
  }

  /// The container of a name in reports.
  public static func container(named name: String) -> (any Container.Type)? {
    all.first { $0.name == name }
  }

  /// Whether a file is named as one shard of several, of any container.
  static func isShard(_ name: String) -> Bool { all.contains { $0.isShard(name) } }

  private static var writable: [any WritableContainer.Type] {
    all.compactMap { $0 as? any WritableContainer.Type }
  }

  /// The endings that ask for the containers which can do something, as a message names them.
  public static func endings(where can: (any WritableContainer.Type) -> Bool) -> String {
    writable.filter(can).compactMap { $0.fileExtensions.first.map { "." + $0 } }
      .joined(separator: " or ")
  }

  /// The container that a destination asks for by the ending of its name.
  ///
  /// - Throws: `unsupported` when no container has this ending.
  public static func writable(for destination: String) throws(CrosswalkError)
    -> any WritableContainer.Type
  {
    let name = Folder.lastComponent(destination)
    // The longest ending says most: `.word2vec.bin` is not `.bin`.
    let named = writable.map { ($0, $0.endingLength(of: name)) }.max { $0.1 < $1.1 }
    if let (container, length) = named, length > 0 { return container }
    throw CrosswalkError(
      .unsupported, "the name does not say which container to write", at: Place(file: destination),
      remedy: "end it in one of "
        + writable.flatMap { $0.fileExtensions }.map { "." + $0 }.joined(separator: ", "))
  }

  /// The file to open for a path that is none itself; nil where no container knows one.
  static func file(for path: String) throws(CrosswalkError) -> String? {
    for container in all {
      if let file = try container.file(for: path) { return file }
    }
    return nil
  }

  /// Opens one file, whichever container it is.
  ///
  /// - Throws: `unrecognized` when it is none, or whatever opening it meets.
  public static func open(_ file: FileReader, options: ReadOptions = ReadOptions())
    throws(CrosswalkError) -> (
      container: any Container.Type, contents: Contents
    )
  {
    guard let container = container(of: file) else { throw unrecognized(file) }
    do { return (container, try container.open(file, options: options)) } catch {
      throw error.inFile(file.path)
    }
  }

  static func unrecognized(_ file: FileReader) -> CrosswalkError {
    let head = file.head(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    let known = stranger(file)
    return CrosswalkError(
      .unrecognized, "no container that is known here", at: Place(file: file.path),
      expected: (all.map { $0.name } + ["an index of shards"]).joined(separator: ", "),
      found: head.isEmpty
        ? "an empty file" : known?.words ?? "bytes " + head.joined(separator: " "),
      remedy: known?.remedy)
  }

  /// What people often have in place of a checkpoint, and what they can do; nil for anything else.
  private static func stranger(_ file: FileReader) -> (words: String, remedy: String)? {
    let head = file.head(265)
    let isTar = head.dropFirst(257).starts(with: "ustar".utf8)
    if isTar,
      ["storages", "tensors", "pickle", "sys_info"].contains(where: { head.starts(with: $0.utf8) })
    {
      return (
        "a checkpoint of PyTorch 0.1, a tar archive",
        "load it with torch.load(FILE, weights_only=False) if you trust it, and save its state_dict"
      )
    }
    if isTar || head.starts(with: [0x1F, 0x8B]) {
      return ("an archive of files, by tar or gzip", "unpack it, and give the folder within")
    }
    if head.starts(with: Array("PK".utf8) + [3, 4]) {
      return (
        "a zip archive without weights that are known here",
        "give the checkpoint that is in it, or save the model's state_dict"
      )
    }
    if head.starts(with: "version https://git-lfs".utf8) {
      return ("a pointer of Git LFS, not the file itself", "fetch the file: git lfs pull")
    }
    if head.first == 0x80, let version = head.dropFirst().first, (2...5).contains(version) {
      return (
        "a pickle that torch did not save", "load it where it was made, and save it with torch.save"
      )
    }
    if head.starts(with: [0xBA, 0x16, 0x4F, 0x2F]) {
      return (
        "a model of fastText", "give the vectors beside it that end in .vec, or save them so"
      )
    }
    let text = head.drop { " \n\r\t".utf8.contains($0) }.prefix(9)
    if [UInt8(ascii: "<")].elementsEqual(text.prefix(1)) {
      return ("a web page or XML", "download the file again, by its direct address")
    }
    // A character may be cut at the end.
    if let text = (0..<4).lazy.compactMap({ String(validating: head.dropLast($0), as: UTF8.self) })
      .first, !text.utf8.contains(where: { $0 < 9 })
    {
      let line = text.split(whereSeparator: \.isNewline).first ?? ""
      return (
        "a text, which begins '\(line.prefix(40))'",
        "of texts, word vectors are read: rows of a word and its numbers, all of one width"
      )
    }
    return nil
  }
}

extension Container {
  /// Whether a file's name ends as this container's do.
  static func names(_ name: String) -> Bool {
    endingLength(of: name) > 0
  }

  /// The length of the longest of this container's endings that a file's name has; 0 for none.
  static func endingLength(of name: String) -> Int {
    let name = name.lowercased()
    return fileExtensions.reduce(0) {
      name.hasSuffix("." + $1) ? max($0, $1.utf8.count) : $0
    }
  }
}
