import CZlib
import Diagnostics
import Tensors

/// Undoes deflate, within a limit.
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

/// Undoes gzip piece by piece; members that follow each other are one, as RFC 1952 has it.
final class Gunzip {
  /// Where zlib's own state points back to: it must not move.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  /// Whether what was taken so far is a whole number of members.
  private(set) var isBetweenMembers = true

  /// Starts before the first byte.
  init() throws(CrosswalkError) {
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for gzip's own header.
    let status = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw CrosswalkError(.malformed, "damaged gzip data", cause: "zlib does not start")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Takes bytes and gives what they were, as far as there is room; neither is over 1 GiB.
  ///
  /// - Returns: how many bytes were taken, and how many given.
  func add(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(CrosswalkError) -> (taken: Int, given: Int)
  {
    if isBetweenMembers, !input.isEmpty {
      inflateReset(stream)
      isBetweenMembers = false
    }
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: Bytef.self).baseAddress)
    stream.pointee.avail_in = UInt32(clamping: input.count)
    stream.pointee.next_out = output.bindMemory(to: Bytef.self).baseAddress
    stream.pointee.avail_out = UInt32(clamping: output.count)
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
      throw CrosswalkError(
        .malformed, "damaged gzip data", cause: stream.pointee.msg.map { String(cString: $0) },
        remedy: "the file was damaged: fetch it again")
    }
    isBetweenMembers = status == Z_STREAM_END
    return (
      input.count - Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out)
    )
  }
}

/// Deflates bytes piece by piece, without a header, as zip archives have it.
final class Deflate {
  private var stream = z_stream()
  private var output = [UInt8](repeating: 0, count: 1 << 18)

  /// Starts at a level from 0 to 9.
  init(level: Int) throws(CrosswalkError) {
    let status = deflateInit2_(
      &stream, Int32(clamping: level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw CrosswalkError(.cannotWrite, "zlib does not start")
    }
  }

  deinit { deflateEnd(&stream) }

  /// Takes bytes, and hands over what they became so far.
  func add(
    _ bytes: UnsafeRawBufferPointer,
    _ append: (UnsafeRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    // zlib counts in 32 bits, and bytes may be more.
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      let part = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(1 << 30))
      stream.next_in = UnsafeMutablePointer(mutating: part.bindMemory(to: Bytef.self).baseAddress)
      stream.avail_in = UInt32(part.count)
      try run(Z_NO_FLUSH, append)
    }
  }

  /// Hands over the rest.
  func finish(_ append: (UnsafeRawBufferPointer) throws(CrosswalkError) -> Void)
    throws(CrosswalkError)
  {
    (stream.next_in, stream.avail_in) = (nil, 0)
    try run(Z_FINISH, append)
  }

  /// Works until there is room left in the output: then all that was taken is done.
  private func run(
    _ flush: Int32, _ append: (UnsafeRawBufferPointer) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    var isFull = true
    while isFull {
      let count = output.withUnsafeMutableBufferPointer { room in
        (stream.next_out, stream.avail_out) = (room.baseAddress, UInt32(room.count))
        _ = CZlib.deflate(&stream, flush)
        return room.count - Int(stream.avail_out)
      }
      isFull = count == output.count
      try output.withRawBytes { (bytes) throws(CrosswalkError) in
        try append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      }
    }
  }
}
