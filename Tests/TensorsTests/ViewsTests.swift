import Diagnostics
import Synchronization
import Testing

@testable import Tensors

/// A tensor whose elements are their own positions, and a plain array to compare with.
struct Counted {
  var tensor: StoredTensor
  var shape: [Int]
  var values: [Int64]

  init(_ shape: [Int]) throws {
    self.shape = shape
    values = (0..<Int64(try Shape.count(shape))).map { $0 }
    tensor = try StoredTensor(values, shape: shape)
  }

  func permuted(_ axes: [Int]) throws -> Counted {
    try replaced(by: tensor.permuted(axes)) { index in
      var old = index
      for (new, axis) in axes.enumerated() { old[axis] = index[new] }
      return old
    }
  }

  func sliced(axis: Int, range: Range<Int>) throws -> Counted {
    try replaced(by: tensor.sliced(axis: axis, range: range)) { index in
      var old = index
      old[axis] += range.lowerBound
      return old
    }
  }

  func reshaped(_ shape: [Int]) throws -> Counted {
    var copy = self
    copy.tensor = try tensor.reshaped(shape)
    copy.shape = shape
    return copy
  }

  func joined(with other: Counted, axis: Int) throws -> Counted {
    let joined = try StoredTensor.concatenated([tensor, other.tensor], axis: axis)
    var copy = self
    copy.shape[axis] += other.shape[axis]
    copy.tensor = joined
    copy.values = try (0..<Shape.count(copy.shape)).map { position in
      var index = Shape.index(of: position, in: copy.shape)
      if index[axis] < shape[axis] { return values[Counted.position(index, shape)] }
      index[axis] -= shape[axis]
      return other.values[Counted.position(index, other.shape)]
    }
    return copy
  }

  private func replaced(by view: StoredTensor, _ old: ([Int]) -> [Int]) throws -> Counted {
    var copy = self
    copy.tensor = view
    copy.shape = view.shape
    copy.values = try (0..<Shape.count(view.shape)).map {
      values[Counted.position(old(Shape.index(of: $0, in: view.shape)), shape)]
    }
    return copy
  }

  private static func position(_ index: [Int], _ shape: [Int]) -> Int {
    zip(index, Shape.strides(shape)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The elements of a range, read as one.
  func read(_ range: Range<Int>) throws -> [Int64] {
    try tensor.bytes(range).withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) }
  }

  /// The same view with another bound on what it may hold.
  func limited(to bytes: Int) throws -> Counted {
    guard var view = tensor.source as? StridedSource else { return self }
    view.limit = bytes
    var copy = self
    copy.tensor = try StoredTensor(tensor.dtype, tensor.shape, source: view)
    return copy
  }
}

/// A source that counts how it is read.
final class CountingSource: TensorSource {
  let base: any TensorSource
  let reads = Mutex<[Range<Int>]>([])
  init(_ base: any TensorSource) { self.base = base }
  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    reads.withLock { $0.append(range) }
    try base.read(range, into: buffer)
  }
}

@Suite struct ViewsTests {
  /// A random chain of views, with the plain answer beside it.
  func chain(_ random: inout some RandomNumberGenerator) throws -> Counted {
    var extents = [1, 2, 3, 4, 5, 7]
    extents.append(Int.random(in: 1...40, using: &random))
    let rank = Int.random(in: 0...4, using: &random)
    var counted = try Counted((0..<rank).map { _ in extents.randomElement(using: &random) ?? 1 })
    for _ in 0..<Int.random(in: 0...4, using: &random) where rank > 0 {
      let axis = Int.random(in: 0..<counted.shape.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: counted = try counted.permuted(counted.shape.indices.shuffled(using: &random))
      case 1:
        let start = Int.random(in: 0...counted.shape[axis], using: &random)
        let end = Int.random(in: start...counted.shape[axis], using: &random)
        counted = try counted.sliced(axis: axis, range: start..<end)
      case 2: counted = try counted.reshaped(counted.shape.shuffled(using: &random))
      default: counted = try counted.joined(with: counted, axis: axis)
      }
      if counted.values.count > 100_000 { break }
    }
    return counted
  }

  @Test(arguments: 0..<8) func `chains of views give what a plain loop gives`(seed: Int) throws {
    var random = Seeded(seed)
    for _ in 0..<40 {
      let counted = try chain(&random)
      #expect(counted.tensor.shape == counted.shape)
      let all = 0..<counted.values.count
      #expect(try counted.read(all) == counted.values)
      for limit in [8, 64, 1000] {
        let limited = try counted.limited(to: limit)
        #expect(try limited.read(all) == counted.values)
        let start = Int.random(in: 0...all.count, using: &random)
        let end = Int.random(in: start...all.count, using: &random)
        #expect(try limited.read(start..<end) == Array(counted.values[start..<end]))
      }
      var pieces: [Int64] = []
      try counted.tensor.forEachPiece(ofAtMost: 100) { (_, bytes) throws(CrosswalkError) in
        pieces += bytes.bindMemory(to: Int64.self)
      }
      #expect(pieces == counted.values)
    }
  }

  @Test func `a permutation undone is the tensor it began with`() throws {
    var tensor = try Counted([3, 4, 5]).tensor
    tensor.storage = StoredTensor.Storage(key: "0", view: [])
    let back = try tensor.permuted([2, 0, 1]).permuted([1, 2, 0])
    #expect(back.storage == tensor.storage)
    #expect(try tensor.transposedTwice().storage == nil)
    #expect(try tensor.permuted([2, 0, 1]).storage == nil)
    #expect(try tensor.sliced(axis: 1, range: 0..<4).storage == tensor.storage)
    #expect(try tensor.reshaped([60]).storage?.key == "0")
    #expect(try tensor.reshaped([60]).storage != tensor.storage)
  }

  @Test func `a view over a storage may step, overlap and repeat`() throws {
    let storage = try Counted([10]).tensor
    func read(_ shape: [Int], _ strides: [Int], _ offset: Int) throws -> [Int] {
      try storage.strided(shape, strides: strides, offset: offset).ints()
    }
    #expect(try read([2, 3], [1, 2], 1) == [1, 3, 5, 2, 4, 6])
    #expect(try read([3, 4], [1, 1], 4) == [4, 5, 6, 7, 5, 6, 7, 8, 6, 7, 8, 9])
    #expect(try read([2, 3, 2], [0, 3, 0], 0) == [0, 0, 3, 3, 6, 6, 0, 0, 3, 3, 6, 6])
    #expect(try read([1, 2], [Int.max, 9], 0) == [0, 9])
    #expect(try read([], [], 7) == [7])
    #expect(try read([0, 5], [Int.max, 9], 99) == [])
    for (shape, strides, offset) in [
      ([2, 6], [5, 1], 0), ([3], [1], 8), ([2], [-1], 3), ([2, 2], [Int.max, Int.max], 1),
      ([1], [1], 10), ([1], [1], -1), ([2], [], 0),
    ] {
      #expect(throws: CrosswalkError.self) { try read(shape, strides, offset) }
    }
  }

  @Test func `views of any steps give what a plain loop gives, whatever they may hold`() throws {
    var random = Seeded(9)
    let storage = try Counted([4000]).tensor
    for _ in 0..<200 {
      let shape = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Int.random(in: 1...6, using: &random)
      }
      let strides = shape.map { _ in
        [0, 1, 2, 3, 7, 30, 600].randomElement(using: &random) ?? 0
      }
      let offset = Int.random(in: 0..<4, using: &random)
      guard zip(shape, strides).reduce(offset, { $0 + ($1.0 - 1) * $1.1 }) < 4000 else { continue }
      let expected = try (0..<Shape.count(shape)).map { position in
        zip(Shape.index(of: position, in: shape), strides).reduce(offset) { $0 + $1.0 * $1.1 }
      }
      for limit in [8, 40, 4096, 1 << 20] {
        var source = StridedSource(base: storage, shape: shape, strides: strides, offset: offset)
        source.limit = limit
        #expect(try StoredTensor(.i64, shape, source: source).ints() == expected)
      }
    }
  }

  @Test func `a transpose that fits is read once and in one piece`() throws {
    let source = CountingSource(try Counted([100, 70]).tensor.source)
    let tensor = try StoredTensor(.i64, [100, 70], source: source)
    var pieces = 0
    try tensor.transposed().forEachPiece { (_, _) throws(CrosswalkError) in pieces += 1 }
    #expect(pieces == 1)
    #expect(source.reads.withLock { $0 } == [0..<7000])
  }

  @Test func `a block of leading columns is read as row segments`() throws {
    let source = CountingSource(try StoredTensor.filled(.u8, [10, 100_000], value: 1).source)
    let tensor = try StoredTensor(.u8, [10, 100_000], source: source)
    _ = try tensor.sliced(axis: 1, range: 5..<1005).bytes()
    #expect(source.reads.withLock { $0.map(\.count) } == [Int](repeating: 1000, count: 10))
    _ = try tensor.transposed().bytes(0..<100)
    let transposed = source.reads.withLock { $0.dropFirst(10).map(\.count) }
    #expect(transposed == [Int](repeating: 10, count: 10))
  }

  @Test func `what cannot be a view is refused`() throws {
    let tensor = try Counted([2, 3]).tensor
    #expect(throws: CrosswalkError.self) { try tensor.reshaped([7]) }
    #expect(throws: CrosswalkError.self) { try tensor.permuted([0, 0]) }
    #expect(throws: CrosswalkError.self) { try tensor.permuted([0]) }
    #expect(throws: CrosswalkError.self) { try tensor.reshaped([6]).transposed() }
    #expect(throws: CrosswalkError.self) { try tensor.sliced(axis: 2, range: 0..<1) }
    #expect(throws: CrosswalkError.self) { try tensor.sliced(axis: 0, range: 0..<3) }
    #expect(throws: CrosswalkError.self) { try StoredTensor.concatenated([], axis: 0) }
    let narrow = try Counted([2, 2]).tensor
    #expect(throws: CrosswalkError.self) {
      try StoredTensor.concatenated([tensor, narrow], axis: 0)
    }
    let other = try tensor.cast(to: .i32)
    #expect(throws: CrosswalkError.self) {
      try StoredTensor.concatenated([tensor, other], axis: 0)
    }
  }

  @Test func `empty tensors of vast extents do not overflow`() throws {
    let empty = try StoredTensor.filled(.f32, [0, 1 << 40, 1 << 40], value: 0)
    let moved = try empty.permuted([2, 1, 0]).sliced(axis: 0, range: 1 << 39..<1 << 40)
    #expect(try moved.bytes().isEmpty)
    #expect(try StoredTensor.concatenated([empty, empty], axis: 1).bytes().isEmpty)
  }
}

extension StoredTensor {
  fileprivate func transposedTwice() throws(CrosswalkError) -> StoredTensor {
    try reshaped([12, 5]).transposed().transposed().sliced(axis: 0, range: 0..<11)
  }
}

/// A generator that gives the same numbers for the same seed everywhere (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
