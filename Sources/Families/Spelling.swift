import Diagnostics
import Tensors

/// How files spell a dialect's names and lay out its tensors, where they do it another way.
///
/// The rules are transformers' own, by which its version 4 loaded TensorFlow's weights into
/// PyTorch's models (`convert_tf_weight_name_to_pt_weight_name`): they know no family.
enum Spelling: String, Sendable, CaseIterable {
  /// `LAYER/CLASS/bert/encoder/layer_._0/output/dense/kernel:0` for
  /// `bert.encoder.layer.0.output.dense.weight`, and the kernel transposed.
  case tensorflow

  /// What may stand before the names, each level with a slash.
  static let wrappers = ["*/*/", "*/", ""]
  private static let ending = ":0"

  /// The dialect's name for a file's; nil for a name that is not spelled so.
  ///
  /// - Parameter wrapper: how many levels stand before it, where there are more.
  func inner(of name: String, under wrapper: String) -> String? {
    guard name.hasSuffix(Self.ending) else { return nil }
    var levels = name.dropLast(Self.ending.count).split(separator: "/").map(String.init)
    let count = wrapper.count { $0 == "/" }
    levels = Array(levels.dropFirst(min(count, levels.count - 1)))
    // `mlm___cls` is TensorFlow's name of what PyTorch calls `cls`.
    levels = levels.map { level in
      level.firstRange(of: "___").map { String(level[$0.upperBound...]) } ?? level
    }
    // A list's items are `layer_._0`.
    levels = levels.flatMap { $0.split(separator: "_._").map(String.init) }
    guard let leaf = levels.popLast() else { return nil }
    // A variable of its own name stands in a level of that name.
    if levels.last == leaf { return levels.joined(separator: ".") }
    return (levels + [Self.roles[leaf] ?? leaf]).joined(separator: ".")
  }

  private static let roles = [
    "kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias",
    "moving_mean": "running_mean", "moving_variance": "running_var",
  ]

  /// A file's tensor as the dialect has it.
  func read(_ tensor: StoredTensor, _ name: String, among names: Set<String>)
    throws(CrosswalkError) -> StoredTensor
  {
    if isRow(name, among: names), tensor.shape.count == 2, tensor.shape[0] == 1 {
      return try tensor.reshaped([tensor.shape[1]])
    }
    return try axes(of: name, rank: tensor.shape.count).map { (axes) throws(CrosswalkError) in
      try tensor.permuted(axes)
    } ?? tensor
  }

  /// A tensor as the file has it.
  func write(_ tensor: StoredTensor, _ name: String, among names: Set<String>)
    throws(CrosswalkError) -> StoredTensor
  {
    if isRow(name, among: names), tensor.shape.count == 1 {
      return try tensor.reshaped([1, tensor.shape[0]])
    }
    guard let axes = axes(of: name, rank: tensor.shape.count) else { return tensor }
    return try tensor.permuted(axes.indices.sorted { axes[$0] < axes[$1] })
  }

  /// The order of a kernel's axes in PyTorch: features out, features in, then space.
  private func axes(of name: String, rank: Int) -> [Int]? {
    guard name.hasSuffix("/kernel\(Self.ending)") else { return nil }
    return switch rank {
    case 2: [1, 0]
    case 3: [2, 1, 0]
    case 4: [3, 2, 0, 1]
    default: nil
    }
  }

  /// Whether it is the bias of transformers' Conv1D, a row, beside a matrix that is called weight.
  private func isRow(_ name: String, among names: Set<String>) -> Bool {
    let bias = "/bias\(Self.ending)"
    return name.hasSuffix(bias)
      && names.contains(name.dropLast(bias.count) + "/weight\(Self.ending)")
  }
}
