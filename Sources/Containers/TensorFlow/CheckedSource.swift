import Diagnostics
import Synchronization
import Tensors

/// A tensor's bytes whose checksum is checked whenever they are all read in order.
///
/// In one piece or in many; what is read here and there cannot be checked.
final class CheckedSource: TensorSource {
  private let base: any TensorSource
  private let count: Int
  private let checksum: UInt32
  private let progress = Mutex<Progress?>(nil)

  private struct Progress {
    var checksum = MaskedChecksum()
    var next = 0
  }

  init(_ base: any TensorSource, count: Int, checksum: UInt32) {
    self.base = base
    self.count = count
    self.checksum = checksum
  }

  func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws(CrosswalkError)
  {
    try base.read(range, into: buffer)
    let bytes = UnsafeRawBufferPointer(buffer)
    let found: UInt32? = advance(bytes, range)
    guard let found, found != checksum else { return }
    throw CrosswalkError(
      .malformed, "the tensor's checksum is wrong", expected: "\(checksum)", found: "\(found)",
      remedy: "the file was damaged: fetch or save it again")
  }

  /// The checksum of the whole, once its last piece has come.
  private func advance(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt32? {
    var current = progress.withLock { progress in
      defer { progress = nil }
      return range.lowerBound == 0 ? Progress() : progress
    }
    guard current?.next == range.lowerBound else { return nil }
    current?.checksum.take(bytes)
    current?.next = range.upperBound
    guard range.upperBound < count else { return current?.checksum.value }
    progress.withLock { [current] in $0 = current }
    return nil
  }
}
