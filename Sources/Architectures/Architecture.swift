public import Diagnostics
public import Documents

/// A graph of operations with all its names, shapes and connections settled.
///
/// Values are numbered: first the inputs, then the nodes in the order in which they run.
public struct Architecture: Sendable {
  /// What flows in.
  public let inputs: [Input]
  /// What is computed, in order; a node only uses inputs and earlier nodes.
  public let nodes: [Node]
  /// What flows out, in order.
  public let outputs: [(name: String, value: Int)]
  /// Names for what blocks put out: `encoder.layers.0` is the output of that layer.
  public let blocks: [(name: String, value: Int)]
  /// The nodes that run once for each step; a loop inside another stands before it.
  public let loops: [Loop]
  /// Every parameter once, in the order of first use.
  public let parameters: [Parameter]
  /// The JSON that this was read from, with its `repeat`s.
  public let source: JSON

  /// Reads and validates an architecture.
  ///
  /// - Throws: `invalidDocument` or `wrongShape`, with the place in the document.
  public init(_ document: Document) throws(CrosswalkError) {
    var reader = ArchitectureReader(document)
    try reader.read()
    inputs = reader.inputs
    nodes = reader.nodes
    outputs = reader.outputs
    blocks = reader.blocks
    loops = reader.loops.sorted {
      ($0.nodes.lowerBound, $1.nodes.upperBound) < ($1.nodes.lowerBound, $0.nodes.upperBound)
    }
    parameters = reader.parameters
    source = document.root
  }

  /// The name of a value.
  public func name(of value: Int) -> String {
    value < inputs.count ? inputs[value].name : nodes[value - inputs.count].name
  }

  /// The type of a value.
  public func type(of value: Int) -> TensorType {
    value < inputs.count ? inputs[value].type : nodes[value - inputs.count].output
  }

  /// The family that the architecture came from, when it says so.
  public var family: String? { source["family"]?.stringValue }
}

/// Something that flows into the graph.
public struct Input: Sendable {
  /// The name under which it is given.
  public let name: String
  /// What is known of it.
  public let type: TensorType
  /// What happens when it is not given.
  public let absence: Absence

  /// What happens when an input is not given.
  public enum Absence: Sendable, Equatable {
    /// It must be given.
    case refused
    /// Nodes that need it are left out.
    case allowed
    /// It is filled with a number, in the shape of another input.
    case filled(Double, like: String)
  }
}

/// One operation in its place.
public struct Node: Sendable {
  /// The full name: `encoder.layers.0.attention.query`.
  public let name: String
  /// What it does.
  public let operation: any Operation
  /// The values that flow into each role.
  public let arguments: [String: [Int]]
  /// Its parameters, by role.
  public let parameters: [(role: String, name: String)]
  /// What flows out.
  public internal(set) var output: TensorType
  /// The attention table it makes, if it makes one.
  public internal(set) var attention: TensorType?

  /// Its settings as the JSON has them, for this repetition.
  public let settings: JSONObject
  /// Where it stands in the JSON.
  public let place: NodePlace

  /// The operation's word in the architecture's JSON.
  public var operationName: String { Swift.type(of: operation).name }
  /// What flows in, by role.
  public var roles: [Role] { Swift.type(of: operation).roles }
}

/// Where a node stands in an architecture's JSON.
public struct NodePlace: Sendable, Equatable {
  /// The JSON pointer of the node's object.
  public let pointer: String
  /// Which repetition of each block around it this is, outermost first.
  public let repetitions: [Int]
}

/// A tensor that the graph needs from a checkpoint.
public struct Parameter: Sendable, Equatable {
  /// Its node's name and its role: `encoder.layers.0.attention.query.weight`.
  public let name: String
  /// Its shape.
  public let shape: [Int]
}
