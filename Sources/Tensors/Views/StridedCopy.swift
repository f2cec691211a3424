/// Copies elements between two layouts in memory.
struct StridedCopy {
  private let source: UnsafeRawBufferPointer
  private let target: UnsafeMutableRawBufferPointer

  /// The side of a square that is copied at a time when the fastest axes differ, so that the lines
  /// of both sides stay in the processor's cache.
  private static let tile = 32

  init(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    self.source = source
    self.target = target
  }

  /// Copies along all axes; the last is the target's fastest.
  func run(_ axes: [StridedAxis], elementByteCount: Int) {
    switch elementByteCount {
    case 1: copy(axes, of: UInt8.self)
    case 2: copy(axes, of: UInt16.self)
    case 4: copy(axes, of: UInt32.self)
    case 8: copy(axes, of: UInt64.self)
    default: copy(axes, of: SIMD2<UInt64>.self)
    }
  }

  private func copy<Element: BitwiseCopyable>(_ axes: [StridedAxis], of type: Element.Type) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let single = StridedAxis(extent: 1, source: 1, target: 1)
    let inner = axes.last ?? single
    var outer = axes.dropLast()
    // The axis along which the source is read fastest, when it is not the target's.
    let candidates = outer.indices.filter {
      outer[$0].source > 0 && outer[$0].source < inner.source
    }
    var across = single
    if let fastest = candidates.min(by: { outer[$0].source < outer[$1].source }) {
      across = outer.remove(at: fastest)
    }
    visit(outer[...], from, to, MemoryLayout<Element>.size) { from, to in
      if inner.source == 1, inner.target == 1 {
        to.copyMemory(from: from, byteCount: inner.extent * MemoryLayout<Element>.size)
      } else {
        StridedCopy.plane(inner, across, from, to, of: type)
      }
    }
  }

  private func visit(
    _ axes: ArraySlice<StridedAxis>, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer,
    _ width: Int, _ body: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
  ) {
    guard let axis = axes.first else { return body(from, to) }
    for index in 0..<axis.extent {
      visit(
        axes.dropFirst(), from + index * axis.source * width, to + index * axis.target * width,
        width, body)
    }
  }

  /// Copies along two axes, a square tile at a time.
  @inline(__always)
  private static func plane<Element: BitwiseCopyable>(
    _ inner: StridedAxis, _ across: StridedAxis, _ from: UnsafeRawPointer,
    _ to: UnsafeMutableRawPointer, of type: Element.Type
  ) {
    let width = MemoryLayout<Element>.size
    for top in stride(from: 0, to: across.extent, by: tile) {
      for left in stride(from: 0, to: inner.extent, by: tile) {
        for row in top..<min(top + tile, across.extent) {
          var read = from + (row * across.source + left * inner.source) * width
          var write = to + (row * across.target + left * inner.target) * width
          for _ in left..<min(left + tile, inner.extent) {
            write.storeBytes(of: read.loadUnaligned(as: type), as: type)
            read += inner.source * width
            write += inner.target * width
          }
        }
      }
    }
  }
}
