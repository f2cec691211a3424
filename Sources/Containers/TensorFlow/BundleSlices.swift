import Diagnostics
import Tensors

/// A part of a partitioned variable: for each axis a start and a length.
struct BundleSlice {
  /// An axis that is there as a whole has neither.
  struct Extent: Equatable {
    var start = 0
    var length: Int?
  }

  let extents: [Extent]

  /// Reads a `TensorSliceProto`.
  init(_ field: ProtobufField) throws(CrosswalkError) {
    var extents: [Extent] = []
    for extent in try field.message where extent.number == 1 {
      var axis = Extent()
      for part in try extent.message {
        switch part.number {
        case 1: axis.start = try part.size("a start")
        case 2: axis.length = try part.size("a length")
        default: break
        }
      }
      extents.append(axis)
      guard extents.count <= Shape.maximumRank else {
        throw CrosswalkError(.tooLarge, "a slice of over \(Shape.maximumRank) axes")
      }
    }
    self.extents = extents
  }

  /// The key under which the part stands in the index.
  ///
  /// Source: `EncodeTensorNameSlice` in TensorFlow's core/util/saved_tensor_slice_util.cc, and
  /// core/lib/strings/ordered_code.cc.
  func key(of name: String) -> [UInt8] {
    var key: [UInt8] = [0]
    for byte in name.utf8 {
      switch byte {
      case 0: key += [0, 0xFF]
      case 0xFF: key += [0xFF, 0]
      default: key.append(byte)
      }
    }
    // The end of the name, and the rank as a number of one byte.
    key += [0, 1] + (extents.isEmpty ? [0] : [1, UInt8(truncatingIfNeeded: extents.count)])
    for extent in extents {
      key += Self.code(extent.length == nil ? 0 : extent.start) + Self.code(extent.length ?? -1)
    }
    return key
  }

  /// A signed number in as few bytes as hold it, the first bits telling how many.
  static func code(_ value: Int) -> [UInt8] {
    let magnitude = UInt64(bitPattern: Int64(value < 0 ? ~value : value))
    let count = (64 - magnitude.leadingZeroBitCount) / 7 + 1
    let filler: UInt8 = value < 0 ? 0xFF : 0
    let all =
      [filler, filler] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    var bytes = Array(all.suffix(count))
    // So many ones stand before the number's own bits, over the copies of its sign.
    let header: UInt16 = count >= 16 ? .max : ~(.max >> UInt16(count))
    bytes[0] ^= UInt8(truncatingIfNeeded: header >> 8)
    if count > 1 { bytes[1] ^= UInt8(truncatingIfNeeded: header) }
    return bytes
  }

  /// Puts the parts of a variable together.
  ///
  /// - Throws: `malformed` when they do not fill its shape, each place once.
  static func assemble(_ parts: [(slice: BundleSlice, tensor: StoredTensor)], _ shape: [Int])
    throws(CrosswalkError) -> StoredTensor
  {
    for (slice, tensor) in parts {
      let lengths = zip(slice.extents, shape).map { $0.length ?? $1 }
      guard slice.extents.count == shape.count, lengths == tensor.shape else {
        throw CrosswalkError(
          .malformed, "a slice that is not as large as it says", expected: "\(lengths)",
          found: "\(tensor.shape)")
      }
    }
    return try assemble(parts, shape, axis: 0)
  }

  private static func assemble(
    _ parts: [(slice: BundleSlice, tensor: StoredTensor)], _ shape: [Int], axis: Int
  ) throws(CrosswalkError) -> StoredTensor {
    let gap = CrosswalkError(
      .malformed, "the slices of the variable do not fill it, each place once")
    guard axis < shape.count else {
      guard let only = parts.first, parts.count == 1 else { throw gap }
      return only.tensor
    }
    let byStart = Dictionary(grouping: parts) { $0.slice.extents[axis].start }
    var joined: [StoredTensor] = []
    var end = 0
    for (start, group) in byStart.sorted(by: { $0.key < $1.key }) {
      let length = group[0].tensor.shape[axis]
      guard start == end, length <= shape[axis] - end,
        group.allSatisfy({ $0.tensor.shape[axis] == length })
      else { throw gap }
      joined.append(try assemble(group, shape, axis: axis + 1))
      end += length
    }
    guard end == shape[axis], let first = joined.first else { throw gap }
    return joined.count == 1 ? first : try StoredTensor.concatenated(joined, axis: axis)
  }
}
