import Diagnostics
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers in memory that are written once, by whoever made them, and then only read.
final class Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let elements: UnsafeMutableBufferPointer<Element>
  /// Where the elements begin; there is room for one even when there are none.
  let start: UnsafeMutablePointer<Element>
  /// What was allocated: a little more, so that the elements can begin at a line of the cache.
  private let memory: UnsafeMutableRawPointer?
  /// Whose memory it is, where it is another's.
  private let owner: Buffer?

  /// The bytes of a line of the cache.
  private static var line: Int { 64 }

  init(count: Int) throws(CrosswalkError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(
      by: MemoryLayout<Element>.stride)
    // Not posix_memalign: glibc before 2.38 does not use again what that leaves when it is freed,
    // and memory would grow from run to run.
    guard !overflow, bytes < Int.max - Self.line, let memory = malloc(bytes + Self.line) else {
      throw CrosswalkError(
        .tooLarge, "there is not the memory for \(count) numbers",
        remedy: "give a shorter or smaller input, or capture less")
    }
    self.memory = memory
    owner = nil
    let aligned = memory.alignedUp(toMultipleOf: Self.line)
    start = aligned.bindMemory(to: Element.self, capacity: max(count, 1))
    elements = UnsafeMutableBufferPointer(start: start, count: count)
  }

  /// The first elements of another buffer, which are not written any more.
  init(first count: Int, of owner: Buffer) {
    precondition(count <= owner.elements.count)
    memory = nil
    self.owner = owner
    start = owner.start
    elements = UnsafeMutableBufferPointer(start: start, count: count)
  }

  deinit { if let memory { free(memory) } }
}

/// The machine's memory in bytes.
private let physicalMemory: Int = {
  let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
  return pages > 0 && size > 0 ? pages * size : Int.max
}()

/// A dense row-major tensor in memory.
struct Tensor<Element: BitwiseCopyable & Sendable>: Sendable {
  let shape: [Int]
  let buffer: Buffer<Element>

  /// A tensor whose numbers are still to be written.
  init(shape: [Int]) throws(CrosswalkError) {
    self.shape = shape
    buffer = try Buffer(count: Shape.count(shape))
  }

  /// Numbers that a buffer holds, at least as many as the shape has.
  init(shape: [Int], buffer: Buffer<Element>) {
    self.shape = shape
    self.buffer = buffer
  }

  /// The same numbers under another shape of the same count.
  init(_ other: Tensor, shape: [Int]) {
    self.shape = shape
    buffer = other.buffer
  }

  var count: Int { buffer.elements.count }
  var elements: UnsafeMutableBufferPointer<Element> { buffer.elements }
  /// Where the elements begin.
  var start: UnsafeMutablePointer<Element> { buffer.start }
  /// The product of all extents but the last.
  var rows: Int { width == 0 ? 0 : count / width }
  /// The last extent; 1 for a scalar.
  var width: Int { shape.last ?? 1 }

  func copy() throws(CrosswalkError) -> Tensor {
    let copy = try Tensor(shape: shape)
    _ = copy.elements.update(fromContentsOf: elements)
    return copy
  }
}

/// What flows along an edge of the graph.
enum Value<S: Scalar>: Sendable {
  case floating(Tensor<S>)
  case integer(Tensor<Int>)

  var shape: [Int] {
    switch self {
    case .floating(let tensor): tensor.shape
    case .integer(let tensor): tensor.shape
    }
  }

  /// The same elements under a shape of as many.
  func reshaped(_ shape: [Int]) -> Value {
    switch self {
    case .floating(let tensor): .floating(Tensor(tensor, shape: shape))
    case .integer(let tensor): .integer(Tensor(tensor, shape: shape))
    }
  }
}

extension Tensor where Element: DTypeElement {
  /// The tensor as others see it, without a copy.
  func stored() throws(CrosswalkError) -> StoredTensor {
    try StoredTensor(Element.dtype, shape, source: BufferSource(buffer: buffer))
  }
}

/// A buffer of the engine as a tensor's source.
private struct BufferSource<Element: BitwiseCopyable & Sendable>: TensorSource {
  let buffer: Buffer<Element>

  func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    target.copyMemory(
      from: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer.elements[range])))
  }
}

extension Value {
  func stored() throws(CrosswalkError) -> StoredTensor {
    switch self {
    case .floating(let tensor): return try tensor.stored()
    case .integer(let tensor):
      return try StoredTensor(tensor.elements.map(Int64.init), shape: tensor.shape)
    }
  }
}
