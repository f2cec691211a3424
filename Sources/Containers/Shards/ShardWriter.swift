import Diagnostics
import Documents
import Tensors

/// Writes the parts of contents, each as a shard.
struct ShardWriter {
  let contents: Contents
  let container: any WritableContainer.Type
  let destination: String
  /// How shards and index are named.
  let form: any ShardForm
  let parts: [Contents]
  /// What goes to its place together with the shards.
  let companions: [FileWriter]
  let options: WriteOptions
  let observer: any Observer

  private var paths: [String] { parts.indices.map(path) }

  private func path(_ position: Int) -> String {
    form.shard(position + 1, of: parts.count, for: destination)
  }

  private func begin(_ parts: some Sequence<Contents>) {
    let total = parts.reduce(0) { $0 + $1.tensors.byteCount }
    observer.observe(.began(activity: "Converting", total: total, unit: .bytes))
  }

  func writeOne(replacing: Bool) throws(CrosswalkError) -> Shards.Written {
    let standing = Shards.standing(at: destination, as: container)
    if let index = standing.first, !replacing {
      // Whoever opened the folder could not tell which of the two are the weights.
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: index),
        remedy: "give --force to replace it and its shards, or another name")
    }
    begin([contents])
    defer { observer.observe(.finished) }
    let file = try FileWriter(destination, replacing: replacing)
    try write(contents, to: file)
    try FileWriter.commit([file] + companions)
    remove(standing, but: [destination])
    return Shards.Written(files: [destination], kept: 0)
  }

  /// Writes all shards, or leaves nothing.
  func write(replacing: Bool) throws(CrosswalkError) -> Shards.Written {
    try refuseExisting(replacing: replacing)
    if replacing { try ShardJournal.discard(for: destination) }
    let standing = Shards.standing(at: destination, as: container)
    begin(parts)
    defer { observer.observe(.finished) }
    var files: [FileWriter] = []
    for position in parts.indices { files.append(try write(position, replacing: replacing)) }
    try FileWriter.commit(files + index() + companions)
    return finished(keeping: 0, removing: standing)
  }

  /// Writes the shards that are not whole yet, and leaves what is whole when that fails.
  func resume(_ plan: JSONObject, replacing: Bool) throws(CrosswalkError) -> Shards.Written {
    let journal = try ShardJournal(for: destination, plan: plan)
    // Whoever began to put the shards in their places was allowed to.
    if !journal.isPlacing { try refuseExisting(replacing: replacing, but: journal) }
    let kept = try whole(in: journal)
    let standing = Shards.standing(at: destination, as: container)
    begin(parts.indices.filter { !kept.contains($0) }.map { parts[$0] })
    defer { observer.observe(.finished) }
    for position in parts.indices where !kept.contains(position) {
      try journal.keep(try write(position, replacing: true, in: journal))
    }
    let files = try index() + companions
    for file in files { try file.finish() }
    try journal.beginPlacing()
    try Temporaries.settle { (temporaries) throws(CrosswalkError) in
      for path in paths { try journal.place(path) }
      for file in files { try file.place(at: file.destination, &temporaries) }
    }
    journal.finish()
    return finished(keeping: kept.count, removing: standing)
  }

  /// Writes one shard beside its place.
  private func write(_ position: Int, replacing: Bool, in journal: ShardJournal? = nil)
    throws(CrosswalkError) -> FileWriter
  {
    let file = try FileWriter(path(position), replacing: replacing) {
      (path) throws(CrosswalkError) in try journal?.begin(path)
    }
    var part = parts[position]
    part.metadata = form.metadata(
      position + 1, of: parts.count, with: part.tensors.names, contents)
    try write(part, to: file)
    try file.finish()
    return file
  }

  /// Has the container write, whose refusals are said of the destination.
  private func write(_ contents: Contents, to file: FileWriter) throws(CrosswalkError) {
    do {
      try container.write(contents, to: file, options: options, observer: observer)
    } catch {
      throw error.kind == .unsupported ? error.inFile(file.destination) : error
    }
  }

  /// The shards that are whole, found by reading them through.
  private func whole(in journal: ShardJournal) throws(CrosswalkError) -> Set<Int> {
    var kept: Set<Int> = []
    for (position, path) in paths.enumerated() where try journal.isWhole(path) {
      kept.insert(position)
    }
    return kept
  }

  private func finished(keeping kept: Int, removing standing: [String]) -> Shards.Written {
    let files = paths + (form.index(for: destination).map { [$0] } ?? [])
    remove(standing, but: files)
    if FileKind.of(destination) == .file, !files.contains(destination) {
      Folder.removeFile(destination)
    }
    return Shards.Written(files: files, kept: kept)
  }

  /// Removes what stood here of another number of shards, now that something else stands.
  private func remove(_ standing: [String], but files: [String]) {
    for path in standing where !files.contains(path) { Folder.removeFile(path) }
  }

  /// Beside shards, a file of the destination's name would be taken for the weights.
  private func refuseExisting(replacing: Bool, but journal: ShardJournal? = nil)
    throws(CrosswalkError)
  {
    guard !replacing else { return }
    let index = form.index(for: destination).map { [$0] } ?? []
    let standing = Shards.standing(at: destination, as: container)
    for path in [destination] + index + paths + standing where FileKind.of(path) != .missing {
      throw CrosswalkError(
        .outputExists, "exists already", at: Place(file: path),
        remedy: "give --force to replace it, or another name")
    }
    let left = ShardJournal.path(for: destination)
    guard journal == nil, FileKind.of(left) != .missing else { return }
    throw CrosswalkError(
      .outputExists, "shards of an interrupted conversion wait here", at: Place(file: left),
      remedy: "give --resume to go on from them, or --force to start anew")
  }

  /// The index beside its place, if there is to be one.
  private func index() throws(CrosswalkError) -> [FileWriter] {
    guard let path = form.index(for: destination) else { return [] }
    let shards = zip(paths, parts).map { path, part in
      (file: Folder.lastComponent(path), names: part.tensors.names)
    }
    let file = try FileWriter(path, replacing: true)
    let text = form.index(of: shards, byteCount: contents.tensors.byteCount).text(indented: true)
    try file.append(Array((text + "\n").utf8))
    return [file]
  }

  /// What is known here of which bytes are written.
  func facts(size: Int) -> JSONObject {
    var checksum = Checksum.of(Array(contents.metadata.text(indented: false).utf8))
    for (path, part) in zip(paths, parts) {
      for (name, tensor) in part.tensors {
        let line =
          "\(Folder.lastComponent(path)) \(name) \(tensor.dtype.rawValue) \(tensor.shape)\n"
        checksum = Array(line.utf8).withUnsafeBytes { Checksum.of($0, after: checksum) }
      }
    }
    return JSONObject([
      ("container", .string(container.name)), ("shard size", .integer(Int64(size))),
      ("compression", options.compression.map { .integer(Int64($0)) } ?? "none"),
      ("tensors", .string("\(contents.tensors.count), of checksum \(checksum)")),
    ])
  }
}
