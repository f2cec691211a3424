public import Diagnostics
public import Documents
import Tensors

/// Word vectors as word2vec, GloVe and fastText publish them: a word and its numbers, row by row.
///
/// Three forms, each told by a file's bytes: word2vec's binary one; word2vec's text, which fastText's
/// `.vec` is, too, with the counts of words and numbers in the first line; and GloVe's text without
/// that line. Any may be in gzip. The rows are one tensor, `vectors.weight`, binary32 of (words,
/// width); the words are two: `words.bytes`, the words' own bytes one after the other, whatever their
/// encoding, and `words.offsets`, where each begins and the last ends. So they go wherever tensors go.
///
/// ``Contents/metadata`` says the form, and, of the binary one, whether rows end in a newline.
///
/// Source: `word2vec.c` of code.google.com/archive/p/word2vec; nlp.stanford.edu/projects/glove;
/// fasttext.cc/docs/en/english-vectors.html.
public enum WordVectors: WritableContainer {
  /// Its name in reports.
  public static let name = "word vectors"
  /// The endings of its files: of text with the counts, of binary, of text without.
  public static let fileExtensions = [
    "vec", "w2v", "word2vec.bin", "glove", "glove.txt",
  ]
  /// How the rows are kept.
  public static let descriptions = [formKey, rowEndKey]

  /// The tensor of the rows.
  public static let vectors = "vectors.weight"
  /// The tensor of the words' bytes.
  public static let wordBytes = "words.bytes"
  /// The tensor of where words begin among their bytes.
  public static let wordOffsets = "words.offsets"

  static let formKey = "form"
  static let rowEndKey = "row_end"

  /// Whether the file begins with rows of words and numbers.
  public static func recognises(_ file: FileReader) -> Bool {
    (try? form(of: ByteStream(file))) != nil
  }

  private static func form(of stream: ByteStream) throws(CrosswalkError) -> WordForm? {
    let head = try stream.bytes(at: 0, atMost: WordForm.headSize)
    return WordForm(head, isWhole: head.count < WordForm.headSize)
  }

  /// Finds the words and where their rows are; the numbers are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do throws(CrosswalkError) {
      let stream = ByteStream(file)
      guard let form = try form(of: stream) else {
        throw CrosswalkError(
          .malformed, "not word vectors", expected: "rows of a word and its numbers")
      }
      let index = try WordIndex(of: stream, form)
      var contents = Contents(tensors: TensorTable())
      try contents.tensors.append(
        vectors,
        StoredTensor(
          .f32, [index.count, form.width],
          source: WordSource(stream: stream, index: index, form: form)))
      try contents.tensors.append(
        wordBytes,
        StoredTensor(.u8, [index.words.count], source: MemorySource(index.words, of: .u8)))
      try contents.tensors.append(
        wordOffsets,
        StoredTensor(.i64, [index.offsets.count], source: Offsets(offsets: index.offsets)))
      var metadata = JSONObject([(formKey, .string(form.kind.rawValue))])
      if form.kind == .binary {
        metadata[rowEndKey] = .string(index.endsRows ? "newline" : "none")
      }
      contents.metadata = .object(metadata)
      return contents
    } catch { throw error.inFile(file.path) }
  }

  /// How many words of how many numbers, and the first of them.
  public static func facts(of contents: Contents) -> JSONObject {
    guard let words = try? WordTable(contents.tensors) else { return JSONObject() }
    let first = (try? words.rows(0..<min(8, words.count)).words) ?? []
    return JSONObject([
      ("words", .integer(Int64(words.count))), ("width", .integer(Int64(words.width))),
      ("first_words", .array(first.map { .string(String(decoding: $0, as: UTF8.self)) })),
    ])
  }

  /// Numbers in memory without a copy of their bytes.
  private struct Offsets: TensorSource {
    let offsets: [Int]

    func read(_ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) {
      for (place, offset) in offsets[range].enumerated() {
        buffer.storeBytes(
          of: Int64(offset).littleEndian, toByteOffset: place * 8, as: Int64.self)
      }
    }
  }
}
