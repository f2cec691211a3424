import Diagnostics
import Documents
import Tensors

/// The names and shapes of a checkpoint's tensors, as formulas ask for them.
struct SourceNames: Sendable {
  let shapes: [(name: String, shape: [Int])]
  let prefix: String
  private let tensors: TensorTable

  /// - Parameter dialect: whose prefix is looked for.
  init(_ tensors: TensorTable, dialect: Dialect) {
    self.tensors = tensors
    shapes = tensors.map { ($0, $1.shape) }
    let patterns = dialect.weights.flatMap(\.theirs).filter(\.hasPrefix)
    let counts = dialect.prefixes.map { prefix in
      tensors.names.count { name in patterns.contains { $0.match(name, prefix: prefix) != nil } }
    }
    let best = counts.indices.max { counts[$0] < counts[$1] }
    prefix = best.flatMap { counts[$0] > 0 ? dialect.prefixes[$0] : nil } ?? dialect.prefixes[0]
  }

  /// `shape(pattern)` is a list and `shape(pattern, axis)` a number, `count(pattern)`,
  /// `exists(pattern)`, `zero(pattern)`, `index(pattern, index)` the index's number in the first name,
  /// `prefix()`; nil for any other function.
  func call(_ function: String, _ arguments: [JSON]) throws(CrosswalkError) -> JSON? {
    if function == "prefix" { return .string(prefix) }
    guard ["shape", "count", "exists", "zero", "index"].contains(function) else { return nil }
    guard let text = arguments.first?.stringValue else {
      throw CrosswalkError(.invalidDocument, "\(function) asks for a tensor's name")
    }
    let pattern = try Pattern(text)
    let found = shapes.filter { pattern.match($0.name, prefix: prefix) != nil }
    switch function {
    case "exists": return .bool(!found.isEmpty)
    case "zero":
      guard let tensor = found.first.flatMap({ tensors[$0.name] }) else { return .bool(false) }
      return .bool(try tensor.floats().allSatisfy { $0 == 0 })
    case "index":
      let indices = found.first.flatMap { pattern.match($0.name, prefix: prefix) }
      let value = arguments.last?.stringValue.flatMap { indices?[$0] }
      return value.map { .integer(Int64($0)) } ?? .null
    case "count": return found.isEmpty ? .null : .integer(Int64(found.count))
    default:
      guard let shape = found.first?.shape else { return .null }
      guard arguments.count > 1 else { return .array(shape.map { .integer(Int64($0)) }) }
      guard let axis = arguments.dropFirst().first?.intValue,
        shape.indices.contains(axis)
      else { return .null }
      return .integer(Int64(shape[axis]))
    }
  }
}
