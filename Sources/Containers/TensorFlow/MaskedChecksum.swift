/// The CRC-32C of TensorFlow's files, masked as they store it.
struct MaskedChecksum {
  private var state = UInt32.max

  /// Takes further bytes.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    Self.table.withUnsafeBufferPointer { table in
      for byte in bytes {
        state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
      }
    }
  }

  /// The checksum of all bytes so far.
  var value: UInt32 {
    let plain = ~state
    return (plain >> 15 | plain << 17) &+ 0xA282_EAD8
  }

  /// The checksum of bytes.
  static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
    var checksum = MaskedChecksum()
    Array(bytes).withUnsafeBytes { checksum.take($0) }
    return checksum.value
  }

  /// The remainders of all bytes by Castagnoli's polynomial, bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in
      rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78
    }
  }
}
