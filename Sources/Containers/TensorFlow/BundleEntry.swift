import Diagnostics
import Tensors

/// What the index says of one tensor (`BundleEntryProto`).
struct BundleEntry {
  private(set) var type: UInt64 = 0
  private(set) var shape: [Int] = []
  private(set) var shard = 0
  private(set) var offset = 0
  private(set) var size = 0
  private(set) var checksum: UInt32 = 0
  /// The parts in which the tensor is stored, under keys of their own; none for one that is whole.
  private(set) var slices: [BundleSlice] = []

  init(_ bytes: [UInt8]) throws(CrosswalkError) {
    for field in try ProtobufField.fields(of: bytes) {
      switch field.number {
      case 1: type = field.integer
      case 2: shape = try Self.shape(field)
      case 3: shard = try field.size("a shard")
      case 4: offset = try field.size("an offset")
      case 5: size = try field.size("a size")
      case 6: checksum = UInt32(truncatingIfNeeded: field.integer)
      case 7: slices.append(try BundleSlice(field))
      default: break
      }
    }
  }

  private static func shape(_ field: ProtobufField) throws(CrosswalkError) -> [Int] {
    var shape: [Int] = []
    for dimension in try field.message where dimension.number == 2 {
      let extent = try dimension.message.last { $0.number == 1 }
      if let extent { shape.append(try extent.size("an extent")) } else { shape.append(0) }
      guard shape.count <= Shape.maximumRank else {
        throw CrosswalkError(.tooLarge, "a tensor of over \(Shape.maximumRank) axes")
      }
    }
    return shape
  }

  /// What the elements are, nil for what is no number.
  ///
  /// - Throws: `unsupported` for numbers that no dtype here holds.
  func dtype() throws(CrosswalkError) -> DType? {
    if let dtype = Self.dtypes[type] { return dtype }
    if Self.others[type] != nil { return nil }
    throw CrosswalkError(
      .unsupported, "TensorFlow's type \(type) is not supported",
      remedy: "cast the variable in TensorFlow first")
  }

  /// What a tensor of no numbers holds.
  var kind: String { Self.others[type] ?? "numbers" }

  /// Types that are no numbers, by TensorFlow's `DataType`.
  private static let others: [UInt64: String] = [7: "strings", 20: "a resource", 21: "a variant"]
  /// Numbers by TensorFlow's `DataType`, `types.proto`.
  private static let dtypes: [UInt64: DType] = [
    1: .f32, 2: .f64, 3: .i32, 4: .u8, 5: .i16, 6: .i8, 8: .c64, 9: .i64, 10: .bool, 14: .bf16,
    17: .u16, 18: .c128, 19: .f16, 22: .u32, 23: .u64, 24: .f8e5m2, 25: .f8e4m3,
    26: .f8e4m3fnuz, 28: .f8e5m2fnuz,
  ]
}
