import Diagnostics

/// The files that a checkpoint's names and data lie in: the one that was opened, and, where that is
/// allowed, those that it leads to.
struct HDF5Files {
  /// An object by the file that it is in, and its entry in that file's survey.
  struct Object: Hashable {
    var file: Int
    var entry: Int
  }

  private struct File {
    let reader: FileReader
    let survey: HDF5Survey
    let byPath: [String: Int]
    let cache = ChunkCache()

    init(_ reader: FileReader, _ survey: HDF5Survey) throws(CrosswalkError) {
      do {
        try HDF5Extents(survey).check(against: reader.size)
      } catch {
        throw error.inFile(reader.path)
      }
      (self.reader, self.survey) = (reader, survey)
      byPath = Dictionary(
        survey.entries.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// The most files of one checkpoint, each of which stays open.
  private static let limit = 500
  /// The most links from one name to an object.
  private static let maximumHops = 16

  /// The refusal of links that never end.
  static let circle = CrosswalkError(
    .malformed, "links that lead in a circle",
    remedy: "delete one of the links, or copy what it leads to")

  private let isAllowed: Bool
  private var files: [File]
  private var surveyed: [FileReader.Identity: Int]
  private var raw: [FileReader.Identity: FileReader] = [:]

  init(_ survey: HDF5Survey, of reader: FileReader, options: ReadOptions) throws(CrosswalkError) {
    isAllowed = options.allowsExternal
    files = [try File(reader, survey)]
    surveyed = [reader.identity: 0]
  }

  subscript(object: Object) -> HDF5Survey.Entry { files[object.file].survey.entries[object.entry] }

  /// The survey of the file that was opened.
  var survey: HDF5Survey { files[0].survey }

  func reader(of file: Int) -> FileReader { files[file].reader }

  func cache(of file: Int) -> ChunkCache { files[file].cache }

  /// The object of a path that is not looked up.
  func object(at path: String, in file: Int) -> Object? {
    files[file].byPath[path].map { Object(file: file, entry: $0) }
  }

  /// An object, and all that is below it, which a survey has right behind it.
  func tree(of object: Object) -> [Object] {
    let entries = files[object.file].survey.entries
    let stem = Array((self[object].path + "/").utf8)
    let below = entries[(object.entry + 1)...].prefix { $0.path.utf8.starts(with: stem) }
    return [object] + below.indices.map { Object(file: object.file, entry: $0) }
  }

  /// The file that a name in another stands for, surveyed.
  ///
  /// - Throws: `unsafe` unless it is allowed to leave the first file; `cannotOpen`.
  mutating func file(_ name: String, from file: Int, for what: String) throws(CrosswalkError) -> Int
  {
    if name == "." { return file }
    let reader = try open(name, from: file, for: what)
    if let known = surveyed[reader.identity] { return known }
    guard HDF5.recognises(reader) else {
      throw CrosswalkError(.unrecognized, "\(what) in a file that is not HDF5: '\(reader.path)'")
    }
    files.append(try File(reader, HDF5.survey(reader)))
    surveyed[reader.identity] = files.count - 1
    return files.count - 1
  }

  /// The file that a name in another stands for, of plain bytes.
  ///
  /// - Throws: as ``file(_:from:for:)``.
  mutating func bytes(_ name: String, from file: Int) throws(CrosswalkError) -> FileReader {
    let reader = try open(name, from: file, for: "data")
    if let known = raw[reader.identity] { return known }
    raw[reader.identity] = reader
    return reader
  }

  /// Opens a file: beside the one that names it, else from the working directory, as libhdf5 does.
  private func open(_ name: String, from file: Int, for what: String) throws(CrosswalkError)
    -> FileReader
  {
    guard isAllowed else {
      throw CrosswalkError(
        .unsafe, "\(what) in another file: '\(name)'",
        remedy:
          "give --allow-external if you trust that file, too, or copy it into this one with h5py")
    }
    guard files.count + raw.count < Self.limit else {
      throw CrosswalkError(.tooLarge, "data in more than \(Self.limit) files")
    }
    let folder = Folder.containing(files[file].reader.path)
    let places =
      name.hasPrefix("/")
      ? [name, Folder.path(folder, Folder.lastComponent(name))] : [Folder.path(folder, name), name]
    guard let path = places.first(where: { FileKind.of($0) == .file }) else {
      throw CrosswalkError(
        .cannotOpen, "\(what) in a file that is missing: '\(name)'",
        remedy: "fetch that file, too, and put it where it was")
    }
    return try FileReader(path)
  }

  /// Looks up a path, from a link's group unless it begins with a slash, through further links.
  ///
  /// libhdf5 itself is not asked: it would follow a link out of the file on the way.
  mutating func find(_ target: String, from link: String, in file: Int) throws(CrosswalkError)
    -> Object?
  {
    var hops = 0
    return try find(target, from: link, in: file, &hops)
  }

  private mutating func find(_ target: String, from link: String, in file: Int, _ hops: inout Int)
    throws(CrosswalkError) -> Object?
  {
    var path = target.utf8.first == UInt8(ascii: "/") ? "" : HDF5.parent(of: link)
    var rest = Array(HDF5.steps(of: target).filter { $0 != "." }.reversed())
    while let step = rest.popLast() {
      let next = path + "/" + step
      guard let object = object(at: next, in: file) else { return nil }
      switch self[object].target {
      case .hardLink(let other): path = other
      case .softLink(let other):
        hops += 1
        guard hops <= Self.maximumHops else { throw Self.circle }
        if other.utf8.first == UInt8(ascii: "/") { path = "" }
        rest += HDF5.steps(of: other).filter { $0 != "." }.reversed()
      case .externalLink(let name, let other):
        hops += 1
        guard hops <= Self.maximumHops else { throw Self.circle }
        let there = try self.file(name, from: file, for: "an object")
        let whole = ([other] + rest.reversed()).joined(separator: "/")
        return try find("/" + whole, from: "", in: there, &hops)
      default: path = next
      }
    }
    return object(at: path, in: file)
  }
}
