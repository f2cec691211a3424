public import Diagnostics
public import Documents
import Tensors

extension GGUF {
  /// Q8_0, of the kinds of blocks that there are.
  public static let quantises = true

  /// Contents whose matrices are to be written as Q8_0: blocks of 32 numbers of eight bits with one
  /// scale.
  ///
  /// As llama.cpp chooses: tensors of one axis are F32, and those whose rows are not of whole blocks
  /// F16. Integers stay what they are. ``write(_:to:options:observer:)`` rounds as `gguf.quants` does.
  public static func quantised(_ contents: Contents) throws(CrosswalkError) -> Contents {
    var result = contents
    result.tensors = TensorTable()
    var stored = JSONObject()
    for (name, tensor) in contents.tensors {
      guard tensor.dtype.isFloating else {
        try result.tensors.append(name, tensor)
        continue
      }
      let isMatrix = tensor.shape.count > 1
      let rowsFit = (tensor.shape.last ?? 1).isMultiple(of: GGUFType.eightBits.blockCount)
      if isMatrix, rowsFit { stored[name] = .string(GGUFType.eightBits.name) }
      try result.tensors.append(name, tensor.cast(to: isMatrix && !rowsFit ? .f16 : .f32))
    }
    var members = contents.metadata.objectValue ?? JSONObject()
    members[tensorTypesKey] = stored.isEmpty ? nil : .object(stored)
    // llama.cpp's MOSTLY_Q8_0, and the version of its blocks.
    members["general.file_type"] = 7
    members["general.quantization_version"] = 2
    result.metadata = .object(members)
    return result
  }

  /// Metadata of a file whose tensors are written as they are.
  public static func withoutQuantising(_ metadata: JSON) -> JSON {
    guard var members = metadata.objectValue, members[tensorTypesKey] != nil else {
      return metadata
    }
    members[tensorTypesKey] = nil
    return .object(members)
  }
}
