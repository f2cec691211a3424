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

  init(_ destination: String) throws(CrosswalkError) {
    var status = stat()
    let isThere = stat(destination, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let name = destination.split(separator: "/").last ?? ""
    if isThere || destination.hasSuffix("/") || !name.contains(".") {
      folder = destination
      file = Self.join(destination, "model.safetensors")
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

  /// A config to go beside the weights, not in its place yet; nil when the weights go to a file.
  func configFile(_ config: JSON, replacing: Bool) throws(CrosswalkError) -> FileWriter? {
    guard isFolder else { return nil }
    let file = try FileWriter(path("config.json"), replacing: replacing)
    try file.append(Array((config.text(indented: true) + "\n").utf8))
    try file.finish()
    return file
  }

  private static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") || folder.isEmpty ? folder + name : "\(folder)/\(name)"
  }
}
