public import Diagnostics
import Documents
import Tensors

/// TensorFlow's checkpoint: `NAME.index` and its `NAME.data-00000-of-00001` beside it.
///
/// Names are those of the variables in TensorFlow 1 (`bert/encoder/layer_0/…/kernel`), and paths of
/// objects in TensorFlow 2 (`model/kernel/.ATTRIBUTES/VARIABLE_VALUE`). Checksums of the index are
/// checked on opening, those of tensors whenever one is read from its start to its end.
///
/// ``Contents/metadata`` is an object of
/// - `bundle`: the count of `shards`, whether there is an `object_graph`, and the `full_names` that
///   it tells of the variables: those stay beside the names by which TensorFlow finds what it stored,
///   as they may be empty, or one and the same for several;
/// - `skipped`: tensors of no numbers, by name, with what they hold.
///
/// Source: TensorFlow's core/util/tensor_bundle and core/protobuf/tensor_bundle.proto.
public enum TensorFlowCheckpoint: Container {
  /// Its name in reports.
  public static let name = "TensorFlow"
  /// The ending of the file to open.
  public static let fileExtensions = ["index"]
  /// The shards, and the graph of objects, which is TensorFlow's alone.
  public static let descriptions = ["bundle"]

  private static let ending = ".index"
  /// The most shards of a checkpoint.
  static let maximumShards = 65_536

  /// Whether the file ends as LevelDB's tables do.
  public static func recognises(_ file: FileReader) -> Bool {
    let size = BundleTable.magic.count
    guard file.size >= BundleTable.footerSize else { return false }
    return (try? file.bytes(at: file.size - size, count: size)) == BundleTable.magic
  }

  /// Reads the index; the tensors are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    do throws(CrosswalkError) {
      let table = try BundleTable(of: file)
      guard let header = table.entries.first, header.key.isEmpty else {
        throw CrosswalkError(.malformed, "a table that is no checkpoint's: it has no header")
      }
      var shards = BundleShards(beside: file.path, count: try shardCount(header.value))
      return try contents(table.entries.dropFirst(), &shards)
    } catch {
      throw error.inFile(file.path)
    }
  }

  private static func shardCount(_ header: [UInt8]) throws(CrosswalkError) -> Int {
    let fields = try ProtobufField.fields(of: header)
    guard fields.last(where: { $0.number == 2 })?.integer ?? 0 == 0 else {
      throw CrosswalkError(
        .unsupported, "a checkpoint of a big-endian machine",
        remedy: "load it in TensorFlow and save it on a little-endian one")
    }
    var count = 0
    for field in fields where field.number == 1 { count = try field.size("a count of shards") }
    guard (1...maximumShards).contains(count) else {
      throw CrosswalkError(
        .tooLarge, "a checkpoint of no shards or too many", expected: "1 to \(maximumShards)",
        found: "\(count)")
    }
    return count
  }

  private static func contents(
    _ entries: ArraySlice<BundleTable.Entry>, _ shards: inout BundleShards
  ) throws(CrosswalkError) -> Contents {
    var bundle = JSONObject([("shards", .integer(Int64(shards.count)))])
    var skipped = JSONObject()
    var tensors = TensorTable()
    // The parts of partitioned variables have keys that begin so.
    let slices = Dictionary(
      entries.filter { $0.key.first == 0 }.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    for entry in entries where entry.key.first != 0 {
      guard let name = String(validating: entry.key, as: UTF8.self) else {
        throw CrosswalkError(.malformed, "a name that is not UTF-8")
      }
      do throws(CrosswalkError) {
        let described = try BundleEntry(entry.value)
        if let tensor = try shards.tensor(described, named: name, slices) {
          try tensors.append(name, tensor)
        } else if name == ObjectGraph.key {
          bundle["object_graph"] = .bool(true)
          // Without them, what is stored is as whole as with them.
          let names = (try? ObjectGraph(tensor: shards.bytes(of: described)))?.names
          if let names, !names.isEmpty { bundle["full_names"] = .object(names) }
        } else {
          skipped[name] = .string(described.kind)
        }
      } catch { throw error.place.steps.isEmpty ? error.inside(.tensor(name)) : error }
    }
    var metadata = JSONObject([("bundle", .object(bundle))])
    if !skipped.isEmpty { metadata["skipped"] = .object(skipped) }
    return Contents(tensors: tensors, metadata: .object(metadata))
  }

  /// The index of the latest checkpoint of a folder, by its file `checkpoint`; nil when it has none.
  ///
  /// - Throws: `unsafe` when that names a file outside the folder.
  private static func latest(in folder: String) throws(CrosswalkError) -> String? {
    let path = Folder.path(folder, "checkpoint")
    guard FileKind.of(path) == .file, let file = try? FileReader(path), file.size < 1 << 20 else {
      return nil
    }
    let text = String(decoding: file.head(file.size), as: UTF8.self)
    guard let match = text.firstMatch(of: #/^\s*model_checkpoint_path:\s*"([^"]*)"/#) else {
      return nil
    }
    // TensorFlow 1 names the whole path, which is stale wherever the folder was moved or copied.
    let whole = String(match.1)
    let name = whole.hasPrefix("/") ? Folder.lastComponent(whole) : whole
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), !name.contains("\\") else {
      throw CrosswalkError(
        .unsafe, "the latest checkpoint is outside the folder", at: Place(file: path),
        expected: "a bare name", found: "'\(name)'", remedy: "name its .index file instead")
    }
    return Folder.path(folder, name + ending)
  }

  /// The index of the latest checkpoint of a folder, that of a SavedModel's variables, or of the
  /// checkpoint of a path without ending.
  public static func file(for path: String) throws(CrosswalkError) -> String? {
    switch FileKind.of(path) {
    case .folder: try latest(in: path) ?? variables(in: path)
    case .missing: FileKind.of(path + ending) == .file ? path + ending : nil
    case .file: nil
    }
  }

  private static func variables(in folder: String) -> String? {
    let index = Folder.path(Folder.path(folder, "variables"), "variables" + ending)
    let isModel = FileKind.of(Folder.path(folder, "saved_model.pb")) == .file
    return isModel && FileKind.of(index) == .file ? index : nil
  }

  /// The path without the ending, from which the shards' names are made.
  static func prefix(of path: String) -> String {
    path.hasSuffix(ending) ? String(path.dropLast(ending.count)) : path
  }
}

/// The files of a checkpoint's tensors, opened when one is needed.
struct BundleShards {
  let count: Int
  private let prefix: String
  private var files: [Int: FileReader] = [:]

  init(beside path: String, count: Int) {
    prefix = TensorFlowCheckpoint.prefix(of: path)
    self.count = count
  }

  /// The tensor of an entry, nil when it holds no numbers.
  ///
  /// - Parameter parts: the entries of the parts of partitioned variables, by their keys.
  mutating func tensor(_ entry: BundleEntry, named name: String, _ parts: [[UInt8]: [UInt8]])
    throws(CrosswalkError) -> StoredTensor?
  {
    guard let dtype = try entry.dtype() else { return nil }
    guard !entry.slices.isEmpty else { return try tensor(entry, dtype) }
    var slices: [(slice: BundleSlice, tensor: StoredTensor)] = []
    for slice in entry.slices {
      guard let value = parts[slice.key(of: name)] else {
        throw CrosswalkError(
          .missingTensor, "the index lacks a slice of the variable",
          expected: slice.extents.map { "\($0.start)+\($0.length.map(String.init) ?? "all")" }
            .joined(separator: ", "), found: "none")
      }
      let part = try BundleEntry(value)
      guard part.slices.isEmpty, try part.dtype() == dtype else {
        throw CrosswalkError(.malformed, "a slice of another dtype than its variable")
      }
      slices.append((slice, try tensor(part, dtype)))
    }
    return try BundleSlice.assemble(slices, entry.shape)
  }

  private mutating func tensor(_ entry: BundleEntry, _ dtype: DType) throws(CrosswalkError)
    -> StoredTensor
  {
    let needed = try Shape.byteCount(entry.shape, dtype)
    guard needed == entry.size else {
      throw CrosswalkError(
        .malformed, "the data does not fit the shape",
        expected: "\(needed) bytes for \(entry.shape) of \(dtype.rawValue)",
        found: "\(entry.size)")
    }
    let file = try file(entry.shard)
    guard entry.offset <= file.size, entry.size <= file.size - entry.offset else {
      throw CrosswalkError(
        .truncated, "the shard ends too early", at: Place(.byte(UInt64(entry.offset))),
        expected: "\(entry.size) bytes", found: "\(max(0, file.size - entry.offset))",
        remedy: "it may be a download or copy that was cut: fetch it again")
    }
    let source = FileSource(file, at: entry.offset, of: dtype)
    let count = try Shape.count(entry.shape)
    return try StoredTensor(
      dtype, entry.shape,
      source: CheckedSource(source, count: count, checksum: entry.checksum))
  }

  /// The bytes of a small entry, whatever they are.
  mutating func bytes(of entry: BundleEntry) throws(CrosswalkError) -> [UInt8] {
    guard entry.size <= ObjectGraph.maximumSize else {
      throw CrosswalkError(.tooLarge, "more than \(ObjectGraph.maximumSize >> 20) MiB")
    }
    return try file(entry.shard).bytes(at: entry.offset, count: entry.size)
  }

  private mutating func file(_ shard: Int) throws(CrosswalkError) -> FileReader {
    guard shard < count else {
      throw CrosswalkError(
        .malformed, "a shard that the checkpoint does not have", expected: "below \(count)",
        found: "\(shard)")
    }
    if let file = files[shard] { return file }
    let file = try FileReader("\(prefix).data-\(Self.padded(shard))-of-\(Self.padded(count))")
    files[shard] = file
    return file
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }
}
