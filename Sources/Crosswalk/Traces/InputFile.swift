import Containers
public import Diagnostics
import Documents
import Engine
public import Tensors

/// The inputs of a run, read from a file.
public enum InputFile {
  /// Reads tensors by input name.
  ///
  /// The file is known by its content: a container (HDF5, safetensors, npz, …), whose tensors are
  /// at the root or in a group `inputs`; a trace, whose own inputs are taken; or JSON, as
  /// `{"input_ids": [[101, 102]]}`. JSON's integers become `i64`, its truth values `bool`, and lists
  /// with any other number `f32`, as torch has them.
  ///
  /// - Throws: `cannotOpen`; `unrecognized`; `invalidInput` for a file without inputs or JSON that is
  ///   no inputs; or whatever opening meets.
  public static func read(_ path: String) throws(CrosswalkError) -> TensorTable {
    let file = try FileReader(path)
    do throws(CrosswalkError) {
      let inputs = isJSON(file) ? try JSONInputs.read(path) : try containerInputs(file)
      guard !inputs.isEmpty else {
        throw CrosswalkError(
          .invalidInput, "the file holds no inputs",
          remedy: "name tensors as the model's inputs, at the root or under inputs/")
      }
      return inputs
    } catch { throw error.inFile(path) }
  }

  private static func isJSON(_ file: FileReader) -> Bool {
    guard ContainerRegistry.container(of: file) == nil else { return false }
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    var head = file.head(4096)[...]
    if head.starts(with: bom) { head = head.dropFirst(3) }
    let first = head.first { !" \n\r\t".utf8.contains($0) }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  private static func containerInputs(_ file: FileReader) throws(CrosswalkError) -> TensorTable {
    let contents = try ContainerRegistry.open(file).contents
    if TraceFormat.isTrace(contents) { return try Fixture(contents).trace.inputs }
    let group = TraceFormat.inputs + "/"
    let hasGroup = contents.tensors.names.contains { $0.hasPrefix(group) }
    var inputs = TensorTable()
    for (name, tensor) in contents.tensors {
      let own = hasGroup && name.hasPrefix(group) ? String(name.dropFirst(group.count)) : name
      if hasGroup, own == name { continue }
      guard !own.contains("/") else { continue }
      try inputs.append(own, tensor)
    }
    return inputs
  }
}
