import Diagnostics
import Reports
import Tensors

/// The values of a tensor that are shown, each exactly, and what is to be said of them.
struct TensorValues {
  var values: [InspectReport.Value]?
  var note: String?

  /// Reads the values that the options ask for, and no more.
  init(of tensor: StoredTensor, _ wanted: Inspection.Values) throws(CrosswalkError) {
    let limit: Int
    switch wanted {
    case .none: return
    case .first(let count): limit = min(max(0, count), tensor.count)
    case .all: limit = tensor.count
    }
    values =
      switch tensor.dtype {
      case .i64: try Self.read(Int64.self, limit, of: tensor).map { .integer($0) }
      case .u64: try Self.read(UInt64.self, limit, of: tensor).map { .unsigned($0) }
      case .c64: Self.pairs(try Self.read(Float.self, 2 * limit, of: tensor).map(Double.init))
      case .c128: Self.pairs(try Self.read(Double.self, 2 * limit, of: tensor))
      default: try NumberReader(tensor).first(limit).map { .real($0) }
      }
    if limit < tensor.count { note = "the first \(limit) of \(tensor.count) values" }
  }

  private static func read<Number>(_ type: Number.Type, _ count: Int, of tensor: StoredTensor)
    throws(CrosswalkError) -> [Number]
  {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: count * MemoryLayout<Number>.stride, alignment: 16)
    defer { bytes.deallocate() }
    try tensor.read(0..<bytes.count / tensor.dtype.byteCount, into: bytes)
    return Array(bytes.bindMemory(to: Number.self))
  }

  private static func pairs(_ parts: [Double]) -> [InspectReport.Value] {
    stride(from: 0, to: parts.count, by: 2).map { .complex(parts[$0], parts[$0 + 1]) }
  }
}
