import Containers
import Diagnostics
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a conversion goes: a file, or a folder as `save_pretrained` makes it.
///
/// A name without an ending is a folder's.
struct Output {
  /// The file of the weights.
  let file: String
  let folder: String?
  let container: any WritableContainer.Type

  /// - Parameter target: whose names it gets: KerasHub's folders have a form of their own.
  init(_ destination: String, as target: Conversion.Target? = nil) throws(CrosswalkError) {
    var status = stat()
    let isThere = stat(destination, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let name = destination.split(separator: "/").last ?? ""
    if isThere || destination.hasSuffix("/") || !name.contains(".") {
      folder = destination
      let isPreset = target == .dialect(KerasPreset.dialect)
      file = Self.join(destination, isPreset ? KerasPreset.weightsName : "model.safetensors")
    } else {
      folder = nil
      file = destination
    }
    container = try ContainerRegistry.writable(for: file)
  }

  var isFolder: Bool { folder != nil }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { Self.join(folder ?? "", name) }

  func refuseExisting(unless replacing: Bool) throws(CrosswalkError) {
    for path in [file] + (isFolder ? [path("config.json")] : [])
    where !replacing && access(path, F_OK) == 0 {
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: path),
        remedy: "give --force to replace it, or another name")
    }
  }

  func makeFolder() throws(CrosswalkError) {
    guard let folder, !Temporaries.makeFolder(folder), errno != EEXIST else { return }
    throw CrosswalkError(
      .cannotWrite, "the folder cannot be made", at: Place(file: folder),
      cause: String(cString: strerror(errno)))
  }

  /// Takes the folder away again, if it was made here and nothing is in it.
  func removeFolder() {
    if let folder { Temporaries.removeFolder(folder) }
  }

  /// Files to go beside the weights, not in their places yet; none when the weights go to a file.
  func write(_ companions: [Companion], replacing: Bool, options: WriteOptions)
    throws(CrosswalkError) -> [FileWriter]
  {
    guard isFolder else { return [] }
    var files: [FileWriter] = []
    for companion in companions {
      let file = try FileWriter(path(companion.name), replacing: replacing)
      switch companion.body {
      case .text(let json): try file.append(Array((json.text(indented: true) + "\n").utf8))
      case .weights(let contents):
        try HDF5.write(contents, to: file, options: options, observer: Silence())
      }
      try file.finish()
      files.append(file)
    }
    return files
  }

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") || folder.isEmpty ? folder + name : "\(folder)/\(name)"
  }
}

/// What goes to a destination.
struct Parcel {
  var contents: Contents
  var companions: [Companion]
  /// What is not quite as it was, in sentences.
  var notes: [String] = []
}

/// A file that goes beside the weights, by its name.
struct Companion {
  let name: String
  let body: Body

  enum Body {
    case text(JSON)
    case weights(Contents)
  }

  /// The config as `save_pretrained` has it beside the weights, and what is said of how text is
  /// generated, if there are such.
  static func config(_ config: JSON?, generation: JSON? = nil) -> [Companion] {
    let texts = [("config.json", config), (Checkpoint.generationName, generation)]
    return texts.compactMap { name, text in text.map { Companion(name: name, body: .text($0)) } }
  }
}
