import Architectures
import Reports
import Tensors

/// What the axes of compared tensors are called.
enum AxisNames {
  /// The axes of an attention table.
  static let attention = ["batch", "head", "query", "key"]

  /// The axes of a node's output, as its operation names them.
  static func of(_ type: TensorType) -> [String] { type.axes.map(\.name) }

  /// The axes of a computed tensor of which nothing is known but its rank.
  static func ofRank(_ rank: Int) -> [String] {
    switch rank {
    case 1: ["batch"]
    case 2: ["batch", "width"]
    case 3: ["batch", "sequence", "width"]
    default: (0..<rank).map { "axis \($0)" }
    }
  }

  /// The axes of a parameter.
  static func ofParameter(rank: Int) -> [String] {
    switch rank {
    case 1: ["index"]
    case 2: ["row", "column"]
    default: (0..<rank).map { "axis \($0)" }
    }
  }

  /// A position as an index along each axis.
  static func indices(of position: Int, in shape: [Int], names: [String])
    -> [DifferenceReport.AxisIndex]
  {
    let names = names.count == shape.count ? names : ofRank(shape.count)
    return zip(names, Shape.index(of: position, in: shape)).map { .init($0, $1) }
  }
}
