public import Diagnostics
import Documents
import Tensors

/// A GGUF checkpoint in several files, as llama.cpp's `llama-gguf-split` makes it.
///
/// `model-00001-of-00003.gguf` and so on; each file says its number (`split.no`, from 0) and how
/// many there are (`split.count`). The first has the metadata of them all.
struct GGUFSplit: ShardForm {
  static let numberKey = "split.no"
  static let countKey = "split.count"
  static let tensorsKey = "split.tensors.count"
  static let keys = [numberKey, countKey, tensorsKey]

  func index(for destination: String) -> String? { nil }

  func standing(at destination: String) -> [String] {
    let folder = Folder.containing(destination)
    let stem = Folder.lastComponent(destination).dropLast(".gguf".count)
    let names = (try? Folder.names(in: folder)) ?? []
    return names.filter { name in
      name.hasPrefix(stem)
        && name.dropFirst(stem.count).wholeMatch(of: #/-\d{5,}-of-\d{5,}\.gguf/#) != nil
    }.map { Folder.path(folder, $0) }
  }

  /// What one part, counted from 1, says beside its tensors.
  func metadata(_ number: Int, of count: Int, with names: [String], _ contents: Contents) -> JSON {
    var members = number == 1 ? contents.metadata.objectValue ?? JSONObject() : JSONObject()
    // Of every part: how its tensors are stored.
    members[GGUF.tensorTypesKey] = contents.metadata[GGUF.tensorTypesKey]
    var types = number == 1 ? contents.metadata[GGUF.typesKey]?.objectValue : nil
    types = types ?? JSONObject()
    for (key, value, type) in [
      (Self.numberKey, number - 1, "u16"), (Self.countKey, count, "u16"),
      (Self.tensorsKey, contents.tensors.count, "i32"),
    ] {
      members[key] = .integer(Int64(value))
      types?[key] = .string(type)
    }
    members[GGUF.typesKey] = types.map { .object($0) }
    return .object(members)
  }

  /// Whether contents are those of one part of several.
  static func isPart(_ contents: Contents) -> Bool {
    (contents.metadata[countKey]?.intValue ?? 1) > 1
  }

  /// Opens all parts, of which one was named.
  ///
  /// - Throws: `cannotOpen` naming a part that is missing, `malformed` for a part that is another
  ///   than its name says, `missingTensor` when the parts do not have all tensors together.
  static func whole(_ part: Contents, of path: String) throws(CrosswalkError) -> (
    contents: Contents, files: [String]
  ) {
    let count = part.metadata[countKey]?.intValue ?? 1
    guard let stem = stem(of: path, part, count) else {
      let number = (part.metadata[numberKey]?.intValue ?? 0) + 1
      throw CrosswalkError(
        .malformed, "part \(number) of \(count), and its name does not say so",
        at: Place(file: path), expected: "a name that ends in \(ending(number, of: count))",
        found: Folder.lastComponent(path),
        remedy: "name the parts as they were made, and keep them in one folder")
    }
    var whole = Contents(tensors: TensorTable())
    var files: [String] = []
    for number in 1...count {
      let file = String(stem + ending(number, of: count))
      let part = try self.part(number, of: count, file)
      do throws(CrosswalkError) { try gather(part, into: &whole) } catch {
        throw error.inFile(file)
      }
      files.append(file)
    }
    try checkCount(of: &whole, path)
    return (whole, files)
  }

  private static func ending(_ number: Int, of count: Int) -> String {
    "-\(ShardIndex.padded(number))-of-\(ShardIndex.padded(count)).gguf"
  }

  /// What stands before the number in a part's path; nil when its name tells other numbers.
  private static func stem(of path: String, _ part: Contents, _ count: Int) -> Substring? {
    guard (1...Int(UInt16.max)).contains(count), let index = part.metadata[numberKey]?.intValue,
      (0..<count).contains(index), path.hasSuffix(ending(index + 1, of: count))
    else { return nil }
    return path.dropLast(ending(index + 1, of: count).count)
  }

  private static func part(_ number: Int, of count: Int, _ path: String) throws(CrosswalkError)
    -> Contents
  {
    guard FileKind.of(path) == .file else {
      throw CrosswalkError(
        .cannotOpen, "part \(number) of \(count) is missing", at: Place(file: path),
        remedy: "fetch all \(count) parts")
    }
    let (container, part) = try ContainerRegistry.open(try FileReader(path))
    guard container == GGUF.self, part.metadata[numberKey]?.intValue == number - 1,
      part.metadata[countKey]?.intValue == count
    else {
      throw CrosswalkError(
        .malformed, "is not part \(number) of \(count)", at: Place(file: path),
        remedy: "the parts are of different checkpoints: fetch all of them again")
    }
    return part
  }

  /// Adds the tensors of a part, and how they were stored; all else the first part says.
  private static func gather(_ part: Contents, into whole: inout Contents) throws(CrosswalkError) {
    for (name, tensor) in part.tensors { try whole.tensors.append(name, tensor) }
    guard var members = whole.metadata.objectValue, !members.isEmpty else {
      whole.metadata = part.metadata
      return
    }
    var stored = members[GGUF.tensorTypesKey]?.objectValue ?? JSONObject()
    for (name, type) in part.metadata[GGUF.tensorTypesKey]?.objectValue?.members ?? [] {
      stored[name] = type
    }
    if !stored.isEmpty { members[GGUF.tensorTypesKey] = .object(stored) }
    whole.metadata = .object(members)
  }

  /// Holds the parts to how many tensors they should have, and forgets that there were parts.
  private static func checkCount(of whole: inout Contents, _ path: String) throws(CrosswalkError) {
    guard var members = whole.metadata.objectValue else { return }
    if let expected = members[tensorsKey]?.intValue, expected != whole.tensors.count {
      throw CrosswalkError(
        .missingTensor, "the parts do not have as many tensors as they say", at: Place(file: path),
        expected: "\(expected)", found: "\(whole.tensors.count)",
        remedy: "the parts are of different checkpoints: fetch all of them again")
    }
    var types = members[GGUF.typesKey]?.objectValue ?? JSONObject()
    for key in keys { (members[key], types[key]) = (nil, nil) }
    members[GGUF.typesKey] = types.isEmpty ? nil : .object(types)
    whole.metadata = .object(members)
  }
}

extension GGUF {
  /// All parts, where a file is one of several.
  public static func whole(_ contents: Contents, of path: String) throws(CrosswalkError) -> (
    contents: Contents, files: [String]
  ) {
    try GGUFSplit.isPart(contents) ? GGUFSplit.whole(contents, of: path) : (contents, [path])
  }

  /// The first part, without an index, leads to the others.
  public static func isWhole(_ name: String) -> Bool {
    !isShard(name) || name.contains("-00001-of-")
  }

  /// In parts that count themselves.
  public static func shardForm(of contents: Contents, at destination: String)
    throws(CrosswalkError) -> any ShardForm
  { GGUFSplit() }

  /// In parts that count themselves.
  public static func shardForms(at destination: String) -> [any ShardForm] { [GGUFSplit()] }
}
