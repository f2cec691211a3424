import Diagnostics
import Documents
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a conversion to shards writes down, so that it can go on after an interrupt.
///
/// A text of one JSON object a line, beside the shards: first the plan, then each file that is begun
/// and each shard that is whole, which waits as `NAME.whole` until all are. A line that was cut at
/// the end counts for nothing. While the journal is open it is locked.
final class ShardJournal {
  /// Where it is.
  let path: String
  private let folder: String
  private let name: String
  private let descriptor: Int32
  /// What is known of the shards that are whole, by their names.
  private var seals: [String: Seal] = [:]
  /// The temporaries that were begun.
  private var begun: [String] = []
  /// Whether an earlier run had begun to put the shards in their places.
  private(set) var isPlacing = false
  /// Whether it was made by this process, and holds nothing yet.
  private var isFresh = false
  private var isDone = false

  private static let format = "crosswalk.journal"
  private static let version = 1
  private static let suffix = ".journal"

  /// What a file's bytes are told by.
  struct Seal: Equatable {
    let size: Int
    let checksum: UInt32
  }

  /// Where the journal of a destination is.
  static func path(for destination: String) -> String { destination + suffix }

  /// Whether a file's name is a journal's.
  static func isName(_ name: String) -> Bool { name.hasSuffix(suffix) }

  /// Where a shard that is whole waits.
  static func waiting(_ path: String) -> String { path + ".whole" }

  /// Goes on from the journal of a destination, or starts one.
  ///
  /// - Parameter plan: what was decided before the first byte, each fact by its name.
  /// - Throws: `outputExists` when the journal is of another plan, or `cannotWrite`, also while
  ///   another process holds it.
  convenience init(for destination: String, plan: JSONObject) throws(CrosswalkError) {
    try self.init(lockedFor: destination)
    let recorded = try read()
    removeBegun()
    if let recorded, !seals.isEmpty {
      try compare(recorded, with: plan)
    } else {
      try start(plan)
    }
  }

  private init(lockedFor destination: String) throws(CrosswalkError) {
    path = ShardJournal.path(for: destination)
    (folder, name) = (Folder.containing(destination), Folder.lastComponent(destination))
    descriptor = try ShardJournal.lock(path)
  }

  deinit {
    if isDone || isFresh { Temporaries.remove(path) }
    close(descriptor)
  }

  /// Deletes the journal of a destination, and all that waits there for another run.
  ///
  /// - Throws: `cannotWrite` while another process holds it.
  static func discard(for destination: String) throws(CrosswalkError) {
    guard FileKind.of(path(for: destination)) == .file else { return }
    let journal = try ShardJournal(lockedFor: destination)
    _ = try? journal.read()
    journal.removeBegun()
    for shard in journal.seals.keys {
      Folder.removeFile(waiting(Folder.path(journal.folder, shard)))
    }
    journal.isDone = true
  }

  /// Opens the file, which is made if need be, for this process alone.
  private static func lock(_ path: String) throws(CrosswalkError) -> Int32 {
    while true {
      guard let descriptor = try opened(path) else { continue }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let isHeld = errno == EWOULDBLOCK
        close(descriptor)
        throw isHeld
          ? CrosswalkError(
            .cannotWrite, "another conversion is writing these shards", at: Place(file: path),
            remedy: "wait until it ends")
          : failure(path)
      }
      var status = stat()
      // Whoever held it may have deleted it since it was opened.
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return descriptor }
      close(descriptor)
    }
  }

  /// Opens the file, which is made if need be; nil when it was deleted just now.
  private static func opened(_ path: String) throws(CrosswalkError) -> Int32? {
    let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW
    var descriptor: Int32 = -1
    try Temporaries.settle { (temporaries) throws(CrosswalkError) in
      descriptor = open(path, flags | O_CREAT | O_EXCL, 0o666)
      // One that is new holds nothing yet.
      if descriptor >= 0 { temporaries.insert(path) }
    }
    if descriptor >= 0 { return descriptor }
    guard errno == EEXIST else { throw failure(path) }
    descriptor = open(path, flags)
    guard descriptor >= 0 || errno == ENOENT else { throw failure(path) }
    return descriptor >= 0 ? descriptor : nil
  }

  private static func failure(_ path: String) -> CrosswalkError {
    CrosswalkError(
      .cannotWrite, "the journal cannot be written", at: Place(file: path),
      cause: SystemError.current)
  }
}

extension ShardJournal {
  /// Writes down that a file is about to be begun; it is removed when it is found begun and not
  /// whole.
  func begin(_ temporaryPath: String) throws(CrosswalkError) {
    try append(["begun": .string(Folder.lastComponent(temporaryPath))])
  }

  /// Writes down that a shard is whole, and puts it where it waits.
  ///
  /// In this order: what is written down and not there is written again.
  func keep(_ file: FileWriter) throws(CrosswalkError) {
    try file.finish()
    let shard = Folder.lastComponent(file.destination)
    let seal = try Seal(of: FileReader(file.temporaryPath))
    try append([
      "whole": .string(shard), "bytes": .integer(Int64(seal.size)),
      "crc32": .integer(Int64(seal.checksum)),
    ])
    try Temporaries.settle { (temporaries) throws(CrosswalkError) in
      try file.place(at: ShardJournal.waiting(file.destination), &temporaries)
      // From now on there is something that an interrupt leaves.
      temporaries.remove(path)
    }
    seals[shard] = seal
    isFresh = false
  }

  /// Whether a shard is whole: it waits, or is in its place, and has the bytes that were written.
  func isWhole(_ place: String) throws(CrosswalkError) -> Bool {
    guard let seal = seals[Folder.lastComponent(place)] else { return false }
    for path in [ShardJournal.waiting(place), place] where FileKind.of(path) == .file {
      let file = try FileReader(path)
      if file.size == seal.size, try Seal(of: file) == seal { return true }
    }
    return false
  }

  /// Writes down that all shards are whole and go to their places.
  func beginPlacing() throws(CrosswalkError) { try append(["placing": true]) }

  /// Puts a shard in its place, unless an earlier run has.
  func place(_ place: String) throws(CrosswalkError) {
    guard rename(ShardJournal.waiting(place), place) == 0 || errno == ENOENT else {
      throw CrosswalkError(
        .cannotWrite, "writing failed", at: Place(file: place), cause: SystemError.current)
    }
  }

  /// All is in its place, and the journal goes.
  func finish() { isDone = true }

  private func append(_ line: JSON) throws(CrosswalkError) {
    let bytes = Array((line.text(indented: false) + "\n").utf8)
    let wrote = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard wrote == bytes.count, fsync(descriptor) == 0 else { throw ShardJournal.failure(path) }
  }
}

extension ShardJournal {
  private func start(_ plan: JSONObject) throws(CrosswalkError) {
    isFresh = true
    guard ftruncate(descriptor, 0) == 0 else { throw ShardJournal.failure(path) }
    try append([
      "format": .string(ShardJournal.format), "version": .integer(Int64(ShardJournal.version)),
      "plan": .object(plan),
    ])
  }

  /// Reads the lines; nil when there is not even a plan.
  private func read() throws(CrosswalkError) -> JSONObject? {
    let text = try Document.text(reading: path)
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // After the last newline there is nothing, or a line that was cut.
    let whole = try lines.dropLast().enumerated().map { (index, line) throws(CrosswalkError) in
      do { return try Document(parsing: Array(line)).root } catch {
        throw foreign(at: .line(index + 1, column: 1))
      }
    }
    guard let first = whole.first else { return nil }
    guard first["format"]?.stringValue == ShardJournal.format,
      first["version"]?.intValue == ShardJournal.version, let plan = first["plan"]?.objectValue
    else { throw foreign(at: .line(1, column: 1)) }
    for line in whole.dropFirst() { note(line) }
    // The next line begins a line of its own.
    let end = text.count - (lines.last?.count ?? 0)
    guard ftruncate(descriptor, off_t(end)) == 0 else { throw ShardJournal.failure(path) }
    return plan
  }

  private func note(_ line: JSON) {
    isPlacing = isPlacing || line["placing"]?.boolValue == true
    if let name = line["begun"]?.stringValue { begun.append(name) }
    if let shard = line["whole"]?.stringValue, ShardIndex.staysInside(shard),
      let size = line["bytes"]?.intValue,
      let checksum = line["crc32"]?.intValue.flatMap({ UInt32(exactly: $0) })
    {
      seals[shard] = Seal(size: size, checksum: checksum)
    }
  }

  private func foreign(at line: Place.Step) -> CrosswalkError {
    CrosswalkError(
      .malformed, "not the journal of a conversion", at: Place(file: path, line),
      remedy: "delete it, or choose another destination")
  }

  private func compare(_ recorded: JSONObject, with plan: JSONObject) throws(CrosswalkError) {
    let keys = plan.keys + recorded.keys.filter { plan[$0] == nil }
    guard let key = keys.first(where: { recorded[$0] != plan[$0] }) else { return }
    func said(_ plan: JSONObject) -> String {
      "\(key) " + (plan[key].map { $0.stringValue ?? $0.text(indented: false) } ?? "nothing")
    }
    throw CrosswalkError(
      .outputExists, "the shards that wait here are of another conversion", at: Place(file: path),
      expected: said(plan), found: said(recorded),
      remedy: "leave out --resume and give --force to start anew, or choose another destination")
  }

  /// Deletes the temporaries of a run that was killed.
  private func removeBegun() {
    for temporary in begun where ShardIndex.staysInside(temporary) {
      guard let shard = Temporaries.destination(of: temporary), ContainerRegistry.isShard(shard)
      else {
        continue
      }
      Folder.removeFile(Folder.path(folder, temporary))
    }
  }
}

extension ShardJournal.Seal {
  /// Reads a file through.
  init(of file: FileReader) throws(CrosswalkError) {
    var checksum: UInt32 = 0
    let bytes = try StoredTensor(.u8, [file.size], source: FileSource(file, at: 0, of: .u8))
    try bytes.forEachPiece { (_, piece) throws(CrosswalkError) in
      checksum = Checksum.of(piece, after: checksum)
    }
    self.init(size: file.size, checksum: checksum)
  }
}
