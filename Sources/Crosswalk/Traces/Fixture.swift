public import Containers
public import Diagnostics
import Documents
public import Engine
import Tensors

/// A recorded run as it is read from a file: ours, or one that the original framework made.
///
/// The file is HDF5 or safetensors. Tensors are at `inputs/NAME`, `outputs/NAME`, `nodes/NODE`,
/// `attention/NODE`, `node_inputs/NODE`, `scores/NODE` and `rotary/NODE.cos`, a dotted name being
/// one name; what was computed once more in float64 is under `float64/`. A tensor that is another one
/// may be left out and named in the attribute `links`. Nothing but names and shapes is in memory.
public struct Fixture: Sendable {
  /// The file, as the user named it; nil for a trace that was never in one.
  public let path: String?
  /// The run; its metadata are the file's root attributes.
  public let trace: Trace
  /// The same run in float64, of which the inputs are left out; nil where it was not recorded.
  public let exact: Trace?
  /// Of which tensors some positions alone were recorded.
  let positions: SampledPositions

  /// Takes a trace as a fixture.
  public init(_ trace: Trace, exact: Trace? = nil, path: String? = nil) {
    self.init(trace, exact: exact, positions: SampledPositions(), path: path)
  }

  private init(_ trace: Trace, exact: Trace?, positions: SampledPositions, path: String?) {
    self.path = path
    self.trace = trace
    self.exact = exact
    self.positions = positions
  }

  /// Reads a trace's file.
  ///
  /// - Throws: `unrecognized` for a file that is no trace, `unsupported` for one of another version,
  ///   `malformed` for one that holds nothing or something that has no place in a trace.
  public init(reading path: String) throws(CrosswalkError) {
    do {
      try self.init(try ContainerRegistry.open(try FileReader(path)).contents, path: path)
    } catch { throw error.inFile(path) }
  }

  /// Understands contents of a container as a trace.
  ///
  /// - Throws: as ``init(reading:)``.
  public init(_ contents: Contents, path: String? = nil) throws(CrosswalkError) {
    let reading = try TraceReading(contents)
    self.init(
      reading.trace, exact: reading.exact,
      positions: try SampledPositions(reading.trace.metadata), path: path)
  }

  /// Whose names the values bear, such as `pytorch`; nil for our own.
  public var dialect: String? {
    let dialect = trace.metadata["dialect"]?.stringValue
    return dialect == "native" ? nil : dialect
  }

  /// How a report names the fixture.
  var label: String {
    path ?? trace.metadata["producer"]?.stringValue.map { "a trace of \($0)" } ?? "a trace"
  }
}

/// What the file format of traces says of itself.
enum TraceFormat {
  static let name = "crosswalk.trace"
  static let version = 1
  static let inputs = "inputs"
  static let outputs = "outputs"
  static let nodes = "nodes"
  static let attention = "attention"
  static let nodeInputs = "node_inputs"
  static let scores = "scores"
  static let rotary = "rotary"
  /// The root attribute that names each tensor which is another one: JSON, name by name.
  static let links = "links"
  /// The root attribute that says of which tensors some positions alone were kept.
  static let positions = "positions"
  static let float64 = "float64"

  /// Whether contents say that they are a trace.
  static func isTrace(_ contents: Contents) -> Bool {
    attributes(of: contents.metadata)["format"]?.stringValue == name
  }

  /// The root attributes, wherever the container keeps them.
  static func attributes(of metadata: JSON) -> JSONObject {
    metadata["attributes"]?.objectValue ?? metadata.objectValue ?? JSONObject()
  }
}
