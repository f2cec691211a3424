public import Diagnostics

/// The containers that are known here, and which of them a file is.
public enum ContainerRegistry {
  /// All of them, in the order in which a folder's weights are preferred.
  public static let all: [any Container.Type] = [
    // Keras before HDF5, whose signature may stand in an archive where it is looked for.
    Safetensors.self, PyTorch.self, Keras.self, HDF5.self, NumPy.self,
    TensorFlowCheckpoint.self, GGUF.self,
  ]

  /// The container that a file's bytes are of.
  public static func container(of file: FileReader) -> (any Container.Type)? {
    all.first { $0.recognises(file) }
  }

  /// The container of a name in reports.
  public static func container(named name: String) -> (any Container.Type)? {
    all.first { $0.name == name }
  }

  /// The container that a destination asks for by the ending of its name.
  ///
  /// - Throws: `unsupported` when no container has this ending.
  public static func writable(for destination: String) throws(CrosswalkError)
    -> any WritableContainer.Type
  {
    let writable = all.compactMap { $0 as? any WritableContainer.Type }
    let name = Folder.lastComponent(destination)
    if let container = writable.first(where: { $0.names(name) }) { return container }
    throw CrosswalkError(
      .unsupported, "the name does not say which container to write", at: Place(file: destination),
      remedy: "end it in one of "
        + writable.flatMap { $0.fileExtensions }.map { "." + $0 }.joined(separator: ", "))
  }

  /// Opens one file, whichever container it is.
  ///
  /// - Throws: `unrecognized` when it is none, or whatever opening it meets.
  public static func open(_ file: FileReader) throws(CrosswalkError) -> (
    name: String, contents: Contents
  ) {
    guard let container = container(of: file) else { throw unrecognized(file) }
    do { return (container.name, try container.open(file)) } catch { throw error.inFile(file.path) }
  }

  static func unrecognized(_ file: FileReader) -> CrosswalkError {
    let head = file.head(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return CrosswalkError(
      .unrecognized, "no container that is known here", at: Place(file: file.path),
      expected: (all.map { $0.name } + ["an index of shards"]).joined(separator: ", "),
      found: head.isEmpty ? "an empty file" : "bytes " + head.joined(separator: " "))
  }
}

extension Container {
  /// Whether a file's name ends as this container's do.
  static func names(_ name: String) -> Bool {
    let name = name.lowercased()
    return fileExtensions.contains { name.hasSuffix("." + $0) }
  }
}
