import Diagnostics

/// Marc Lehmann's LZF, which h5py compresses with when it is told `compression="lzf"`.
///
/// A byte below 32 begins a run of that many bytes and one more; any other a copy of what came
/// before, of the length in its upper three bits and two, from the distance in its lower five and
/// the next byte. A length of seven goes on in a byte of its own.
enum LZF {
  /// The bytes before they were compressed.
  ///
  /// - Throws: `malformed` when they are not just so many, or a copy reaches before the beginning.
  static func expanded(_ input: [UInt8], byteCount: Int) throws(CrosswalkError) -> [UInt8] {
    // A copy of three bytes gives 264 at most: no memory is asked for what cannot come.
    guard byteCount / 88 <= input.count else { throw damaged("too few bytes for a chunk") }
    var output: [UInt8] = []
    output.reserveCapacity(byteCount)
    var rest = input[...]
    while let control = rest.popFirst() {
      if control < 32 {
        let run = Int(control) + 1
        guard rest.count >= run else { throw damaged("a run beyond the end") }
        output += rest.prefix(run)
        rest = rest.dropFirst(run)
      } else {
        try copy(control, &rest, &output)
      }
      guard output.count <= byteCount else { throw damaged("more bytes than the chunk has") }
    }
    guard output.count == byteCount else { throw damaged("fewer bytes than the chunk has") }
    return output
  }

  private static func copy(
    _ control: UInt8, _ rest: inout ArraySlice<UInt8>, _ output: inout [UInt8]
  ) throws(CrosswalkError) {
    var length = Int(control >> 5) + 2
    if length == 9 {
      guard let more = rest.popFirst() else { throw damaged("a copy without its length") }
      length += Int(more)
    }
    guard let low = rest.popFirst() else { throw damaged("a copy without its distance") }
    let distance = Int(control & 31) << 8 + Int(low) + 1
    guard distance <= output.count else { throw damaged("a copy from before the beginning") }
    // What is copied may be what the copy has just written.
    for _ in 0..<length { output.append(output[output.count - distance]) }
  }

  private static func damaged(_ message: String) -> CrosswalkError {
    CrosswalkError(.malformed, message, expected: "a chunk compressed by LZF")
  }
}
