import Diagnostics
import Documents
import Tensors

/// The header of a safetensors file, checked against the file.
struct SafetensorsHeader {
  /// The tensors in the order of the header.
  private(set) var entries: [Entry] = []
  private(set) var metadata = JSONObject()
  /// Where the buffer begins, from which the entries' ranges count.
  let start: Int

  /// A tensor's place in the buffer, in bytes.
  struct Entry {
    let name: String
    let dtype: DType
    let shape: [Int]
    let range: Range<Int>
  }

  static let metadataKey = "__metadata__"

  init(of file: FileReader) throws(CrosswalkError) {
    let length = try SafetensorsHeader.length(of: file)
    start = 8 + length
    let text = try file.bytes(at: 8, count: length)
    let root = try Document(parsing: text, file: file.path).root
    guard let object = root.objectValue else {
      throw CrosswalkError(.malformed, "the header is not a JSON object", at: Place(.byte(8)))
    }
    for (name, value) in object.members {
      if name == SafetensorsHeader.metadataKey {
        metadata = try SafetensorsHeader.strings(value)
      } else {
        do { entries.append(try Entry(name, value)) } catch { throw error.inside(.tensor(name)) }
      }
    }
    try checkTiling(of: file.size - start)
  }

  private static func length(of file: FileReader) throws(CrosswalkError) -> Int {
    let length = try file.bytes(at: 0, count: 8).reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    guard length <= Safetensors.maximumHeaderSize else {
      throw CrosswalkError(
        .tooLarge, "the header is too long", at: Place(.byte(0)),
        expected: "at most \(Safetensors.maximumHeaderSize) bytes", found: "\(length)")
    }
    return Int(length)
  }

  private static func strings(_ value: JSON) throws(CrosswalkError) -> JSONObject {
    guard let object = value.objectValue,
      object.members.allSatisfy({ $0.value.stringValue != nil })
    else {
      throw CrosswalkError(
        .malformed, "'\(metadataKey)' is not an object of strings", at: Place(.byte(8)))
    }
    return object
  }

  /// Refuses holes, overlaps and bytes that belong to no tensor: two readers must not see two files.
  private func checkTiling(of bufferSize: Int) throws(CrosswalkError) {
    let ordered = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for entry in ordered {
      guard entry.range.lowerBound == end else {
        throw CrosswalkError(
          .malformed, "the tensors do not follow each other", at: Place(.tensor(entry.name)),
          expected: "data from byte \(end) of the buffer", found: "\(entry.range.lowerBound)")
      }
      end = entry.range.upperBound
    }
    guard end == bufferSize else {
      let isShort = bufferSize < end
      throw CrosswalkError(
        isShort ? .truncated : .malformed,
        isShort ? "the file ends too early" : "bytes after the last tensor",
        at: Place(.byte(UInt64(start))), expected: "\(end) bytes of data", found: "\(bufferSize)",
        remedy: isShort ? "it may be a download or copy that was cut: fetch it again" : nil)
    }
  }
}

extension SafetensorsHeader.Entry {
  /// Types of the format that are known and that no dtype here holds.
  private static let unheld = [
    "F4", "F6_E2M3", "F6_E3M2",
  ]

  init(_ name: String, _ value: JSON) throws(CrosswalkError) {
    guard let word = value["dtype"]?.stringValue, let extents = value["shape"]?.arrayValue,
      let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2
    else {
      throw CrosswalkError(
        .malformed, "a tensor needs 'dtype', 'shape' and two 'data_offsets'")
    }
    guard let dtype = DType(safetensors: word) else {
      let isKnown = Self.unheld.contains(word)
      throw CrosswalkError(
        .unsupported, "the dtype '\(word)' is not \(isKnown ? "supported" : "known")",
        remedy: isKnown ? "convert the tensor to another dtype first" : nil)
    }
    self.name = name
    self.dtype = dtype
    shape = try extents.map { (extent) throws(CrosswalkError) in try Self.size(extent) }
    let (first, last) = (try Self.size(offsets[0]), try Self.size(offsets[1]))
    guard first <= last else {
      throw CrosswalkError(.malformed, "the data ends before it begins: \(first) to \(last)")
    }
    range = first..<last
    let needed = try Shape.byteCount(shape, dtype)
    guard needed == range.count else {
      throw CrosswalkError(
        .malformed, "the data does not fit the shape",
        expected: "\(needed) bytes for \(shape) of \(dtype.rawValue)", found: "\(range.count)")
    }
  }

  private static func size(_ value: JSON) throws(CrosswalkError) -> Int {
    guard case .integer(let number) = value, let size = Int(exactly: number), size >= 0 else {
      throw CrosswalkError(
        .malformed, "an extent or offset is not a size", expected: "an integer from 0 on",
        found: value.text(indented: false))
    }
    return size
  }
}

// MARK: writing

extension SafetensorsHeader {
  /// The bytes before the buffer, for tensors that follow in this order.
  static func bytes(_ tensors: [(String, StoredTensor)], metadata: JSON) throws(CrosswalkError)
    -> [UInt8]
  {
    var header = JSONObject()
    let strings = stringsOnly(metadata)
    if !strings.isEmpty { header[metadataKey] = .object(strings) }
    var end = 0
    for (name, tensor) in tensors {
      let start = end
      let (sum, overflow) = end.addingReportingOverflow(tensor.byteCount)
      guard !overflow else { throw CrosswalkError(.tooLarge, "more bytes than 64 bits count") }
      end = sum
      header[name] = try entry(tensor, named: name, from: start, to: end)
    }
    // Spaces fill the header up to the alignment of the widest element.
    var text = Array(JSON.object(header).text(indented: false).utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    guard text.count <= Safetensors.maximumHeaderSize else {
      throw CrosswalkError(
        .tooLarge, "the header would be too long for safetensors",
        expected: "at most \(Safetensors.maximumHeaderSize) bytes", found: "\(text.count)")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { [UInt8]($0) } + text
  }

  private static func entry(
    _ tensor: StoredTensor, named name: String, from start: Int, to end: Int
  )
    throws(CrosswalkError) -> JSON
  {
    guard name != metadataKey else {
      throw CrosswalkError(
        .unsupported, "safetensors keeps this name for itself", at: Place(.tensor(name)))
    }
    guard let word = tensor.dtype.safetensorsWord else {
      throw CrosswalkError(
        .unsupported, "safetensors has no dtype \(tensor.dtype.rawValue)", at: Place(.tensor(name)),
        remedy: "write HDF5 or a PyTorch file instead")
    }
    return [
      "dtype": .string(word), "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
      "data_offsets": [.integer(Int64(start)), .integer(Int64(end))],
    ]
  }

  private static func stringsOnly(_ metadata: JSON) -> JSONObject {
    var strings = JSONObject()
    for (key, value) in metadata.objectValue?.members ?? [] {
      strings[key] = .string(value.stringValue ?? value.text(indented: false))
    }
    return strings
  }
}
