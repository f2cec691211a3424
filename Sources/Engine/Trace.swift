public import Diagnostics
public import Documents
public import Tensors

/// What one run took in and gave out, by name.
///
/// Our own runs and fixtures that a framework recorded are the same type, so that one comparison
/// serves both.
public struct Trace: Sendable {
  /// What flowed in.
  public var inputs = TensorTable()
  /// What flowed out, by the source framework's names.
  public var outputs = TensorTable()
  /// What nodes put out, by node name, in graph order.
  public var nodes = TensorTable()
  /// Attention tables (batch, heads, queries, keys), by node name.
  public var attention = TensorTable()
  /// What nodes took in, their first tensor alone, by node name; only recorders give it.
  public var nodeInputs = TensorTable()
  /// Scaled scores before any mask (batch, heads, queries, keys), by node name; only recorders
  /// give them.
  public var scores = TensorTable()
  /// Tables of rotary positions, as `NODE.cos` and `NODE.sin`; only recorders give them.
  public var rotary = TensorTable()
  /// Who made it, in which precision, and what else is known of it.
  public var metadata = JSONObject()

  /// An empty trace.
  public init() {}
}

/// Which values of a run are kept.
public enum CaptureSelection: Sendable {
  /// The outputs alone.
  case outputs
  /// Outputs, every node and every attention table.
  case all
  /// Outputs, and the nodes and attention tables whose node name fits.
  case matching(Glob)
  /// Outputs, and the nodes and attention tables of these names.
  case named(Set<String>)

  /// Whether a node's values are kept.
  func includes(_ node: String) -> Bool {
    switch self {
    case .outputs: false
    case .all: true
    case .matching(let glob): glob.matches(node)
    case .named(let names): names.contains(node)
    }
  }
}
