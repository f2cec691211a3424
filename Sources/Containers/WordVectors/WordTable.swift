import Diagnostics
import Tensors

/// The three tensors of word vectors, checked to be of one table.
struct WordTable {
  let vectors: StoredTensor
  private let bytes: StoredTensor
  private let offsets: StoredTensor

  /// How many words there are.
  var count: Int { vectors.shape[0] }
  /// How many numbers each has.
  var width: Int { vectors.shape[1] }

  /// Finds the tensors.
  ///
  /// - Throws: `unsupported` for other tensors than these, or others of these names.
  init(_ tensors: TensorTable) throws(CrosswalkError) {
    let names = [WordVectors.vectors, WordVectors.wordBytes, WordVectors.wordOffsets]
    guard Set(tensors.names) == Set(names), let vectors = tensors[names[0]],
      let bytes = tensors[names[1]], let offsets = tensors[names[2]]
    else {
      throw CrosswalkError(
        .unsupported, "a file of word vectors holds a table and its words, and nothing else",
        expected: names.joined(separator: ", "), found: Self.listed(tensors.names),
        remedy: "write safetensors, HDF5 or a PyTorch file instead")
    }
    try self.init(vectors, bytes, offsets)
  }

  private init(_ vectors: StoredTensor, _ bytes: StoredTensor, _ offsets: StoredTensor)
    throws(CrosswalkError)
  {
    guard vectors.shape.count == 2, vectors.shape[1] > 0,
      [.f32, .f16, .bf16].contains(vectors.dtype)
    else {
      throw CrosswalkError(
        .unsupported, "no table of word vectors", at: Place(.tensor(WordVectors.vectors)),
        expected: "f32 of (words, width)", found: "\(vectors.dtype.rawValue) \(vectors.shape)",
        remedy: vectors.dtype.isFloating ? "give --dtype f32" : nil)
    }
    guard bytes.dtype == .u8, bytes.shape.count == 1 else {
      throw CrosswalkError(
        .unsupported, "no bytes of words", at: Place(.tensor(WordVectors.wordBytes)),
        expected: "u8 of (bytes)", found: "\(bytes.dtype.rawValue) \(bytes.shape)")
    }
    guard offsets.dtype == .i64, offsets.shape == [vectors.shape[0] + 1] else {
      throw CrosswalkError(
        .unsupported, "not where each word begins and the last ends",
        at: Place(.tensor(WordVectors.wordOffsets)), expected: "i64 [\(vectors.shape[0] + 1)]",
        found: "\(offsets.dtype.rawValue) \(offsets.shape)")
    }
    (self.vectors, self.bytes, self.offsets) =
      (vectors.dtype == .f32 ? vectors : try vectors.cast(to: .f32), bytes, offsets)
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", … (\(names.count))" : "")
  }

  /// How many rows are held at a time.
  var piece: Int { max(1, min(1024, (4 << 20) / (4 * width))) }

  /// The words of some rows.
  ///
  /// - Throws: `malformed` for words that do not follow each other, `tooLarge`.
  func rows(_ range: Range<Int>) throws(CrosswalkError) -> (
    words: [ArraySlice<UInt8>], end: Int
  ) {
    let places = try offsets.bytes(range.lowerBound..<(range.upperBound + 1)).withUnsafeBytes {
      bytes in
      (0...range.count).map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)))
      }
    }
    for (start, end) in zip(places, places.dropFirst()) {
      guard start >= 0, start <= end, end <= bytes.count, end - start <= WordIndex.maximumWordSize
      else {
        throw CrosswalkError(
          .malformed, "words that do not follow each other",
          at: Place(.tensor(WordVectors.wordOffsets)),
          expected: "rising numbers from 0 to \(bytes.count)", found: "\(start), \(end)")
      }
    }
    let first = places[0]
    let text = try bytes.bytes(first..<places[range.count])
    let words = zip(places, places.dropFirst()).map { text[($0 - first)..<($1 - first)] }
    return (words, places[range.count])
  }

  /// Refuses bytes that belong to no word.
  func requireEnd(_ end: Int) throws(CrosswalkError) {
    guard end == bytes.count else {
      throw CrosswalkError(
        .malformed, "bytes after the last word", at: Place(.tensor(WordVectors.wordBytes)),
        expected: "\(end)", found: "\(bytes.count)")
    }
  }
}
