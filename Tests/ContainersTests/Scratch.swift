import Containers
import Diagnostics
import Foundation
import TestSupport
import Tensors

extension Scratch {
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
