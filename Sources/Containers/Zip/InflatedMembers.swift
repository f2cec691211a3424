import Diagnostics
import Synchronization
import Tensors

/// Deflated members of an archive as sources of tensors.
///
/// A member is inflated when it is read, and stays in memory until another one is: whoever reads
/// tensor by tensor inflates each once and holds one.
final class InflatedMembers: Sendable {
  private let zip: ZipReader
  private let last = Mutex<(name: String, bytes: [UInt8])?>(nil)

  /// The most bytes of a member.
  static let maximumSize = 4 << 30

  init(_ zip: ZipReader) { self.zip = zip }

  /// A member's elements.
  func source(of member: ZipReader.Member, _ dtype: DType) -> any TensorSource {
    Source(members: self, member: member, elementByteCount: dtype.byteCount)
  }

  private func bytes(of member: ZipReader.Member) throws(CrosswalkError) -> [UInt8] {
    let kept = last.withLock { $0?.name == member.name ? $0?.bytes : nil }
    if let kept { return kept }
    // Freed first, so that there are never two.
    last.withLock { $0 = nil }
    let bytes = try zip.inflated(member, atMost: Self.maximumSize)
    last.withLock { $0 = (member.name, bytes) }
    return bytes
  }

  private struct Source: TensorSource {
    let members: InflatedMembers
    let member: ZipReader.Member
    let elementByteCount: Int

    func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer)
      throws(CrosswalkError)
    {
      let bytes: [UInt8]
      do throws(CrosswalkError) { bytes = try members.bytes(of: member) } catch {
        throw error.inside(.entry(member.name)).inFile(members.zip.file.path)
      }
      bytes.withUnsafeBytes { bytes in
        let wanted = range.lowerBound * elementByteCount..<range.upperBound * elementByteCount
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[wanted]))
      }
    }
  }
}

extension ZipReader {
  /// The bytes of a deflated member, its checksum checked.
  ///
  /// - Throws: `tooLarge` beyond the limit, `unsupported` for another compression, `malformed`.
  func inflated(_ member: Member, atMost limit: Int) throws(CrosswalkError) -> [UInt8] {
    try checkInflates(member, atMost: limit)
    let stored = try file.bytes(at: member.dataOffset, count: member.storedSize)
    let bytes = try [UInt8](count: member.size) { (output) throws(CrosswalkError) in
      try stored.withRawBytes { (input) throws(CrosswalkError) in
        try Inflate.inflate(input, as: .raw, into: output)
      }
    }
    guard Checksum.of(bytes) == member.checksum else {
      throw CrosswalkError(
        .malformed, "the member's checksum is wrong",
        remedy: "the file was damaged: fetch or save it again")
    }
    return bytes
  }

  /// Refuses a member that is neither simply there nor deflated.
  func checkReadable(_ member: Member) throws(CrosswalkError) {
    guard !member.isStored else { return try checkStored(member) }
    try checkInflates(member, atMost: InflatedMembers.maximumSize)
  }

  /// Refuses a member that is not deflated, or that claims more than deflate can give.
  func checkInflates(_ member: Member, atMost limit: Int) throws(CrosswalkError) {
    guard member.method == 8 else {
      throw CrosswalkError(
        .unsupported, "the member is compressed", expected: "stored or deflated",
        found: "method \(member.method)", remedy: "save it without compression")
    }
    // Deflate makes nothing over 1032 times smaller: what claims more is refused unread.
    let (most, overflow) = member.storedSize.multipliedReportingOverflow(by: 1032)
    guard member.size <= limit, overflow || member.size <= most + 1032 else {
      throw CrosswalkError(
        .tooLarge, "the member is too large when inflated",
        expected: "at most \(min(limit, overflow ? Int.max : most + 1032)) bytes",
        found: "\(member.size)", remedy: "save it without compression")
    }
  }
}
