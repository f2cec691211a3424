import Diagnostics
import Tensors

/// The elements so far of a value that grows along one axis, with room for more.
struct RowStore<Element: BitwiseCopyable & Sendable> {
  /// The shape of all elements so far.
  private(set) var shape: [Int]
  let axis: Int
  /// How many places there is room for.
  private var capacity: Int
  private var buffer: Buffer<Element>
  /// A second buffer, into which rows are selected.
  private var spare: Buffer<Element>?

  /// - Parameters:
  ///   - first: the first elements.
  ///   - axis: the axis along which more will come; not the first.
  ///   - capacity: how long it is expected to become.
  init(_ first: Tensor<Element>, axis: Int, capacity: Int) throws(CrosswalkError) {
    shape = first.shape
    shape[axis] = 0
    self.axis = axis
    self.capacity = max(capacity, first.shape[axis])
    buffer = try Buffer(count: 0)
    buffer = try room()
    try append(first)
  }

  var length: Int { shape[axis] }
  /// The product of the extents before the axis.
  private var outer: Int { shape[..<axis].reduce(1, *) }
  /// The product of the extents after the axis.
  private var inner: Int { shape[(axis + 1)...].reduce(1, *) }
  /// How far apart two neighbours of the axis before stand.
  var spread: Int { capacity * inner }

  private func room() throws(CrosswalkError) -> Buffer<Element> {
    var whole = shape
    whole[axis] = capacity
    return try Buffer(count: Shape.count(whole))
  }

  /// Puts more elements behind those that are there.
  mutating func append(_ more: Tensor<Element>) throws(CrosswalkError) {
    let count = more.shape[axis]
    if length + count > capacity { try grow(to: max(length + count, 2 * capacity)) }
    let inner = inner
    for item in 0..<outer {
      (buffer.start + item * spread + length * inner).update(
        from: more.start + item * count * inner, count: count * inner)
    }
    shape[axis] += count
  }

  private mutating func grow(to capacity: Int) throws(CrosswalkError) {
    let (old, oldSpread) = (buffer, spread)
    self.capacity = capacity
    spare = nil
    buffer = try room()
    for item in 0..<outer {
      (buffer.start + item * spread).update(
        from: old.start + item * oldSpread, count: length * inner)
    }
  }

  /// All elements; those of one item of the first axis begin `spread` after those of another.
  var spreadOut: Tensor<Element> { Tensor(shape: shape, buffer: buffer) }

  /// All elements, one after another.
  func dense() throws(CrosswalkError) -> Tensor<Element> {
    if outer == 1 {
      return Tensor(shape: shape, buffer: Buffer(first: length * inner, of: buffer))
    }
    let result = try Tensor<Element>(shape: shape)
    let count = length * inner
    for item in 0..<outer {
      (result.start + item * count).update(from: buffer.start + item * spread, count: count)
    }
    return result
  }

  /// Makes the rows of the first axis those of the given numbers.
  mutating func select(_ rows: [Int]) throws(CrosswalkError) {
    let (before, count) = (outer / max(1, shape[0]), length * inner)
    let isSame = rows.count == shape[0]
    shape[0] = rows.count
    let target = if isSame, let spare { spare } else { try room() }
    for (row, source) in rows.enumerated() {
      for item in 0..<before {
        (target.start + (row * before + item) * spread).update(
          from: buffer.start + (source * before + item) * spread, count: count)
      }
    }
    spare = isSame ? buffer : nil
    buffer = target
  }
}

/// A ``RowStore`` of numbers or ids.
enum ValueStore<S: Scalar> {
  case floating(RowStore<S>)
  case integer(RowStore<Int>)

  init(_ first: Value<S>, axis: Int, capacity: Int) throws(CrosswalkError) {
    switch first {
    case .floating(let tensor):
      self = .floating(try RowStore(tensor, axis: axis, capacity: capacity))
    case .integer(let tensor):
      self = .integer(try RowStore(tensor, axis: axis, capacity: capacity))
    }
  }

  mutating func append(_ more: Value<S>) throws(CrosswalkError) {
    switch (self, more) {
    case (.floating(var store), .floating(let tensor)):
      // What is held twice while it changes would be no trouble: the buffer is not copied.
      try store.append(tensor)
      self = .floating(store)
    case (.integer(var store), .integer(let tensor)):
      try store.append(tensor)
      self = .integer(store)
    default: throw CrosswalkError(.invalidInput, "numbers where ids were before")
    }
  }

  mutating func select(_ rows: [Int]) throws(CrosswalkError) {
    switch self {
    case .floating(var store):
      try store.select(rows)
      self = .floating(store)
    case .integer(var store):
      try store.select(rows)
      self = .integer(store)
    }
  }

  var length: Int {
    switch self {
    case .floating(let store): store.length
    case .integer(let store): store.length
    }
  }

  var rows: Int {
    switch self {
    case .floating(let store): store.shape[0]
    case .integer(let store): store.shape[0]
    }
  }

  var spread: Int {
    switch self {
    case .floating(let store): store.spread
    case .integer(let store): store.spread
    }
  }

  var spreadOut: Value<S> {
    switch self {
    case .floating(let store): .floating(store.spreadOut)
    case .integer(let store): .integer(store.spreadOut)
    }
  }

  func dense() throws(CrosswalkError) -> Value<S> {
    switch self {
    case .floating(let store): .floating(try store.dense())
    case .integer(let store): .integer(try store.dense())
    }
  }
}

extension Value {
  /// The last places of an axis.
  func last(_ count: Int, along axis: Int) throws(CrosswalkError) -> Value {
    switch self {
    case .floating(let tensor): .floating(try tensor.last(count, along: axis))
    case .integer(let tensor): .integer(try tensor.last(count, along: axis))
    }
  }

  /// The rows of the first axis of the given numbers.
  func selected(_ rows: [Int]) throws(CrosswalkError) -> Value {
    switch self {
    case .floating(let tensor): .floating(try tensor.selected(rows))
    case .integer(let tensor): .integer(try tensor.selected(rows))
    }
  }
}

extension Tensor {
  /// The last places of an axis.
  fileprivate func last(_ count: Int, along axis: Int) throws(CrosswalkError) -> Tensor {
    guard shape[axis] > count else { return self }
    let strides = Shape.strides(shape)
    var shape = shape
    shape[axis] = count
    return try strided(shape, by: strides, from: (self.shape[axis] - count) * strides[axis])
  }

  /// The rows of the first axis of the given numbers.
  fileprivate func selected(_ rows: [Int]) throws(CrosswalkError) -> Tensor {
    guard rows != Array(0..<shape[0]) else { return self }
    let width = shape[0] == 0 ? 0 : count / shape[0]
    let result = try Tensor(shape: [rows.count] + shape.dropFirst())
    for (row, source) in rows.enumerated() {
      (result.start + row * width).update(from: start + source * width, count: width)
    }
    return result
  }
}
