import Diagnostics
import Documents
import Tensors

/// Makes tensors and metadata of a survey, checking each number in it against the file.
struct HDF5Contents {
  private let file: FileReader
  private let survey: HDF5Survey
  private let byPath: [String: Int]
  private let cache = ChunkCache()
  private var tensors = TensorTable()
  private var stored: [Int: StoredTensor] = [:]
  private var objects = JSONObject()
  private var links = JSONObject()
  private var layouts = JSONObject()
  private var skipped = JSONObject()

  /// Turns a survey of a file into contents.
  ///
  /// - Throws: `malformed`, `truncated`, `unsupported`, `unsafe` or `tooLarge`, naming the object.
  static func contents(_ survey: HDF5Survey, of file: FileReader) throws(CrosswalkError)
    -> Contents
  {
    do {
      var maker = HDF5Contents(survey, of: file)
      try HDF5Extents(survey).check(against: file.size)
      for index in survey.entries.indices { try maker.take(index) }
      return Contents(tensors: maker.tensors, metadata: maker.metadata)
    } catch {
      throw error.inFile(file.path)
    }
  }

  private init(_ survey: HDF5Survey, of file: FileReader) {
    self.survey = survey
    self.file = file
    byPath = Dictionary(
      survey.entries.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private mutating func take(_ index: Int) throws(CrosswalkError) {
    let entry = survey.entries[index]
    do {
      try take(entry, index)
    } catch {
      throw error.inside(.object(entry.path.isEmpty ? "/" : entry.path))
    }
  }

  private mutating func take(_ entry: HDF5Survey.Entry, _ index: Int) throws(CrosswalkError) {
    for attribute in entry.skippedAttributes {
      skipped[entry.path + "@" + attribute.name] = .string(attribute.reason)
    }
    switch entry.target {
    case .group(let count):
      // An empty group is remembered by an entry of its own, since no tensor tells of it.
      if count == 0 || !entry.attributes.isEmpty { describe(entry) }
    case .dataset(let dataset):
      if !entry.attributes.isEmpty { describe(entry) }
      try take(dataset, entry, index)
    case .hardLink(let target):
      try alias(entry, "hard", target, resolved: byPath[target])
    case .softLink(let target):
      try alias(entry, "soft", target, resolved: resolve(target, from: entry.path))
    case .other(let what):
      skipped[entry.path] = .string(what)
      if !entry.attributes.isEmpty { describe(entry) }
    }
  }

  private mutating func describe(_ entry: HDF5Survey.Entry) {
    if !entry.path.isEmpty { objects[entry.path] = .object(entry.attributes) }
  }

  private mutating func take(
    _ dataset: HDF5Survey.Dataset, _ entry: HDF5Survey.Entry, _ index: Int
  ) throws(CrosswalkError) {
    switch dataset.element {
    case .other(let what): skipped[entry.path] = .string(what)
    case .opaque(let byteCount): skipped[entry.path] = .string("opaque items of \(byteCount) bytes")
    case .number:
      guard let tensor = try storedTensor(index) else { return }
      try tensors.append(HDF5.tensorName(ofPath: entry.path), tensor)
      if let layout = dataset.description { layouts[entry.path] = layout }
    }
  }

  private mutating func alias(
    _ entry: HDF5Survey.Entry, _ kind: String, _ target: String, resolved: Int?
  ) throws(CrosswalkError) {
    links[entry.path] = .object(
      JSONObject([("kind", .string(kind)), ("target", .string(target.isEmpty ? "/" : target))]))
    guard let resolved else {
      throw CrosswalkError(
        .malformed, "a link that leads nowhere", expected: "an object at '\(target)'",
        found: "none", remedy: "delete the link, or write the checkpoint again")
    }
    guard let tensor = try storedTensor(resolved) else { return }
    try tensors.append(HDF5.tensorName(ofPath: entry.path), tensor)
  }

  /// The tensor of a dataset, made when it is first named: an alias may stand before it.
  private mutating func storedTensor(_ index: Int) throws(CrosswalkError) -> StoredTensor? {
    if let tensor = stored[index] { return tensor }
    let entry = survey.entries[index]
    guard case .dataset(let dataset) = entry.target,
      case .number(let dtype, let isBigEndian) = dataset.element
    else { return nil }
    let source = try HDF5SourceMaker(
      file: file, path: entry.path, dataset: dataset, dtype: dtype, isBigEndian: isBigEndian,
      cache: cache
    ).source()
    let tensor = try StoredTensor(
      dtype, dataset.shape, source: source,
      storage: .init(key: file.path + ":" + entry.path, view: []))
    stored[index] = tensor
    return tensor
  }

  /// Looks up the path of a soft link among the names of the file, through further links.
  ///
  /// libhdf5 itself is not asked: it would follow a link out of the file on the way.
  private func resolve(_ target: String, from link: String) -> Int? {
    var path = target.utf8.first == UInt8(ascii: "/") ? "" : HDF5.parent(of: link)
    var rest = Array(HDF5.steps(of: target).filter { $0 != "." }.reversed())
    var hops = 0
    while let step = rest.popLast() {
      let next = path + "/" + step
      guard let index = byPath[next] else { return nil }
      switch survey.entries[index].target {
      case .hardLink(let other): path = other
      case .softLink(let other):
        hops += 1
        guard hops <= 16 else { return nil }
        if other.utf8.first == UInt8(ascii: "/") { path = "" }
        rest += HDF5.steps(of: other).filter { $0 != "." }.reversed()
      default: path = next
      }
    }
    return byPath[path]
  }

  private var metadata: JSON {
    var metadata = JSONObject([("superblock", .integer(Int64(survey.superblock)))])
    metadata["attributes"] = .object(survey.entries.first?.attributes ?? JSONObject())
    for (key, part) in [
      ("objects", objects), ("links", links), ("layouts", layouts), ("skipped", skipped),
    ] where !part.isEmpty {
      metadata[key] = .object(part)
    }
    return .object(metadata)
  }
}
