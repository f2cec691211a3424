public import Containers
public import Diagnostics
import Documents

/// The tokens of a vocabulary by their ids, as labels.
public struct Vocabulary: Sendable {
  private var tokens: [Int: String]

  /// A vocabulary of tokens in the order of their ids.
  public init(_ tokens: [String]) {
    self.tokens = Dictionary(tokens.enumerated().map { ($0, $1) }, uniquingKeysWith: { a, _ in a })
  }

  /// The number of tokens.
  public var count: Int { tokens.count }

  /// A token as text to show: bytes decoded, spaces where the tokenizer has its own sign for them.
  public subscript(id: Int) -> String? { tokens[id].map(TokenText.shown) }

  /// Reads a vocabulary file.
  ///
  /// A JSON file is a `tokenizer.json` of the tokenizers library (WordPiece, BPE, Unigram, with
  /// added tokens) or an object from token to id (`vocab.json`); any other file is text, a token a
  /// line, as BERT's `vocab.txt`.
  ///
  /// - Throws: `cannotOpen`, or `malformed` for JSON that holds no vocabulary.
  public init(reading path: String) throws(CrosswalkError) {
    let file = try FileReader(path)
    guard file.size <= Document.maximumFileSize else {
      throw CrosswalkError(
        .tooLarge, "too large for a vocabulary", at: Place(file: path),
        expected: "at most \(Document.maximumFileSize) bytes", found: "\(file.size)")
    }
    let bytes = try file.bytes(at: 0, count: file.size)
    guard bytes.first(where: { !$0.isSpace }) == UInt8(ascii: "{") else {
      self.init(lines: bytes)
      return
    }
    try self.init(Document(parsing: bytes, file: path))
  }

  private init(lines bytes: [UInt8]) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.init(
      lines.map { line in
        String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      })
  }

  private init(_ document: Document) throws(CrosswalkError) {
    tokens = [:]
    switch document.root["model"]?["vocab"] ?? document.root {
    case .object(let ids):
      for (token, id) in ids.members { add(token, id.intValue) }
    case .array(let pieces):
      for (id, piece) in pieces.enumerated() { add(piece.arrayValue?.first?.stringValue, id) }
    default: break
    }
    for added in document.root["added_tokens"]?.arrayValue ?? [] {
      add(added["content"]?.stringValue, added["id"]?.intValue)
    }
    guard !tokens.isEmpty else {
      throw CrosswalkError(
        .malformed, "the file holds no vocabulary", at: Place(file: document.file),
        expected: "model.vocab as in tokenizer.json, or an object from token to id")
    }
  }

  private mutating func add(_ token: String?, _ id: Int?) {
    if let token, let id { tokens[id] = token }
  }
}

extension Vocabulary {
  /// The vocabulary of a checkpoint: the file given, else the one that a native checkpoint carries,
  /// else the first that is readable beside the weights.
  ///
  /// - Throws: what reading the given file meets; a file that was only found may be of another
  ///   kind, and is passed over.
  public static func of(_ checkpoint: Checkpoint?, given path: String?) throws(CrosswalkError)
    -> Vocabulary?
  {
    if let path { return try Vocabulary(reading: path) }
    if let checkpoint, let carried = carried(by: checkpoint) { return carried }
    for path in checkpoint?.vocabularies ?? [] {
      if let vocabulary = try? Vocabulary(reading: path) { return vocabulary }
    }
    return nil
  }
}

extension Vocabulary {
  /// The key under which a native checkpoint carries a vocabulary.
  static let key = "vocabulary"
  /// The most tokens that a native checkpoint carries.
  private static let mostCarried = 1 << 20

  /// The tokens in the order of their ids as a JSON text, null where an id has none; nil for a
  /// vocabulary too large to carry.
  var text: String? {
    guard let last = tokens.keys.max(), (0..<Self.mostCarried).contains(last) else { return nil }
    let list = (0...last).map { tokens[$0].map(JSON.string) ?? .null }
    return JSON.array(list).text(indented: false)
  }

  private static func carried(by checkpoint: Checkpoint) -> Vocabulary? {
    let metadata = checkpoint.contents.metadata
    guard let text = (metadata["attributes"] ?? metadata)[key]?.stringValue,
      let list = (try? Document(parsing: text))?.root.arrayValue
    else { return nil }
    var vocabulary = Vocabulary([])
    for (id, token) in list.enumerated() { vocabulary.add(token.stringValue, id) }
    return vocabulary.count == 0 ? nil : vocabulary
  }
}

extension UInt8 {
  /// Whether the byte is white space, or of a byte order mark, before JSON begins.
  fileprivate var isSpace: Bool { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains(self) }
}
