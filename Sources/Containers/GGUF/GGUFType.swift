import Tensors

/// How GGUF stores the elements of a tensor.
///
/// Source: `ggml_type` in github.com/ggml-org/ggml, as the Python package gguf 0.19 has it.
struct GGUFType: Sendable {
  /// The number in the file.
  let code: UInt32
  /// Its name in reports.
  let name: String
  /// What the elements are to us: binary32 where they are quantised.
  let dtype: DType
  /// The elements of a block, and its bytes.
  let blockCount: Int
  let blockByteCount: Int
  /// Where in a block numbers of two bytes stand, which change with the order of bytes.
  let halves: [Int]
  /// Decodes a block into as many numbers; nil where elements stand as they are.
  let decode: (@Sendable (UnsafePointer<UInt8>, UnsafeMutablePointer<Float>) -> Void)?

  private init(_ code: UInt32, plain dtype: DType) {
    self.code = code
    name = dtype.rawValue.uppercased()
    self.dtype = dtype
    (blockCount, blockByteCount, halves) = (1, dtype.byteCount, [])
    decode = nil
  }

  private init(
    _ code: UInt32, _ name: String, _ blockCount: Int, _ blockByteCount: Int, halves: [Int] = [0],
    _ decode: @escaping @Sendable (UnsafePointer<UInt8>, UnsafeMutablePointer<Float>) -> Void
  ) {
    (self.code, self.name, self.dtype) = (code, name, .f32)
    (self.blockCount, self.blockByteCount, self.decode) = (blockCount, blockByteCount, decode)
    self.halves = halves
  }

  static let eightBits = GGUFType(8, "Q8_0", 32, 34, Quants.q8)

  /// All that are read.
  static let all: [GGUFType] = [
    GGUFType(0, plain: .f32), GGUFType(1, plain: .f16), GGUFType(24, plain: .i8),
    GGUFType(25, plain: .i16), GGUFType(26, plain: .i32), GGUFType(27, plain: .i64),
    GGUFType(28, plain: .f64), GGUFType(30, plain: .bf16), eightBits,
    GGUFType(2, "Q4_0", 32, 18) { Quants.q4(hasLeast: false, $0, $1) },
    GGUFType(3, "Q4_1", 32, 20, halves: [0, 2]) { Quants.q4(hasLeast: true, $0, $1) },
    GGUFType(6, "Q5_0", 32, 22) { Quants.q5(hasLeast: false, $0, $1) },
    GGUFType(7, "Q5_1", 32, 24, halves: [0, 2]) { Quants.q5(hasLeast: true, $0, $1) },
    GGUFType(10, "Q2_K", 256, 84, halves: [80, 82], Quants.q2K),
    GGUFType(11, "Q3_K", 256, 110, halves: [108], Quants.q3K),
    GGUFType(12, "Q4_K", 256, 144, halves: [0, 2]) { Quants.q45K(hasFifthBit: false, $0, $1) },
    GGUFType(13, "Q5_K", 256, 176, halves: [0, 2]) { Quants.q45K(hasFifthBit: true, $0, $1) },
    GGUFType(14, "Q6_K", 256, 210, halves: [208], Quants.q6K),
    GGUFType(20, "IQ4_NL", 32, 18, Quants.iq4),
    GGUFType(39, "MXFP4", 32, 17, halves: [], Quants.mxfp4),
  ]

  /// The type that holds a dtype as it is; nil where there is none.
  static func plain(_ dtype: DType) -> GGUFType? {
    all.first { $0.decode == nil && $0.dtype == dtype }
  }

  /// Names of types that are known and not read, for messages.
  static let unread: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 40: "NVFP4",
  ]
}
