/// Where something is: a file and a trail of steps into it.
public struct Place: Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  public var file: String?
  /// The way into the file, outermost first.
  public var steps: [Step]

  /// One step into a file.
  public enum Step: Sendable, Equatable {
    /// A byte offset from the start of the file.
    case byte(UInt64)
    /// A line and column of a text, both counted from 1.
    case line(Int, column: Int)
    /// A JSON pointer (RFC 6901).
    case pointer(String)
    /// A member of an archive.
    case entry(String)
    /// An object of an HDF5 file, by its path.
    case object(String)
    /// A tensor, by its name in the file.
    case tensor(String)
    /// A node of the graph.
    case node(String)
    /// A layer of another framework's config, and its class.
    case layer(String, of: String)
    /// A row of a family's table.
    case rule(String)
    /// A key of a config.
    case key(String)
  }

  /// A place in a file, or nowhere yet.
  public init(file: String? = nil, _ steps: Step...) {
    self.file = file
    self.steps = steps
  }

  /// The place in one line, file first.
  public var description: String {
    ([file].compactMap { $0 } + steps.map(\.description)).joined(separator: ": ")
  }
}

extension Place.Step: CustomStringConvertible {
  /// The step as a person reads it.
  public var description: String {
    switch self {
    case .byte(let offset): "byte \(offset)"
    case .line(let line, let column): "line \(line), column \(column)"
    case .pointer(let pointer): pointer.isEmpty ? "the document" : pointer
    case .entry(let name): "entry '\(name)'"
    case .object(let path): "object '\(path)'"
    case .tensor(let name): "tensor '\(name)'"
    case .node(let name): "node '\(name)'"
    case .layer(let name, let className): "layer '\(name)' (\(className))"
    case .rule(let name): "rule '\(name)'"
    case .key(let name): "key '\(name)'"
    }
  }
}
