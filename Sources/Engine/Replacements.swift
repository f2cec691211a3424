public import Diagnostics
public import Tensors

/// What a pass takes from elsewhere in place of what it made, such as what a framework recorded.
///
/// What is handed over of a node, by a capture or as an output, is always what the node made; what
/// comes after it sees the replacement. So each node's error is its own.
public struct Replacements {
  /// A recorded value.
  public struct Recorded {
    /// Gives what was recorded for a value of some shape.
    public let tensor: (_ shape: [Int]) throws(CrosswalkError) -> StoredTensor?

    /// - Parameter tensor: gives the recorded tensor for a value of some shape; nil, or one of
    ///   another shape, replaces nothing.
    public init(_ tensor: @escaping (_ shape: [Int]) throws(CrosswalkError) -> StoredTensor?) {
      self.tensor = tensor
    }
  }

  /// What all that comes after a value sees, by the value's number in the architecture.
  public var values: [Int: Recorded] = [:]
  /// What one node sees in one of its roles, by the node's place in the architecture.
  public var arguments: [Int: (role: String, recorded: Recorded)] = [:]

  /// Nothing is replaced.
  public init() {}
}
