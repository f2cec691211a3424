public import Diagnostics
import Documents
import Tensors

/// The safetensors container: a JSON header, then one buffer that the tensors tile.
///
/// ``Contents/metadata`` is what the header has under `__metadata__`: an object of strings, empty
/// where there is none. Aliases that `safetensors.torch.save_model` records there (`"h.weight":
/// "e.weight"`) stay there.
///
/// Source: the format's own text, github.com/huggingface/safetensors#format.
public enum Safetensors: WritableContainer {
  /// Its name in reports.
  public static let name = "safetensors"
  /// The ending of its files.
  public static let fileExtensions = ["safetensors"]
  /// As transformers names them.
  public static let usualNames = ["model.safetensors", "model.safetensors.index.json"]
  /// Which framework wrote the file: `{"format": "pt"}`.
  public static let descriptions = ["format"]
  /// The most bytes of a header, as in the reference implementation.
  public static let maximumHeaderSize = 100_000_000

  /// Whether the file begins with a length and the start of a JSON object.
  public static func recognises(_ file: FileReader) -> Bool {
    let head = file.head(64)
    // The upper bytes of a length are zeros, which no text has.
    guard head.count > 8, head[..<8].contains(0) else { return false }
    let text = head[8...].drop { $0 == UInt8(ascii: " ") }
    guard text.first == UInt8(ascii: "{") else { return false }
    let next = text.dropFirst().first { !" \n\r\t".utf8.contains($0) }
    return next == nil || next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
  }

  /// Reads the header; the tensors are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do {
      let header = try SafetensorsHeader(of: file)
      var contents = Contents(tensors: TensorTable(), metadata: .object(header.metadata))
      for entry in header.entries {
        let source = FileSource(file, at: header.start + entry.range.lowerBound, of: entry.dtype)
        try contents.tensors.append(
          entry.name, StoredTensor(entry.dtype, entry.shape, source: source))
      }
      return contents
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// Writes the tensors, the widest elements first, so that each is aligned.
  ///
  /// Metadata that is no string is written as its JSON text. Tensors that share a storage are
  /// written each, since the format has no sharing.
  public static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError) {
    let ordered = contents.tensors.sorted { a, b in
      let (x, y) = (a.1.dtype.byteCount, b.1.dtype.byteCount)
      return x == y ? a.0.utf8.lexicographicallyPrecedes(b.0.utf8) : x > y
    }
    try file.append(SafetensorsHeader.bytes(ordered, metadata: contents.metadata))
    for (name, tensor) in ordered { try file.append(tensor, named: name, observer: observer) }
  }
}

extension DType {
  /// The dtype of a word in a safetensors header.
  init?(safetensors word: String) {
    guard let dtype = DType.allCases.first(where: { $0.safetensorsWord == word }) else {
      return nil
    }
    self = dtype
  }

  /// The word in a safetensors header; nil where the format has none.
  var safetensorsWord: String? {
    switch self {
    case .f8e4m3: "F8_E4M3"
    case .f8e5m2: "F8_E5M2"
    case .f8e4m3fnuz: "F8_E4M3FNUZ"
    case .f8e5m2fnuz: "F8_E5M2FNUZ"
    case .f8e8m0: "F8_E8M0"
    case .c128: nil
    default: rawValue.uppercased()
    }
  }
}
