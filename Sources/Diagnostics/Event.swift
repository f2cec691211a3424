/// A fact about work under way; what the command shows as progress.
public enum Event: Sendable, Equatable {
  /// A checkpoint or container was opened.
  case opened(path: String, container: String)
  /// Work began that will handle this many units: bytes, or nodes.
  case began(activity: String, total: Int, unit: Unit)
  /// Some of the work is done: a tensor's bytes, or a node.
  case advanced(by: Int, item: String)
  /// The work that began last is done.
  case finished
  /// A node of the graph ran.
  case ran(node: String, seconds: Double)
  /// A file was written whole.
  case wrote(path: String)

  /// What work is counted in.
  public enum Unit: Sendable, Equatable {
    /// Bytes read or written.
    case bytes
    /// Nodes, tensors or other whole things.
    case items
  }
}

/// Whoever wants to hear of events; passes default to ``Silence``.
public protocol Observer: Sendable {
  /// Hears one event; called on the thread that works, so it must be quick.
  func observe(_ event: Event)
}

/// The observer that does nothing.
public struct Silence: Observer {
  /// Makes one.
  public init() {}
  /// Does nothing.
  public func observe(_ event: Event) {}
}
