import CZlib
import Diagnostics

/// Undoes deflate, within a limit; the one place where zlib is met for reading.
enum Inflate {
  /// What stands around the deflated data.
  enum Format: Int32 {
    /// Nothing, as in zip archives.
    case raw = -15
    /// The header and checksum of RFC 1950, as in HDF5.
    case zlib = 15
  }

  /// Inflates data that must give just so many bytes.
  ///
  /// - Throws: `malformed` when the data is damaged, or gives more or fewer bytes.
  static func inflate(
    _ input: UnsafeRawBufferPointer, as format: Format = .zlib,
    into output: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) {
    var stream = z_stream()
    let version = inflateInit2_(
      &stream, format.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard version == Z_OK else { throw damaged("zlib does not start") }
    defer { inflateEnd(&stream) }
    var (read, written) = (0, 0)
    // zlib counts in 32 bits, and data may be longer.
    while true {
      let input = UnsafeRawBufferPointer(rebasing: input[read...].prefix(1 << 30))
      let output = UnsafeMutableRawBufferPointer(rebasing: output[written...].prefix(1 << 30))
      stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: Bytef.self).baseAddress)
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.bindMemory(to: Bytef.self).baseAddress
      stream.avail_out = UInt32(output.count)
      let status = CZlib.inflate(&stream, Z_NO_FLUSH)
      let (tookIn, gaveOut) = (
        input.count - Int(stream.avail_in), output.count - Int(stream.avail_out)
      )
      (read, written) = (read + tookIn, written + gaveOut)
      if status == Z_STREAM_END { break }
      guard status == Z_OK, tookIn + gaveOut > 0 else {
        throw damaged(stream.msg.map { String(cString: $0) } ?? "it ends or overflows")
      }
    }
    guard written == output.count else {
      throw CrosswalkError(
        .malformed, "deflated data of another length", expected: "\(output.count) bytes",
        found: "\(written)")
    }
  }

  private static func damaged(_ words: String) -> CrosswalkError {
    CrosswalkError(.malformed, "damaged deflated data", cause: words)
  }
}
