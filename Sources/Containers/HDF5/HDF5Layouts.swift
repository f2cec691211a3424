import Documents
import Tensors

extension HDF5Survey.Dataset {
  /// How the dataset is stored, as metadata; nil when it is simply contiguous.
  var description: JSON? {
    switch layout {
    case .contiguous: nil
    case .unallocated: ["layout": "unallocated"]
    case .compact: ["layout": "compact"]
    case .chunked(let chunking):
      [
        "layout": "chunked", "chunk": .array(chunking.shape.map { .integer(Int64($0)) }),
        "filters": .array(filters.map(\.description)),
        "bytes": .integer(Int64(chunking.chunks.reduce(0) { $0 &+ $1.byteCount })),
      ]
    }
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
