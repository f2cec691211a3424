import Crosswalk
import Foundation

// libFuzzer hands over bytes, and this opens them as whatever container they are and reads every
// small tensor. An error is an answer; a crash, a hang or memory without end is a find.

typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<Int32>, _ words: UnsafeMutablePointer<Words>,
  _ body: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32

// SwiftPM links an executable to the entry of this name; libFuzzer's own `main` is not used.
@_cdecl("Fuzz_main")
func start(_ count: Int32, _ words: Words) -> Int32 {
  // What of Keras is HDF5 is read in a process of its own, and not for long: libhdf5, which hangs on
  // some damaged files, is not what is tested here.
  HDF5Survey.runChildIfAsked(CommandLine.arguments)
  HDF5.containment = .ownExecutable(limits: .init(processorSeconds: 2, seconds: 5))
  makeShard()
  var count = count
  var words = words
  return runDriver(&count, &words, tryInput)
}

private let path = FileManager.default.temporaryDirectory
  .appending(path: "crosswalk-fuzz-\(getpid())").path

private func tryInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  defer { close(file) }
  let bytes = withoutWrongChecksums([UInt8](UnsafeBufferPointer(start: data, count: count)))
  guard write(file, bytes, bytes.count) == bytes.count else { return 0 }
  do {
    let contents = try Checkpoint(opening: path).contents
    for (_, tensor) in contents.tensors where tensor.byteCount < 1 << 20 { _ = try tensor.bytes() }
  } catch {
    precondition(!error.description.contains("\n"), "an error of more than one line")
  }
  return 0
}

/// What an index of TensorFlow finds its tensors in.
private func makeShard() {
  try? Data(count: 1 << 17).write(to: URL(filePath: path + ".data-00000-of-00001"))
}
