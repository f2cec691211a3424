import Diagnostics
import Reports
import Tensors

/// How far each part of a model has moved, gathered tensor by tensor.
struct BlockSums {
  fileprivate struct Tensor {
    let name: String
    let count: Int
    var kind: DifferenceReport.Relation.Kind?
    var squares: (difference: Double, reference: Double)?

    var relativeRMS: Double {
      guard let squares, squares.difference > 0 else { return 0 }
      return (squares.difference / squares.reference).squareRoot()
    }
  }

  private var names: [String] = []
  private var tensors: [String: [Tensor]] = [:]

  mutating func add(
    _ pair: Comparand, _ kind: DifferenceReport.Relation.Kind,
    _ squares: (difference: Double, reference: Double)?
  ) {
    let block = Self.block(of: pair.name)
    if tensors[block] == nil { names.append(block) }
    tensors[block, default: []].append(
      Tensor(name: pair.name, count: pair.reference.count, kind: kind, squares: squares))
  }

  /// Takes a tensor out that has turned out to be another.
  mutating func forget(_ name: String) {
    let block = Self.block(of: name)
    guard let index = tensors[block]?.firstIndex(where: { $0.name == name }) else { return }
    tensors[block]?[index].kind = nil
    tensors[block]?[index].squares = nil
  }

  /// The blocks in the order of the names; empty where nothing has changed.
  ///
  /// - Parameter tensor: the reference by its name, whose size counts where it has not changed.
  /// - Throws: whatever reading meets.
  func blocks(_ tensor: (String) -> StoredTensor?) throws(CrosswalkError)
    -> [DifferenceReport.Block]
  {
    guard tensors.values.joined().contains(where: { $0.kind == .changed }) else { return [] }
    var blocks: [DifferenceReport.Block] = []
    for name in names {
      var members = tensors[name] ?? []
      let changed = members.count { $0.kind == .changed }
      if changed > 0 {
        for index in members.indices where members[index].isEqual {
          guard let reference = tensor(members[index].name) else { continue }
          members[index].squares = (0, try Self.square(of: reference))
        }
      }
      let sums = members.compactMap(\.squares).reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
      let most = members.filter { $0.kind == .changed }.max { $0.relativeRMS < $1.relativeRMS }
      blocks.append(
        DifferenceReport.Block(
          name: name, count: members.count, changed: changed,
          relativeRMS: sums.0 == 0 ? 0 : (sums.0 / sums.1).squareRoot(), most: most?.name))
    }
    return blocks
  }

  private static func square(of tensor: StoredTensor) throws(CrosswalkError) -> Double {
    guard tensor.dtype.category != .complex else { return 0 }
    var sum = 0.0
    try NumberReader(tensor).forEachBlock { (block) throws(CrosswalkError) in
      for number in block where number.isFinite { sum += number * number }
    }
    return sum
  }

  /// What a name begins with, up to its first number: `decoder.layers.3`; what has none is in the
  /// block of its owner.
  static func block(of name: String) -> String {
    var ends: [String.Index] = []
    for index in name.indices where name[index] == "." || name[index] == "/" { ends.append(index) }
    guard let first = ends.first else { return name }
    for end in ends where end > name.startIndex && name[name.index(before: end)].isNumber {
      return String(name[..<end])
    }
    return String(name[..<(ends.count > 1 ? ends[1] : first)])
  }
}

extension BlockSums.Tensor {
  fileprivate var isEqual: Bool {
    kind == .equal || kind == .tied || kind == .cast && squares == nil
  }
}
