import Diagnostics
import Tensors

/// The steps that a dataset's chunks went through, undone in reverse.
struct HDF5Filters: Sendable {
  private let steps: [Step]

  /// A filter that can be undone here.
  private enum Step: Sendable {
    case deflate
    case shuffle(width: Int)
    case fletcher32
    case lzf
  }

  /// Understands a dataset's filters.
  ///
  /// - Throws: `unsupported`, naming the filter.
  init(_ filters: [HDF5Survey.Filter], width: Int) throws(CrosswalkError) {
    var steps: [Step] = []
    for filter in filters {
      switch filter.id {
      case 1: steps.append(.deflate)
      case 2: steps.append(.shuffle(width: filter.values.first ?? width))
      case 3: steps.append(.fletcher32)
      case 32_000: steps.append(.lzf)
      default: throw Self.unknown(filter)
      }
    }
    // Twice deflated, a megabyte of zeros is a few bytes: nobody does so but to harm.
    let ids = filters.map(\.id)
    guard Set(ids).count == ids.count else {
      throw CrosswalkError(.unsupported, "one filter applied twice")
    }
    self.steps = steps
  }

  private static func unknown(_ filter: HDF5Survey.Filter) -> CrosswalkError {
    let known = [4: "szip", 5: "nbit", 6: "scaleoffset", 32_015: "zstd"]
    let name = known[filter.id] ?? (filter.name.isEmpty ? "number \(filter.id)" : filter.name)
    return CrosswalkError(
      .unsupported, "compressed by the filter \(name)",
      expected: "deflate, lzf, shuffle or fletcher32",
      found: name, remedy: "rewrite the file with: h5repack -f GZIP=4")
  }

  /// Undoes the filters of a chunk.
  ///
  /// - Parameters:
  ///   - bytes: the chunk as stored.
  ///   - mask: a set bit for each filter that was left out.
  ///   - byteCount: the chunk's size without filters.
  /// - Throws: `malformed` when the chunk is damaged.
  func undo(_ bytes: [UInt8], mask: Int, byteCount: Int) throws(CrosswalkError) -> [UInt8] {
    var bytes = bytes
    for (index, step) in steps.enumerated().reversed() where mask >> index & 1 == 0 {
      switch step {
      case .fletcher32: bytes = try Self.checked(bytes)
      case .shuffle(let width): bytes = Self.unshuffled(bytes, width)
      case .deflate: bytes = try inflated(bytes, byteCount: sizeBefore(index, mask, byteCount))
      case .lzf: bytes = try LZF.expanded(bytes, byteCount: sizeBefore(index, mask, byteCount))
      }
    }
    guard bytes.count == byteCount else {
      throw CrosswalkError(
        .malformed, "a chunk of another size than its shape", expected: "\(byteCount) bytes",
        found: "\(bytes.count)")
    }
    return bytes
  }

  /// How large a chunk was when it came to a filter: a checksum before it adds four bytes.
  private func sizeBefore(_ index: Int, _ mask: Int, _ byteCount: Int) -> Int {
    let sums = steps[..<index].enumerated().filter { position, step in
      if case .fletcher32 = step { mask >> position & 1 == 0 } else { false }
    }
    return byteCount + 4 * sums.count
  }

  private func inflated(_ bytes: [UInt8], byteCount: Int) throws(CrosswalkError) -> [UInt8] {
    // Deflate gives at most 1,032 times its input: no memory is asked for what cannot come.
    guard byteCount / 1_040 <= bytes.count else {
      throw CrosswalkError(
        .malformed, "too few bytes for a chunk", expected: "\(byteCount) bytes of content",
        found: "\(bytes.count) deflated")
    }
    return try [UInt8](count: byteCount) { (output) throws(CrosswalkError) in
      try bytes.withRawBytes { (input) throws(CrosswalkError) in
        try Inflate.inflate(input, into: output)
      }
    }
  }

  /// Gathers the bytes of each element, which lie apart: all first bytes, then all second ones.
  private static func unshuffled(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
    guard width > 1, width <= bytes.count else { return bytes }
    let count = bytes.count / width
    // What is left over stands at the end as it was.
    var elements = bytes
    elements.withUnsafeMutableBufferPointer { elements in
      bytes.withUnsafeBufferPointer { bytes in
        for byte in 0..<width {
          for index in 0..<count {
            elements[index &* width &+ byte] = bytes[byte &* count &+ index]
          }
        }
      }
    }
    return elements
  }

  private static func checked(_ bytes: [UInt8]) throws(CrosswalkError) -> [UInt8] {
    guard bytes.count >= 4 else {
      throw CrosswalkError(.malformed, "a chunk too short for its checksum")
    }
    let content = Array(bytes.dropLast(4))
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let sum = fletcher32(content)
    // Releases before 1.6.3 swapped the bytes of each half; the library accepts both, too.
    let swapped = (sum & 0x00ff_00ff) << 8 | (sum >> 8) & 0x00ff_00ff
    guard stored == sum || stored == swapped else {
      throw CrosswalkError(
        .malformed, "a chunk that does not match its checksum", expected: hexadecimal(stored),
        found: hexadecimal(sum), remedy: "the file is damaged: fetch it again")
    }
    return content
  }

  private static func hexadecimal(_ sum: UInt32) -> String { "0x" + String(sum, radix: 16) }

  /// Fletcher's checksum over words of two bytes, the first the higher, as libhdf5 takes it.
  static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
    var (first, second) = (UInt64(0), UInt64(0))
    var position = 0
    while position < bytes.count {
      // So many words cannot overflow the sums.
      let end = min(position + 720, bytes.count)
      while position < end {
        let low = position + 1 < bytes.count ? UInt64(bytes[position + 1]) : 0
        first &+= UInt64(bytes[position]) << 8 | low
        second &+= first
        position += 2
      }
      (first, second) = (first % 65_535, second % 65_535)
    }
    // The library's ones' complement sums keep 65,535 where the remainder is 0, unless all is zero.
    let isZero = bytes.allSatisfy { $0 == 0 }
    if !isZero && first == 0 { first = 65_535 }
    if !isZero && second == 0 { second = 65_535 }
    return UInt32(second << 16 | first)
  }
}
