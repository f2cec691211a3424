import Diagnostics
import Documents
import Tensors

/// One invertible step between their tensors and our parameters.
enum Step: Sendable {
  /// Exchanges the axes of each matrix.
  case transpose
  /// Reorders the axes of each tensor.
  case permute([Int])
  /// Reads each tensor's elements under another shape; both are stated, so that it inverts. One
  /// extent of each may be -1: what the others leave.
  case reshape(from: Expression, to: Expression)
  /// Cuts one tensor into parts of stated sizes along an axis.
  case split(axis: Int, sizes: Expression)
  /// Joins tensors of stated sizes along an axis into one.
  case concat(axis: Int, sizes: Expression, parts: Int)
  /// Cuts each tensor into parts of stated sizes along an axis and joins them in another order: the
  /// gates of a recurrent cell.
  case reorder(axis: Int, sizes: Expression, order: [Int])
  /// Lays the tensors of an index that only their names have one upon another, along a new first
  /// axis: a mixture's experts; or one after another along an axis that they have: a table in shards
  /// as equal as may be, larger ones first, as TensorFlow cuts. The rule's first step.
  case stack(index: String, count: Expression, axis: Int?)
  /// Puts rows of zeros before the tensor's own along an axis: rows that nothing reads.
  case pad(axis: Int, before: Expression)
  /// Reads a table of rows as one with rows of zeros before its own, which nothing reads, and one row
  /// of zeros that is added to each; back, what that row has become is added to the table.
  case fold(before: Expression)
  /// Adds a constant to each element: norms stored as weight - 1.
  case add(Double)

  init(_ cursor: DocumentCursor) throws(CrosswalkError) {
    if cursor.value.stringValue == "transpose" {
      self = .transpose
      return
    }
    let kinds = ["permute", "reshape", "split", "concat", "reorder", "stack", "pad", "fold", "add"]
    try cursor.rejectUnknownKeys(kinds + ["sizes", "from", "count", "order", "before", "axis"])
    if let axes = cursor.value["permute"]?.arrayValue {
      self = .permute(axes.compactMap(\.intValue))
    } else if let to = try cursor.optional("reshape") {
      self = .reshape(
        from: try Expression(values: cursor.require("from")), to: try Expression(values: to))
    } else if let axis = try cursor.optional("split") {
      self = .split(
        axis: try axis.int(in: 0...31), sizes: try Expression(values: cursor.require("sizes")))
    } else if let axis = try cursor.optional("concat") {
      let sizes = try Expression(values: cursor.require("sizes"))
      self = .concat(axis: try axis.int(in: 0...31), sizes: sizes, parts: sizes.listCount ?? 0)
    } else if let axis = try cursor.optional("reorder") {
      let order = try cursor.require("order").array().map { $0.value.intValue ?? -1 }
      guard order.sorted() == Array(order.indices) else {
        throw try cursor.require("order").refusal("not an order of parts")
      }
      self = .reorder(
        axis: try axis.int(in: 0...31), sizes: try Expression(values: cursor.require("sizes")),
        order: order)
    } else if let index = try cursor.optional("stack") {
      let formula = try cursor.require("count").string()
      self = .stack(
        index: try index.string(), count: try Expression(formula.dropFirst()),
        axis: try cursor.optional("axis")?.int(in: 0...31))
    } else if let axis = try cursor.optional("pad") {
      let before = try Expression(values: cursor.require("before"))
      self = .pad(axis: try axis.int(in: 0...31), before: before)
    } else if let before = try cursor.optional("fold") {
      self = .fold(before: try Expression(values: before))
    } else if let constant = try cursor.optional("add") {
      self = .add(try constant.double())
    } else {
      throw cursor.refusal(
        "no step is called this", expected: "transpose, " + kinds.joined(separator: ", "),
        found: cursor.value.text(indented: false))
    }
  }

  /// How many tensors there are after the step, from how many there were before.
  func count(after count: Int) throws(CrosswalkError) -> Int {
    switch self {
    case .transpose, .permute, .reshape, .pad, .add, .stack, .reorder: return count
    case .split(_, let sizes):
      guard count == 1, let parts = sizes.listCount else {
        throw CrosswalkError(.invalidDocument, "a split takes one tensor and a list of sizes")
      }
      return parts
    case .fold:
      guard count == 1 else {
        throw CrosswalkError(.invalidDocument, "a fold takes one tensor")
      }
      return 2
    case .concat(_, _, let parts):
      guard count == parts else {
        throw CrosswalkError(
          .invalidDocument, "a concat with another number of sizes than tensors",
          expected: "\(count)", found: "\(parts)")
      }
      return 1
    }
  }

  /// Their tensors, one step nearer to ours.
  func apply(_ tensors: [StoredTensor], in environment: some Environment) throws(CrosswalkError)
    -> [StoredTensor]
  {
    switch self {
    case .split(let axis, let sizes):
      return try Self.split(tensors, axis, sizes.sizes(in: environment))
    case .concat(let axis, _, _): return [try StoredTensor.concatenated(tensors, axis: axis)]
    case .stack(_, _, let axis?): return [try Self.joined(tensors, axis)]
    case .stack:
      var layers: [StoredTensor] = []
      for tensor in tensors { layers.append(try tensor.reshaped([1] + tensor.shape)) }
      return [try StoredTensor.concatenated(layers, axis: 0)]
    case .fold(let before):
      guard let table = tensors.first, table.shape.count == 2 else { return tensors }
      let rows = try before.sizes(in: environment).first ?? 0
      return [
        try Self.padded(table, 0, rows),
        try StoredTensor.filled(table.dtype, [1, table.shape[1]], value: 0),
      ]
    default: return try each(tensors, in: environment, isInverse: false)
    }
  }

  /// Our tensors, one step nearer to theirs.
  func invert(_ tensors: [StoredTensor], in environment: some Environment) throws(CrosswalkError)
    -> [StoredTensor]
  {
    switch self {
    case .split(let axis, _): return [try StoredTensor.concatenated(tensors, axis: axis)]
    case .concat(let axis, let sizes, _):
      return try Self.split(tensors, axis, sizes.sizes(in: environment))
    case .stack(_, let count, let axis?):
      let parts = try count.evaluate(in: environment).intValue ?? 0
      return try Self.split(tensors, axis, Self.evenSizes(tensors.first, axis, parts))
    case .stack:
      let layers = try Self.split(
        tensors, 0, Array(repeating: 1, count: tensors.first?.shape.first ?? 0))
      var parts: [StoredTensor] = []
      for layer in layers { parts.append(try layer.reshaped(Array(layer.shape.dropFirst()))) }
      return parts
    case .fold(let before):
      guard tensors.count == 2 else { return tensors }
      let rows = try before.sizes(in: environment).first ?? 0
      return [try Self.cut(tensors[0], 0, rows).adding(row: tensors[1])]
    default: return try each(tensors, in: environment, isInverse: true)
    }
  }

  private func each(
    _ tensors: [StoredTensor], in environment: some Environment, isInverse: Bool
  ) throws(CrosswalkError) -> [StoredTensor] {
    var results: [StoredTensor] = []
    for tensor in tensors {
      switch self {
      case .transpose: results.append(try tensor.transposed())
      case .permute(let axes):
        results.append(try tensor.permuted(isInverse ? Self.inverse(of: axes) : axes))
      case .reshape(let from, let to):
        let (old, new) = isInverse ? (to, from) : (from, to)
        let expected = try Self.filled(old.sizes(in: environment), for: tensor)
        guard tensor.shape == expected else {
          throw CrosswalkError(
            .wrongShape, "a tensor of another shape than the step takes", expected: "\(expected)",
            found: "\(tensor.shape)")
        }
        results.append(
          try tensor.reshaped(Self.filled(new.sizes(in: environment), for: tensor)))
      case .add(let constant):
        results.append(try tensor.adding(isInverse ? -constant : constant))
      case .reorder(let axis, let sizes, let order):
        results.append(
          try Self.reordered(tensor, axis, sizes.sizes(in: environment), order, isInverse))
      case .pad(let axis, let before):
        let rows = try before.sizes(in: environment).first ?? 0
        results.append(
          try isInverse ? Self.cut(tensor, axis, rows) : Self.padded(tensor, axis, rows))
      case .split, .concat, .stack, .fold: results.append(tensor)
      }
    }
    return results
  }

  private static func reordered(
    _ tensor: StoredTensor, _ axis: Int, _ sizes: [Int], _ order: [Int], _ isInverse: Bool
  ) throws(CrosswalkError) -> StoredTensor {
    guard sizes.count == order.count else {
      throw CrosswalkError(
        .invalidDocument, "an order of another number of parts", expected: "\(sizes.count)",
        found: "\(order.count)")
    }
    let back = inverse(of: order)
    let parts = try split([tensor], axis, isInverse ? order.map { sizes[$0] } : sizes)
    return try StoredTensor.concatenated((isInverse ? back : order).map { parts[$0] }, axis: axis)
  }

  private static func padded(_ tensor: StoredTensor, _ axis: Int, _ rows: Int)
    throws(CrosswalkError) -> StoredTensor
  {
    guard rows > 0, tensor.shape.indices.contains(axis) else { return tensor }
    var shape = tensor.shape
    shape[axis] = rows
    let before = try StoredTensor.filled(tensor.dtype, shape, value: 0)
    return try StoredTensor.concatenated([before, tensor], axis: axis)
  }

  private static func cut(_ tensor: StoredTensor, _ axis: Int, _ rows: Int)
    throws(CrosswalkError) -> StoredTensor
  {
    guard rows > 0 else { return tensor }
    guard tensor.shape.indices.contains(axis), tensor.shape[axis] >= rows else {
      throw CrosswalkError(
        .wrongShape, "fewer rows than were put before them", expected: "\(rows)",
        found: "\(tensor.shape)")
    }
    return try tensor.sliced(axis: axis, range: rows..<tensor.shape[axis])
  }

  /// The extents with -1 replaced by what the others leave of the tensor's elements.
  private static func filled(_ sizes: [Int], for tensor: StoredTensor) -> [Int] {
    let known = sizes.filter { $0 != -1 }.reduce(1, &*)
    guard known > 0, sizes.count(where: { $0 == -1 }) == 1 else { return sizes }
    let elements = tensor.shape.reduce(1, &*)
    return elements % known == 0 ? sizes.map { $0 == -1 ? elements / known : $0 } : sizes
  }

  private static func inverse(of axes: [Int]) -> [Int] {
    axes.indices.map { axis in axes.firstIndex(of: axis) ?? axis }
  }

  /// Shards one after another, of the sizes that cutting gives them again.
  private static func joined(_ shards: [StoredTensor], _ axis: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    let whole = try StoredTensor.concatenated(shards, axis: axis)
    let sizes = evenSizes(whole, axis, shards.count)
    guard zip(shards, sizes).allSatisfy({ $0.shape[axis] == $1 }) else {
      throw CrosswalkError(
        .wrongShape, "shards that are not as equal as may be, larger ones first",
        expected: "\(sizes) along axis \(axis)", found: "\(shards.map { $0.shape[axis] })")
    }
    return whole
  }

  private static func evenSizes(_ tensor: StoredTensor?, _ axis: Int, _ count: Int) -> [Int] {
    guard count > 0, let tensor, tensor.shape.indices.contains(axis) else { return [] }
    let (size, rest) = tensor.shape[axis].quotientAndRemainder(dividingBy: count)
    return (0..<count).map { $0 < rest ? size + 1 : size }
  }

  private static func split(_ tensors: [StoredTensor], _ axis: Int, _ sizes: [Int])
    throws(CrosswalkError) -> [StoredTensor]
  {
    guard let tensor = tensors.first, tensors.count == 1, tensor.shape.indices.contains(axis),
      sizes.reduce(0, &+) == tensor.shape[axis], sizes.allSatisfy({ $0 >= 0 })
    else {
      throw CrosswalkError(
        .wrongShape, "sizes that do not make up the axis",
        expected: "\(sizes) along axis \(axis)", found: "\(tensors.first?.shape ?? [])")
    }
    var parts: [StoredTensor] = []
    var start = 0
    for size in sizes {
      parts.append(try tensor.sliced(axis: axis, range: start..<(start + size)))
      start += size
    }
    return parts
  }
}

extension Expression {
  /// A list of numbers, some of which may be formulas, or one formula that gives the list.
  init(values cursor: DocumentCursor) throws(CrosswalkError) {
    if let text = cursor.value.stringValue {
      guard text.hasPrefix("=") else {
        throw cursor.refusal("a formula begins with '='", expected: "'=…'", found: text)
      }
      self = try Expression(text.dropFirst())
      return
    }
    var items: [Expression] = []
    for item in try cursor.array() {
      if item.value.stringValue != nil {
        items.append(try Expression(values: item))
      } else {
        items.append(.literal(.integer(Int64(try item.int()))))
      }
    }
    self = .list(items)
  }

  /// How many items a written list has.
  var listCount: Int? { if case .list(let items) = self { items.count } else { nil } }

  /// The value as extents.
  func sizes(in environment: some Environment) throws(CrosswalkError) -> [Int] {
    let value = try evaluate(in: environment)
    let sizes = (value.arrayValue ?? []).compactMap(\.intValue)
    guard let count = value.arrayValue?.count, sizes.count == count else {
      throw CrosswalkError(
        .invalidConfig, "sizes that are not whole numbers", expected: "a list of whole numbers",
        found: value.text(indented: false))
    }
    return sizes
  }
}
