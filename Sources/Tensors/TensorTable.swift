public import Diagnostics

/// Tensors by name, in the order in which their checkpoint lists them.
public struct TensorTable: Sendable {
  /// The names in order.
  public private(set) var names: [String] = []
  private var byName: [String: StoredTensor] = [:]

  /// An empty table.
  public init() {}

  /// The number of tensors.
  public var count: Int { names.count }
  /// Whether there are none.
  public var isEmpty: Bool { names.isEmpty }
  /// The sum of all tensors' bytes.
  public var byteCount: Int { byName.values.reduce(0) { $0 &+ $1.byteCount } }

  /// The tensor of that name.
  public subscript(name: String) -> StoredTensor? { byName[name] }

  /// Adds a tensor at the end.
  ///
  /// - Throws: `malformed` when the name is taken. Names that differ only in how Unicode composes
  ///   them count as equal, so that no two readers can see two different checkpoints.
  public mutating func append(_ name: String, _ tensor: StoredTensor) throws(CrosswalkError) {
    guard byName.updateValue(tensor, forKey: name) == nil else {
      throw CrosswalkError(
        .malformed, "two tensors have this name", at: Place(.tensor(name)),
        remedy: "write the checkpoint again with distinct names")
    }
    names.append(name)
  }

  /// The same table with each name put through `rename`.
  public func renamed(_ rename: (String) -> String) throws(CrosswalkError) -> TensorTable {
    var table = TensorTable()
    for (name, tensor) in self { try table.append(rename(name), tensor) }
    return table
  }
}

extension TensorTable: Sequence {
  /// Iterates in order, name and tensor.
  public func makeIterator() -> Iterator { Iterator(table: self, names: names.makeIterator()) }

  /// Goes through a table in order.
  ///
  /// A type of its own, because Swift 6.3's optimiser crashes on `AnyIterator` over pairs in an
  /// asynchronous main program.
  public struct Iterator: IteratorProtocol {
    fileprivate let table: TensorTable
    fileprivate var names: IndexingIterator<[String]>

    /// The next name and tensor.
    public mutating func next() -> (String, StoredTensor)? {
      guard let name = names.next() else { return nil }
      return table[name].map { (name, $0) }
    }
  }
}
