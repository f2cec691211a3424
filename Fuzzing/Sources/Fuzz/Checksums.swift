// An index of TensorFlow has a checksum on each block, at which every change would end. They are put
// right, so that what is behind them is reached; that wrong ones are refused, tests of their own show.

/// The bytes with the checksums of their blocks put right, if they are such an index.
func withoutWrongChecksums(_ bytes: [UInt8]) -> [UInt8] {
  let magic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
  guard bytes.count >= 48, bytes.suffix(8).elementsEqual(magic) else { return bytes }
  var bytes = bytes
  var place = bytes.count - 48
  guard let meta = handle(in: bytes, at: &place), let index = handle(in: bytes, at: &place) else {
    return bytes
  }
  // Values of the index are places of blocks; wherever one could stand, it is taken for one.
  for start in index.offset..<index.offset + index.size {
    var place = start
    guard let block = handle(in: bytes, at: &place), block.size > 0 else { continue }
    if block.offset + block.size + 5 <= index.offset { mend(&bytes, block) }
  }
  mend(&bytes, meta)
  mend(&bytes, index)
  return bytes
}

private typealias Handle = (offset: Int, size: Int)

/// The place of a block that lies before the footer.
private func handle(in bytes: [UInt8], at place: inout Int) -> Handle? {
  guard let offset = varint(in: bytes, at: &place), let size = varint(in: bytes, at: &place),
    offset <= bytes.count - 48, size <= bytes.count - 48 - offset - 5
  else { return nil }
  return (offset, size)
}

private func varint(in bytes: [UInt8], at place: inout Int) -> Int? {
  var value = 0
  for shift in stride(from: 0, to: 35, by: 7) {
    guard place < bytes.count else { return nil }
    let byte = bytes[place]
    place += 1
    value |= Int(byte & 0x7F) << shift
    if byte < 0x80 { return value }
  }
  return nil
}

private func mend(_ bytes: inout [UInt8], _ block: Handle) {
  let end = block.offset + block.size + 1
  var rest = UInt32.max
  for byte in bytes[block.offset..<end] {
    rest ^= UInt32(byte)
    for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78 }
  }
  rest = ~rest
  let masked = (rest >> 15 | rest << 17) &+ 0xA282_EAD8
  for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: masked >> UInt32(8 * index)) }
}
