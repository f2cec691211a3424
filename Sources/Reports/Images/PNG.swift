public import Diagnostics

/// A picture of pixels that can be written as PNG (W3C Portable Network Graphics, third edition).
public struct Picture: Sendable, Equatable {
  /// What a pixel is made of; the raw value is its number of bytes.
  public enum Pixel: Int, Sendable {
    /// One byte of grey.
    case grey = 1
    /// Red, green and blue, a byte each.
    case color = 3
  }

  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// What a pixel is made of.
  public let pixel: Pixel
  /// The pixels, row by row.
  public internal(set) var bytes: [UInt8]

  /// The longest side that is made.
  public static let maximumSide = 16_384

  /// A picture of one shade.
  ///
  /// - Throws: `tooLarge` beyond ``maximumSide``, `malformed` for a side below one.
  public init(width: Int, height: Int, pixel: Pixel = .color, shade: UInt8 = 255)
    throws(CrosswalkError)
  {
    guard width > 0, height > 0 else {
      throw CrosswalkError(.malformed, "a picture of \(width) × \(height) pixels has nothing in it")
    }
    guard width <= Self.maximumSide, height <= Self.maximumSide else {
      throw CrosswalkError(
        .tooLarge, "the picture is too large",
        expected: "sides up to \(Self.maximumSide) pixels", found: "\(width) × \(height)",
        remedy: "write .html or .csv instead, or choose fewer tables")
    }
    self.width = width
    self.height = height
    self.pixel = pixel
    bytes = [UInt8](repeating: shade, count: width * height * pixel.rawValue)
  }

  /// The picture as a PNG file.
  ///
  /// - Throws: `tooLarge` when zlib cannot hold it.
  public func png() throws(CrosswalkError) -> [UInt8] {
    let stride = width * pixel.rawValue
    var filtered: [UInt8] = []
    filtered.reserveCapacity((stride + 1) * height)
    for row in 0..<height {
      filtered.append(0)  // each row is stored as it is
      filtered += bytes[row * stride..<(row + 1) * stride]
    }
    let colorType: UInt8 = pixel == .grey ? 0 : 2
    let header = bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, colorType, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunk("IDAT", try Deflate.compress(filtered)) + chunk("IEND", [])
  }

  private func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    return bigEndian(UInt32(content.count)) + body + bigEndian(Deflate.checksum(body))
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
