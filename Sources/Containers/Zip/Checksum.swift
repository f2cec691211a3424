import CZlib

/// The CRC-32 of zip archives.
enum Checksum {
  /// The checksum of more bytes, after those that gave `start`.
  static func of(_ bytes: UnsafeRawBufferPointer, after start: UInt32 = 0) -> UInt32 {
    // The C function is crc32_z; a null pointer would ask it for its initial value.
    guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return start }
    return UInt32(truncatingIfNeeded: crc32_z(uLong(start), base, bytes.count))
  }

  /// The checksum of bytes.
  static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }
}
