import Containers
import Diagnostics
import Foundation
import Tensors

/// Folders and files that last as long as a test.
enum Scratch {
  /// Calls a closure with the path of a fresh folder, which is removed afterwards.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  /// A file of these bytes, open.
  static func file(_ bytes: [UInt8], in folder: String, named name: String = "file") throws
    -> FileReader
  {
    try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
    return try FileReader("\(folder)/\(name)")
  }

  /// Writes contents and opens what was written.
  static func write<Format: WritableContainer>(
    _ contents: Contents, as format: Format.Type, to path: String
  ) throws -> Contents {
    let writer = try FileWriter(path)
    try Format.write(contents, to: writer, options: WriteOptions(), observer: Silence())
    try writer.commit()
    let reader = try FileReader(path)
    guard Format.recognises(reader) else {
      throw CrosswalkError(.unrecognized, "not recognised", at: Place(file: path))
    }
    return try Format.open(reader)
  }
}
