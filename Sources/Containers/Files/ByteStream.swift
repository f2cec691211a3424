import Diagnostics
import Synchronization
import Tensors

/// Bytes by their places, of a file as it is or of what gzip made smaller.
///
/// A file in gzip has no places of its own: it is inflated from its start up to what is wanted, a
/// window at a time. Who reads in order inflates it once.
struct ByteStream: Sendable {
  /// The file.
  let file: FileReader
  private let inflated: InflatedFile?

  /// Whether the file is in gzip.
  var isCompressed: Bool { inflated != nil }

  init(_ file: FileReader) {
    self.file = file
    inflated = file.head(2) == [0x1F, 0x8B] ? InflatedFile(file) : nil
  }

  /// The bytes from an offset on: so many, or fewer where there are no more.
  func bytes(at offset: Int, atMost count: Int) throws(CrosswalkError) -> [UInt8] {
    if let inflated { return try inflated.bytes(at: offset, atMost: count) }
    return try file.bytes(at: offset, count: min(count, max(0, file.size - offset)))
  }

  /// So many bytes from an offset on.
  ///
  /// - Throws: `truncated` when there are fewer.
  func bytes(at offset: Int, count: Int) throws(CrosswalkError) -> [UInt8] {
    let bytes = try bytes(at: offset, atMost: count)
    guard bytes.count == count else {
      throw CrosswalkError(
        .truncated, "the file ends too early", at: Place(.byte(UInt64(clamping: offset))),
        expected: "\(count) bytes here", found: "\(bytes.count)",
        remedy: "it may be a download or copy that was cut: fetch it again")
    }
    return bytes
  }
}

/// A file in gzip, and the window of what it holds that was read last.
private final class InflatedFile: Sendable {
  private let file: FileReader
  private let state = Mutex<State?>(nil)

  private struct State {
    let gunzip: Gunzip
    /// How much of the file was taken.
    var taken = 0
    var window: [UInt8] = []
    /// Where the window begins in what was inflated.
    var start = 0
  }

  private static let windowSize = 1 << 17

  init(_ file: FileReader) { self.file = file }

  func bytes(at offset: Int, atMost count: Int) throws(CrosswalkError) -> [UInt8] {
    try state.withLock { (state) throws(CrosswalkError) in
      if state.map({ offset < $0.start }) ?? true { state = State(gunzip: try Gunzip()) }
      var bytes: [UInt8] = []
      while bytes.count < count, state != nil {
        let place = offset + bytes.count - (state?.start ?? 0)
        let have = state?.window.count ?? 0
        if place < have {
          bytes += state?.window[place..<min(have, place + count - bytes.count)] ?? []
        } else if try !advance(&state) {
          break
        }
      }
      return bytes
    }
  }

  /// Goes on to the next window; false at the end.
  private func advance(_ state: inout State?) throws(CrosswalkError) -> Bool {
    guard var next = state else { return false }
    // What fails on the way is begun again from the start.
    state = nil
    var given = 0
    var window = try [UInt8](count: Self.windowSize) { (room) throws(CrosswalkError) in
      given = try fill(room, &next)
    }
    window.removeLast(window.count - given)
    // The last window stays, so that what was at the end can be read again.
    if given > 0 { (next.window, next.start) = (window, next.start + next.window.count) }
    state = next
    return given > 0
  }

  /// Inflates as much as there is room for; returns how much it was.
  private func fill(_ room: UnsafeMutableRawBufferPointer, _ state: inout State)
    throws(CrosswalkError) -> Int
  {
    var given = 0
    while given < room.count {
      let input = try file.bytes(
        at: state.taken, count: min(1 << 16, file.size - state.taken))
      if input.isEmpty, state.gunzip.isBetweenMembers { break }
      let gunzip = state.gunzip
      let output = UnsafeMutableRawBufferPointer(rebasing: room[given...])
      var step = (taken: 0, given: 0)
      try input.withRawBytes { (input) throws(CrosswalkError) in
        step = try gunzip.add(input, into: output)
      }
      state.taken += step.taken
      given += step.given
      if input.isEmpty, step.given == 0 { throw cut() }
    }
    return given
  }

  private func cut() -> CrosswalkError {
    CrosswalkError(
      .truncated, "the gzip data ends too early", at: Place(.byte(UInt64(file.size))),
      remedy: "it may be a download or copy that was cut: fetch it again")
  }
}
