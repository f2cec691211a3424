import Diagnostics
import Documents
import Tensors

/// Makes tensors and metadata of a survey, checking each number in it against the file.
struct HDF5Contents {
  private var files: HDF5Files
  private var tensors = TensorTable()
  private var stored: [HDF5Files.Object: StoredTensor] = [:]
  private var objects = JSONObject()
  private var links = JSONObject()
  private var layouts = JSONObject()
  private var skipped = JSONObject()
  /// The groups that are being gone through, each reached by a link of the one before.
  private var roots: [HDF5Files.Object] = []
  /// The virtual datasets that are being put together, each a part of the one before.
  private var making: [HDF5Files.Object] = []
  private var taken = 0

  /// Turns a survey of a file into contents.
  ///
  /// - Throws: `malformed`, `truncated`, `unsupported`, `unsafe` or `tooLarge`, naming the object.
  static func contents(
    _ survey: HDF5Survey, of file: FileReader, options: ReadOptions = ReadOptions()
  ) throws(CrosswalkError) -> Contents {
    do {
      var maker = HDF5Contents(try HDF5Files(survey, of: file, options: options))
      if !survey.entries.isEmpty { try maker.graft(HDF5Files.Object(file: 0, entry: 0), at: "") }
      return Contents(tensors: maker.tensors, metadata: maker.metadata)
    } catch {
      throw error.inFile(file.path)
    }
  }

  private init(_ files: HDF5Files) { self.files = files }

  /// Takes an object and all that is below it, as what stands at a path.
  private mutating func graft(_ root: HDF5Files.Object, at path: String) throws(CrosswalkError) {
    guard !roots.contains(root) else { throw HDF5Files.circle }
    guard roots.count < HDF5Survey.Limits.files else { throw HDF5Limit.files }
    roots.append(root)
    defer { roots.removeLast() }
    let start = files[root].path.utf8.count
    for object in files.tree(of: root) {
      taken += 1
      guard taken <= HDF5Survey.Limits.entries else { throw HDF5Limit.entries }
      let place = path + String(decoding: files[object].path.utf8.dropFirst(start), as: UTF8.self)
      do {
        try take(object, at: place)
      } catch {
        throw error.place.steps.isEmpty ? error.inside(.object(place.isEmpty ? "/" : place)) : error
      }
    }
  }

  private mutating func take(_ object: HDF5Files.Object, at path: String) throws(CrosswalkError) {
    let entry = files[object]
    for attribute in entry.skippedAttributes {
      skipped[path + "@" + attribute.name] = .string(attribute.reason)
    }
    switch entry.target {
    case .group(let count):
      // An empty group is remembered by an entry of its own, since no tensor tells of it.
      if count == 0 || !entry.attributes.isEmpty { describe(entry, path) }
    case .dataset(let dataset):
      if !entry.attributes.isEmpty { describe(entry, path) }
      try take(dataset, object, at: path)
    case .hardLink(let target):
      let resolved = files.object(at: target, in: object.file)
      note(path, "hard", target, resolved)
      try alias(path, target, resolved: resolved)
    case .softLink(let target):
      let resolved = try files.find(target, from: entry.path, in: object.file)
      note(path, "soft", target, resolved)
      try alias(path, target, resolved: resolved)
    case .externalLink(let name, let target):
      let file = try files.file(name, from: object.file, for: "an object")
      try alias(
        path, "\(name):\(target)", resolved: files.find("/" + target, from: "", in: file))
    case .other(let what):
      skipped[path] = .string(what)
      if !entry.attributes.isEmpty { describe(entry, path) }
    }
  }

  private mutating func describe(_ entry: HDF5Survey.Entry, _ path: String) {
    if !path.isEmpty { objects[path] = .object(entry.attributes) }
  }

  /// Remembers a further name, where the first one stands in these contents, too.
  private mutating func note(
    _ path: String, _ kind: String, _ target: String, _ object: HDF5Files.Object?
  ) {
    guard roots.count == 1, object?.file == 0 else { return }
    links[path] = .object(
      JSONObject([("kind", .string(kind)), ("target", .string(target.isEmpty ? "/" : target))]))
  }

  private mutating func take(
    _ dataset: HDF5Survey.Dataset, _ object: HDF5Files.Object, at path: String
  ) throws(CrosswalkError) {
    switch dataset.element {
    case .other(let what): skipped[path] = .string(what)
    case .opaque(let byteCount): skipped[path] = .string("opaque items of \(byteCount) bytes")
    case .number:
      guard let tensor = try storedTensor(object) else { return }
      try tensors.append(HDF5.tensorName(ofPath: path), tensor)
      if let layout = dataset.description { layouts[path] = layout }
    }
  }

  private mutating func alias(_ path: String, _ target: String, resolved: HDF5Files.Object?)
    throws(CrosswalkError)
  {
    guard let resolved else {
      throw CrosswalkError(
        .malformed, "a link that leads nowhere", expected: "an object at '\(target)'",
        found: "none", remedy: "delete the link, or write the checkpoint again")
    }
    let entry = files[resolved]
    if case .dataset(let dataset) = entry.target, case .number = dataset.element {
      return try take(dataset, resolved, at: path)
    }
    if !isPresent(resolved) { try graft(resolved, at: path) }
  }

  /// Whether an object stands in these contents by another name, so that a further one is no loss.
  private func isPresent(_ object: HDF5Files.Object) -> Bool {
    guard let root = roots.last, root.file == object.file else { return false }
    let stem = files[root].path
    return object == root || files[object].path.utf8.starts(with: (stem + "/").utf8)
  }

  /// The tensor of a dataset, made when it is first named: an alias may stand before it.
  private mutating func storedTensor(_ object: HDF5Files.Object) throws(CrosswalkError)
    -> StoredTensor?
  {
    if let tensor = stored[object] { return tensor }
    let (entry, file) = (files[object], files.reader(of: object.file))
    guard case .dataset(let dataset) = entry.target,
      case .number(let dtype, let isBigEndian) = dataset.element
    else { return nil }
    let maker = HDF5SourceMaker(
      file: file, path: entry.path, dataset: dataset, dtype: dtype, isBigEndian: isBigEndian,
      cache: files.cache(of: object.file))
    let source: any TensorSource
    switch dataset.layout {
    case .virtual(let mappings):
      // Parts are of our order of bytes already.
      source = try virtualSource(mappings, of: object, dataset, dtype)
    case .external(let segments):
      source = try maker.source(
        over: maker.segmented(segments) { (name) throws(CrosswalkError) in
          try files.bytes(name, from: object.file)
        })
    default: source = try maker.source()
    }
    let tensor = try StoredTensor(
      dtype, dataset.shape, source: source,
      storage: .init(key: file.path + ":" + entry.path, view: []))
    stored[object] = tensor
    return tensor
  }

  private mutating func virtualSource(
    _ mappings: [HDF5Survey.Mapping], of object: HDF5Files.Object, _ dataset: HDF5Survey.Dataset,
    _ dtype: DType
  ) throws(CrosswalkError) -> any TensorSource {
    guard !making.contains(object), making.count < HDF5Survey.Limits.files else {
      throw CrosswalkError(.malformed, "a virtual dataset that is a part of itself")
    }
    making.append(object)
    defer { making.removeLast() }
    var parts: [VirtualSource.Part] = []
    var sources: [HDF5Files.Object: Int] = [:]
    for mapping in mappings {
      let (source, tensor) = try self.source(of: mapping, in: object.file)
      guard tensor.dtype == dtype else {
        throw CrosswalkError(
          .unsupported, "a virtual dataset of parts of another dtype", expected: dtype.rawValue,
          found: tensor.dtype.rawValue)
      }
      let part = VirtualSource.Part(
        tensor: tensor, source: try HDF5Runs(mapping.source, of: tensor.shape),
        target: try HDF5Runs(mapping.target, of: dataset.shape))
      guard part.source.count == part.target.count else {
        throw CrosswalkError(
          .malformed, "a part of another size than its place", expected: "\(part.target.count)",
          found: "\(part.source.count)")
      }
      sources[source] = tensor.byteCount
      parts.append(part)
    }
    let stored = sources.values.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    try HDF5Extents.refuseBomb(
      declaring: Shape.byteCount(dataset.shape, dtype), storing: stored)
    // Fill values are in the file's order of bytes.
    let isSwapped = dataset.element == .number(dtype, bigEndian: true)
    let fill = HDF5Fill(isSwapped ? dataset.fill.reversed() : dataset.fill, width: dtype.byteCount)
    return VirtualSource(parts: parts, fill: fill, width: dtype.byteCount)
  }

  private mutating func source(of mapping: HDF5Survey.Mapping, in file: Int)
    throws(CrosswalkError) -> (HDF5Files.Object, StoredTensor)
  {
    let file = try files.file(mapping.file, from: file, for: "a part of a virtual dataset")
    guard let object = try files.find("/" + mapping.dataset, from: "", in: file),
      let tensor = try storedTensor(object)
    else {
      throw CrosswalkError(
        .malformed, "a part of a virtual dataset that is not there",
        expected: "numbers at '\(mapping.dataset)' in '\(mapping.file)'", found: "none")
    }
    return (object, tensor)
  }

  private var metadata: JSON {
    var metadata = JSONObject([("superblock", .integer(Int64(files.survey.superblock)))])
    metadata["attributes"] = .object(files.survey.entries.first?.attributes ?? JSONObject())
    for (key, part) in [
      ("objects", objects), ("links", links), ("layouts", layouts), ("skipped", skipped),
    ] where !part.isEmpty {
      metadata[key] = .object(part)
    }
    return .object(metadata)
  }
}
