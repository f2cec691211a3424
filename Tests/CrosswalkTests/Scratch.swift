import Containers
import Diagnostics
import TestSupport
import Tensors

extension Scratch {
  /// Calls a closure with the path of a safetensors file of these tensors.
  static func withCheckpoint<Result>(
    _ tensors: [(String, StoredTensor)], _ body: (String) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      var contents = Contents(tensors: TensorTable())
      for (name, tensor) in tensors { try contents.tensors.append(name, tensor) }
      let path = folder + "/x.safetensors"
      let file = try FileWriter(path)
      try Safetensors.write(contents, to: file, options: WriteOptions(), observer: Silence())
      try file.commit()
      return try body(path)
    }
  }
}
