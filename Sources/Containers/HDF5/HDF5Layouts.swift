import Documents
import Tensors

extension HDF5Survey.Dataset {
  /// How the dataset is stored, as metadata; nil when it is simply contiguous.
  var description: JSON? {
    switch layout {
    case .contiguous: nil
    case .unallocated: ["layout": "unallocated"]
    case .compact: ["layout": "compact"]
    case .external: ["layout": "in other files"]
    case .virtual: ["layout": "virtual"]
    case .other(let what): ["layout": .string(what)]
    case .chunked(let chunking):
      [
        "layout": "chunked", "chunk": .array(chunking.shape.map { .integer(Int64($0)) }),
        "filters": .array(filters.map(\.description)),
        "bytes": .integer(Int64(chunking.chunks.reduce(0) { $0 &+ $1.byteCount })),
      ]
    }
  }
}

extension HDF5 {
  /// The layout, where it is not simply contiguous: `chunks 7×8, shuffle, deflate:4, 2.3 times
  /// smaller`.
  public static func storage(of tensor: String, in contents: Contents) -> String? {
    guard let layout = contents.metadata["layouts"]?["/" + tensor] else { return nil }
    guard let chunk = layout["chunk"]?.arrayValue else { return layout["layout"]?.stringValue }
    let filters = layout["filters"]?.arrayValue?.compactMap(\.stringValue) ?? []
    var words =
      ["chunks " + chunk.map { $0.text(indented: false) }.joined(separator: "×")] + filters
    if let stored = layout["bytes"]?.intValue, let plain = contents.tensors[tensor]?.byteCount,
      stored > 0, plain > 0, !filters.isEmpty
    {
      let tenths = (Double(plain) / Double(stored) * 10).rounded() / 10
      words.append(tenths >= 1 ? "\(tenths) times smaller" : "larger than plain")
    }
    return words.joined(separator: ", ")
  }
}

extension HDF5Survey.Filter {
  /// The filter as a word: `deflate:4`, `shuffle`.
  fileprivate var description: JSON {
    switch id {
    case 1: .string(values.first.map { "deflate:\($0)" } ?? "deflate")
    case 2: "shuffle"
    case 3: "fletcher32"
    default: .string(name.isEmpty ? "filter \(id)" : name)
    }
  }
}
