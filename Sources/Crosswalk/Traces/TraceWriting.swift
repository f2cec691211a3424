import Containers
public import Diagnostics
import Documents
public import Engine
import Tensors

extension Trace {
  /// Writes the trace as HDF5 or safetensors, as the destination's ending says.
  ///
  /// The file appears whole or not at all. Metadata that is no string becomes its JSON text.
  ///
  /// - Parameters:
  ///   - destination: a name that ends in `.h5` or `.safetensors`.
  ///   - replacing: whether an existing file may be replaced.
  ///   - observer: hears of progress.
  /// - Throws: `unsupported` for another ending, `outputExists`, or `cannotWrite`.
  public func write(
    to destination: String, replacing: Bool = false, observer: any Observer = Silence()
  ) throws(CrosswalkError) {
    let container = try ContainerRegistry.writable(for: destination)
    guard let metadata = container.metadata(ofAttributes: attributes) else {
      throw CrosswalkError(
        .unsupported, "\(container.name) does not hold traces", at: Place(file: destination),
        remedy: "end the name in .h5 or .safetensors")
    }
    var contents = Contents(tensors: try tensors())
    contents.metadata = metadata
    let file = try FileWriter(destination, replacing: replacing)
    let total = contents.tensors.byteCount
    observer.observe(.began(activity: "Writing", total: total, unit: .bytes))
    do {
      try container.write(contents, to: file, options: WriteOptions(), observer: observer)
      try file.commit()
    } catch { throw error.inFile(destination) }
    observer.observe(.finished)
    observer.observe(.wrote(path: destination))
  }

  private func tensors() throws(CrosswalkError) -> TensorTable {
    var tensors = TensorTable()
    for (group, table) in [(TraceFormat.inputs, inputs)] + groups {
      for (name, tensor) in table { try tensors.append("\(group)/\(name)", tensor) }
    }
    return tensors
  }

  /// The root attributes: what format this is, then what is known of the run.
  private var attributes: JSONObject {
    var attributes = JSONObject([
      ("format", .string(TraceFormat.name)), ("version", .integer(Int64(TraceFormat.version))),
      ("producer", .string("\(Product.name) \(Product.version)")), ("precision", "float32"),
    ])
    for (key, value) in metadata.members where key != "format" && key != "version" {
      attributes[key] = .string(value.stringValue ?? value.text(indented: false))
    }
    return attributes
  }
}
