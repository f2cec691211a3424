import CZlib
import Diagnostics

/// The one place where reports meet zlib.
enum Deflate {
  /// The bytes as a zlib stream (RFC 1950).
  ///
  /// - Throws: `tooLarge` when zlib cannot hold the result. The C function is compress2.
  static func compress(_ bytes: [UInt8], level: Int32 = 6) throws(CrosswalkError) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(length))
    let status = compress2(&result, &length, bytes, uLong(bytes.count), level)
    guard status == Z_OK else {
      throw CrosswalkError(.tooLarge, "zlib cannot compress the data", cause: "zlib code \(status)")
    }
    result.removeSubrange(Int(length)...)
    return result
  }

  /// The checksum of PNG chunks; the C function is crc32.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32(0, bytes, uInt(truncatingIfNeeded: bytes.count)))
  }
}
