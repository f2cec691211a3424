import Diagnostics

/// The members of a zip archive that is read in place.
///
/// The central directory is what counts; each local header must tell the same. A member's name is
/// its name only and never a path. Source: APPNOTE.TXT 6.3.
struct ZipReader {
  let file: FileReader
  /// The members in the order of the central directory.
  private(set) var members: [Member] = []
  private var byName: [String: Int] = [:]

  /// A file within the archive.
  struct Member {
    let name: String
    let method: UInt16
    let checksum: UInt32
    /// Bytes in the archive, and when inflated.
    let storedSize: Int
    let size: Int
    fileprivate(set) var headerOffset: Int
    /// Where the stored bytes begin in the archive.
    fileprivate(set) var dataOffset = 0

    var isStored: Bool { method == 0 }
  }

  /// The most bytes of a central directory that are read.
  static let maximumDirectorySize = 256 << 20

  /// Whether the file begins as an archive does.
  static func recognises(_ file: FileReader) -> Bool { file.head(4) == [0x50, 0x4B, 3, 4] }

  /// Reads the central directory, and checks it against each local header.
  init(_ file: FileReader) throws(CrosswalkError) {
    self.file = file
    let end = try ZipEnd(of: file)
    guard end.directorySize <= ZipReader.maximumDirectorySize else {
      throw CrosswalkError(
        .tooLarge, "the archive's directory is too long",
        expected: "at most \(ZipReader.maximumDirectorySize) bytes", found: "\(end.directorySize)")
    }
    var cursor = ByteCursor(
      try file.bytes(at: end.directoryOffset, count: end.directorySize), origin: end.directoryOffset
    )
    while cursor.rest > 0 { try add(ZipReader.directoryEntry(&cursor)) }
    guard members.count == end.count else {
      throw CrosswalkError(
        .malformed, "the archive's directory does not hold what it announces",
        expected: "\(end.count) members", found: "\(members.count)")
    }
    try locateData(before: end.directoryOffset)
  }

  /// The member of that name.
  subscript(name: String) -> Member? { byName[name].map { members[$0] } }

  /// The bytes of a small member, stored or deflated, its checksum checked.
  ///
  /// - Throws: `tooLarge` beyond the limit, `unsupported` when it is compressed otherwise, `malformed`
  ///   when it is not what it was when the archive was written.
  func bytes(of member: Member, atMost limit: Int) throws(CrosswalkError) -> [UInt8] {
    guard member.method != 8 else {
      do throws(CrosswalkError) { return try inflated(member, atMost: limit) } catch {
        throw error.inside(.entry(member.name))
      }
    }
    try checkStored(member)
    guard member.size <= limit else {
      throw CrosswalkError(
        .tooLarge, "the member is too long", at: Place(.entry(member.name)),
        expected: "at most \(limit) bytes", found: "\(member.size)")
    }
    let bytes = try file.bytes(at: member.dataOffset, count: member.size)
    // torch writes 0 when it is told not to compute checksums.
    guard member.checksum == 0 || Checksum.of(bytes) == member.checksum else {
      throw CrosswalkError(
        .malformed, "the member's checksum is wrong", at: Place(.entry(member.name)),
        remedy: "the file was damaged: fetch or save it again")
    }
    return bytes
  }

  /// Refuses a member that is not simply there.
  func checkStored(_ member: Member) throws(CrosswalkError) {
    guard member.isStored else {
      throw CrosswalkError(
        .unsupported, "the member is compressed", at: Place(.entry(member.name)),
        expected: "method 0, stored", found: "method \(member.method)",
        remedy: "load and save the file with its own framework")
    }
    guard member.size == member.storedSize else {
      throw CrosswalkError(
        .malformed, "a stored member of two sizes", at: Place(.entry(member.name)),
        expected: "\(member.size) bytes", found: "\(member.storedSize)")
    }
  }

  private mutating func add(_ member: Member) throws(CrosswalkError) {
    guard byName.updateValue(members.count, forKey: member.name) == nil else {
      throw CrosswalkError(
        .malformed, "two members have this name", at: Place(.entry(member.name)))
    }
    members.append(member)
  }

  /// Finds each member's bytes, and refuses members that overlap.
  private mutating func locateData(before limit: Int) throws(CrosswalkError) {
    let order = members.indices.sorted { members[$0].headerOffset < members[$1].headerOffset }
    var end = 0
    for index in order {
      do throws(CrosswalkError) {
        guard members[index].headerOffset >= end else {
          throw CrosswalkError(.malformed, "the member overlaps another")
        }
        members[index].dataOffset = try dataOffset(of: members[index])
        let (sum, overflow) = members[index].dataOffset.addingReportingOverflow(
          members[index].storedSize)
        guard !overflow, sum <= limit else {
          throw CrosswalkError(.malformed, "the member leaves the archive")
        }
        end = sum
      } catch {
        throw error.inside(.entry(members[index].name))
      }
    }
  }

  private func dataOffset(of member: Member) throws(CrosswalkError) -> Int {
    let start = member.headerOffset
    var cursor = ByteCursor(try file.bytes(at: start, count: 30), origin: start)
    guard try cursor.number(UInt32.self) == 0x0403_4B50 else {
      throw CrosswalkError(.malformed, "no local header", at: Place(.byte(UInt64(start))))
    }
    _ = try cursor.take(22)
    let nameSize = try cursor.size(UInt16.self)
    let extraSize = try cursor.size(UInt16.self)
    guard try file.bytes(at: start + 30, count: nameSize) == Array(member.name.utf8) else {
      throw CrosswalkError(
        .malformed, "a local header of another name", at: Place(.byte(UInt64(start))))
    }
    return start + 30 + nameSize + extraSize
  }
}

extension ZipReader {
  private static func directoryEntry(_ cursor: inout ByteCursor) throws(CrosswalkError) -> Member {
    let start = cursor.step
    guard try cursor.number(UInt32.self) == 0x0201_4B50 else {
      throw CrosswalkError(.malformed, "no entry of the archive's directory", at: Place(start))
    }
    _ = try cursor.take(4)
    let flags = try cursor.number(UInt16.self)
    let method = try cursor.number(UInt16.self)
    _ = try cursor.take(4)
    let checksum = try cursor.number(UInt32.self)
    let storedSize = try cursor.size(UInt32.self)
    let size = try cursor.size(UInt32.self)
    let nameSize = try cursor.size(UInt16.self)
    let extraSize = try cursor.size(UInt16.self)
    let commentSize = try cursor.size(UInt16.self)
    _ = try cursor.take(8)
    let offset = try cursor.size(UInt32.self)
    let name = try cursor.text(nameSize)
    guard flags & 1 == 0 else {
      throw CrosswalkError(.unsupported, "the member is encrypted", at: Place(.entry(name)))
    }
    var sizes = [size, storedSize, offset]
    let extra = ByteCursor(Array(try cursor.take(extraSize)), origin: cursor.origin)
    try widen(&sizes, from: extra)
    _ = try cursor.take(commentSize)
    return Member(
      name: name, method: method, checksum: checksum, storedSize: sizes[1], size: sizes[0],
      headerOffset: sizes[2])
  }

  /// Replaces sizes that 32 bits do not hold by those of the zip64 field.
  private static func widen(_ sizes: inout [Int], from extra: ByteCursor) throws(CrosswalkError) {
    var extra = extra
    while extra.rest >= 4 {
      let field = try extra.number(UInt16.self)
      var content = ByteCursor(Array(try extra.take(try extra.size(UInt16.self))))
      guard field == 1 else { continue }
      for index in sizes.indices where sizes[index] == Int(UInt32.max) {
        sizes[index] = try content.size(UInt64.self)
      }
      return
    }
  }
}
