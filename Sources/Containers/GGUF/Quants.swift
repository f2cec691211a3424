import Diagnostics
import Tensors

/// The decoders of quantised blocks, in the order of arithmetic of the reference, to the bit.
///
/// Each reads just one block and writes just its numbers: 32, or 256 for the kinds with K.
///
/// Source: `gguf/quants.py` of gguf 0.19, which follows `ggml-quants.c`.
enum Quants {
  typealias Block = UnsafePointer<UInt8>
  typealias Output = UnsafeMutablePointer<Float>

  private static func half(_ block: Block, _ offset: Int) -> Float {
    SmallFloats.float(f16: UInt16(block[offset]) | UInt16(block[offset + 1]) << 8)
  }

  /// The low halves of bytes are the first sixteen elements, the high halves the others.
  private static func nibble(_ bytes: Block, _ index: Int) -> UInt8 {
    index < 16 ? bytes[index] & 15 : bytes[index - 16] >> 4
  }

  static func q8(_ block: Block, _ output: Output) {
    let scale = half(block, 0)
    for index in 0..<32 { output[index] = Float(Int8(bitPattern: block[2 + index])) * scale }
  }

  static func q4(hasLeast: Bool, _ block: Block, _ output: Output) {
    let scale = half(block, 0)
    for index in 0..<32 {
      let code = Float(nibble(block + (hasLeast ? 4 : 2), index))
      output[index] = hasLeast ? scale * code + half(block, 2) : scale * (code - 8)
    }
  }

  static func q5(hasLeast: Bool, _ block: Block, _ output: Output) {
    let scale = half(block, 0)
    let high = block + (hasLeast ? 4 : 2)
    for index in 0..<32 {
      let fifth = high[index / 8] >> UInt8(index % 8) & 1
      let code = Float(nibble(high + 4, index) | fifth << 4)
      output[index] = hasLeast ? scale * code + half(block, 2) : scale * (code - 16)
    }
  }

  private static let iq4Values: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]
  private static let e2m1Values: [Float] = [
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12,
  ]

  static func iq4(_ block: Block, _ output: Output) {
    let scale = half(block, 0)
    for index in 0..<32 { output[index] = scale * iq4Values[Int(nibble(block + 2, index))] }
  }

  static func mxfp4(_ block: Block, _ output: Output) {
    // Half of two to the exponent less 127, as the values are doubled.
    let exponent = UInt32(block[0])
    let scale = Float(
      bitPattern: exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23)
    for index in 0..<32 { output[index] = scale * e2m1Values[Int(nibble(block + 1, index))] }
  }

  static func q2K(_ block: Block, _ output: Output) {
    let (scale, least) = (half(block, 80), half(block, 82))
    for index in 0..<256 {
      let packed = block[index / 16]
      let code = block[16 + index / 128 * 32 + index % 32] >> UInt8(index % 128 / 32 * 2) & 3
      output[index] = scale * Float(packed & 15) * Float(code) - least * Float(packed >> 4)
    }
  }

  static func q3K(_ block: Block, _ output: Output) {
    let scale = half(block, 108)
    let scales = block + 96
    for index in 0..<256 {
      let group = index / 16
      let low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4
      let high = scales[8 + group % 4] >> UInt8(group / 4 * 2) & 3
      let code = block[32 + index / 128 * 32 + index % 32] >> UInt8(index % 128 / 32 * 2) & 3
      // The bit of the mask says that nothing is taken away.
      let kept = block[index % 32] >> UInt8(index / 32) & 1
      output[index] =
        scale * (Float(low | high << 4) - 32) * (Float(code) - (kept == 0 ? 4 : 0))
    }
  }

  static func q45K(hasFifthBit: Bool, _ block: Block, _ output: Output) {
    let (scale, least) = (half(block, 0), half(block, 2))
    let codes = block + (hasFifthBit ? 48 : 16)
    for index in 0..<256 {
      let group = index / 32
      let (factor, offset) = scaleAndLeast(block + 4, group)
      let byte = codes[group / 2 * 32 + index % 32]
      var code = group % 2 == 0 ? byte & 15 : byte >> 4
      if hasFifthBit { code |= (block[16 + index % 32] >> UInt8(group) & 1) << 4 }
      output[index] = scale * Float(factor) * Float(code) - least * Float(offset)
    }
  }

  /// Eight scales and eight offsets of six bits each, packed in twelve bytes.
  private static func scaleAndLeast(_ packed: Block, _ group: Int) -> (UInt8, UInt8) {
    guard group >= 4 else { return (packed[group] & 63, packed[group + 4] & 63) }
    let (first, second, both) = (packed[group - 4], packed[group], packed[group + 4])
    return (both & 15 | first >> 2 & 0x30, both >> 4 | second >> 2 & 0x30)
  }

  static func q6K(_ block: Block, _ output: Output) {
    let scale = half(block, 208)
    for index in 0..<256 {
      let (part, place) = (index / 128, index % 128)
      let low = block[part * 64 + place % 64]
      let high = block[128 + part * 32 + place % 32] >> UInt8(place / 32 * 2) & 3
      let code = (place < 64 ? low & 15 : low >> 4) | high << 4
      let factor = Float(Int8(bitPattern: block[192 + index / 16]))
      output[index] = scale * factor * (Float(code) - 32)
    }
  }
}

/// A tensor of quantised blocks, decoded as it is read.
struct QuantisedSource: TensorSource {
  let file: FileReader
  let offset: Int
  let type: GGUFType
  let isBigEndian: Bool

  /// How many blocks are read at a time.
  private static let blocksAtOnce = 1024

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError)
  {
    let size = type.blockCount
    let last = (range.upperBound - 1) / size
    var numbers = [Float](repeating: 0, count: size)
    for start in stride(from: range.lowerBound / size, through: last, by: Self.blocksAtOnce) {
      let blocks = start..<min(start + Self.blocksAtOnce, last + 1)
      var bytes = try file.bytes(
        at: offset + start * type.blockByteCount, count: blocks.count * type.blockByteCount)
      if isBigEndian { swapHalves(of: &bytes) }
      for block in blocks {
        decode(bytes, (block - start) * type.blockByteCount, into: &numbers)
        let all = block * size..<(block + 1) * size
        let wanted = all.clamped(to: range)
        let (from, to) = (wanted.lowerBound - all.lowerBound, wanted.upperBound - all.lowerBound)
        let place = (wanted.lowerBound - range.lowerBound) * 4
        numbers.withUnsafeBytes { decoded in
          UnsafeMutableRawBufferPointer(rebasing: buffer[place...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: decoded[from * 4..<to * 4]))
        }
      }
    }
  }

  private func swapHalves(of bytes: inout [UInt8]) {
    for block in stride(from: 0, to: bytes.count, by: type.blockByteCount) {
      for half in type.halves { bytes.swapAt(block + half, block + half + 1) }
    }
  }

  private func decode(_ bytes: [UInt8], _ start: Int, into numbers: inout [Float]) {
    bytes.withUnsafeBufferPointer { bytes in
      numbers.withUnsafeMutableBufferPointer { numbers in
        guard let block = bytes.baseAddress, let output = numbers.baseAddress else { return }
        type.decode?(block + start, output)
      }
    }
  }
}
