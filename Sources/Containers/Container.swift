public import Diagnostics
public import Documents
public import Tensors

/// What a container holds, whichever it is.
public struct Contents: Sendable {
  /// The tensors, in the container's own order.
  public var tensors: TensorTable
  /// What the container says beside its tensors, in the container's own terms.
  public var metadata: JSON
  /// Files that the container carries beside its tensors, as bytes by name; only the same container
  /// has a place for them.
  public var attachments: TensorTable

  /// Gathers contents.
  public init(
    tensors: TensorTable, metadata: JSON = .object(JSONObject()),
    attachments: TensorTable = TensorTable()
  ) {
    self.tensors = tensors
    self.metadata = metadata
    self.attachments = attachments
  }
}

/// A file format that holds tensors; one type conforms for each.
public protocol Container: Sendable {
  /// The container's name in reports: `HDF5`, `safetensors`, `PyTorch`.
  static var name: String { get }
  /// The endings, without a dot, by which a destination asks for this container.
  static var fileExtensions: [String] { get }
  /// Whether names are paths through groups, and attributes stand beside tensors.
  static var isHierarchical: Bool { get }
  /// The members of ``Contents/metadata`` that describe the file itself, of no meaning elsewhere.
  static var descriptions: [String] { get }
  /// What people ask first of a file with such contents, by name.
  static func facts(of contents: Contents) -> JSONObject
  /// How a file keeps one of its tensors, in a clause; nil where there is nothing to say of it.
  static func storage(of tensor: String, in contents: Contents) -> String?
  /// The container in whose form the tensors are kept: that of Keras's archives is ``HDF5``.
  static var form: any Container.Type { get }
  /// Facts without what tells only how tensors are kept in this form.
  static func withoutForms(_ facts: JSONObject) -> JSONObject
  /// Settles what becomes of facts that this container alone understands, wherever they are carried.
  static func settle(_ carried: inout Carried, of facts: JSONObject)
  /// The names of files that a folder's weights are looked for under first, in order.
  static var usualNames: [String] { get }
  /// The file to open for a path that is none itself: a folder, or a name without its ending.
  static func file(for path: String) throws(CrosswalkError) -> String?
  /// The config that stands within a file; nil where there is none.
  static func config(in contents: Contents, of path: String) throws(CrosswalkError) -> Document?
  /// All that a checkpoint holds of which a file is a part, with its files.
  static func whole(_ contents: Contents, of path: String) throws(CrosswalkError) -> (
    contents: Contents, files: [String]
  )
  /// Whether a file is named as one shard of several.
  static func isShard(_ name: String) -> Bool
  /// Whether a file, by its name, may stand for a checkpoint among the files of a folder.
  static func isWhole(_ name: String) -> Bool
  /// What the keys of an index stand for, when they are of a kind that only this container has.
  static func shardKeys(_ keys: [String]) -> (any ShardKeys)?
  /// Whether a file's bytes are of this container; names never count.
  static func recognises(_ file: FileReader) -> Bool
  /// Reads everything but the tensors' bytes, which are read when wanted.
  ///
  /// - Throws: `truncated`, `malformed`, `unsupported`, `unsafe` or `tooLarge`, naming the place.
  static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError) -> Contents
}

/// What reading may do, where a container offers more than is safe with files that are not trusted.
public struct ReadOptions: Sendable, Equatable {
  /// Whether links, storage and virtual datasets may lead to other files.
  public var allowsExternal: Bool

  /// Makes options.
  public init(allowsExternal: Bool = false) { self.allowsExternal = allowsExternal }
}

extension Container {
  /// Reads everything but the tensors' bytes, and nothing but this file.
  public static func open(_ file: FileReader) throws(CrosswalkError) -> Contents {
    try open(file, options: ReadOptions())
  }
  /// Most containers are flat lists.
  public static var isHierarchical: Bool { false }
  /// Most containers say nothing of their files.
  public static var descriptions: [String] { [] }
  /// Of most containers the metadata say all there is.
  public static func facts(of contents: Contents) -> JSONObject { JSONObject() }
  /// Most containers keep all tensors alike.
  public static func storage(of tensor: String, in contents: Contents) -> String? { nil }
  /// Most containers have a form of their own.
  public static var form: any Container.Type { Self.self }
  /// In most containers nothing beside a tensor tells how it is kept.
  public static func withoutForms(_ facts: JSONObject) -> JSONObject { facts }
  /// Most containers have no such facts.
  public static func settle(_ carried: inout Carried, of facts: JSONObject) {}
  /// Most containers' files have any names.
  public static var usualNames: [String] { [] }
  /// Most checkpoints are files.
  public static func file(for path: String) throws(CrosswalkError) -> String? { nil }
  /// Most files have no config within.
  public static func config(in contents: Contents, of path: String) throws(CrosswalkError)
    -> Document?
  { nil }
  /// Most files are whole, or are shards of an index.
  public static func whole(_ contents: Contents, of path: String) throws(CrosswalkError) -> (
    contents: Contents, files: [String]
  ) { (contents, [path]) }
  /// As transformers names shards: `model-00001-of-00003.safetensors`.
  public static func isShard(_ name: String) -> Bool { IndexedShards.isShard(name) }
  /// Of shards, the index stands for the checkpoint.
  public static func isWhole(_ name: String) -> Bool { !isShard(name) }
  /// In most indices the keys are the tensors' names.
  public static func shardKeys(_ keys: [String]) -> (any ShardKeys)? { nil }

  /// The name in a file of a native parameter: where names are paths, its dots become groups.
  ///
  /// `encoder.layers.0.attention.query.weight` is `encoder/layers/0/attention/query/weight` in HDF5.
  public static func storedName(ofParameter name: String) -> String {
    isHierarchical ? replacing(UInt8(ascii: "."), by: UInt8(ascii: "/"), in: name) : name
  }

  /// The native parameter of a name in a file.
  ///
  /// It undoes ``storedName(ofParameter:)`` for every name without slashes.
  public static func parameter(ofStoredName name: String) -> String {
    isHierarchical ? replacing(UInt8(ascii: "/"), by: UInt8(ascii: "."), in: name) : name
  }

  private static func replacing(_ old: UInt8, by new: UInt8, in name: String) -> String {
    String(decoding: name.utf8.map { $0 == old ? new : $0 }, as: UTF8.self)
  }
}

/// A container that can be written.
public protocol WritableContainer: Container {
  /// Whether it heeds ``WriteOptions/compression``.
  static var compresses: Bool { get }
  /// Whether a model's graph of layers stands in its files, by which the framework makes the model.
  static var carriesGraphs: Bool { get }
  /// The dialect that tensors must be in to be of use in its files; nil where they are so, or where
  /// those of any dialect are.
  ///
  /// - Parameters:
  ///   - names: what the tensors are called.
  ///   - container: the ``Container/name`` of the container that they came in.
  static func dialect(forNames names: [String], from container: String) -> String?
  /// Whether it holds matrices as blocks of small numbers, which ``quantised(_:)`` prepares.
  static var quantises: Bool { get }
  /// Contents whose matrices are to be written so.
  ///
  /// - Throws: whatever casting meets.
  static func quantised(_ contents: Contents) throws(CrosswalkError) -> Contents
  /// Metadata of a file whose tensors are written as they are, wherever they came from.
  static func withoutQuantising(_ metadata: JSON) -> JSON
  /// The metadata of a file that holds facts which another container had, in this one's terms.
  ///
  /// - Parameters:
  ///   - facts: metadata of the other container, without what describes only its file.
  ///   - lost: gets the names of what this container cannot hold.
  static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON
  /// The metadata of a file that says these attributes of itself; nil where nobody would find them.
  static func metadata(ofAttributes attributes: JSONObject) -> JSON?
  /// The metadata with the config that lay beside the source, where the container has a place for it.
  static func adding(_ config: Document?, to metadata: JSON) -> JSON
  /// What a file with such metadata would still lack, each by its place.
  static func losses(in metadata: JSON) -> [String]
  /// The form in which contents become shards at a destination.
  ///
  /// - Throws: `unsupported` when the destination asks for a form that cannot hold them.
  static func shardForm(of contents: Contents, at destination: String) throws(CrosswalkError)
    -> any ShardForm
  /// The forms in which shards may stand at a destination.
  static func shardForms(at destination: String) -> [any ShardForm]
  /// Writes contents as one file, streaming tensor by tensor.
  ///
  /// The caller owns the file: it is a temporary beside the destination and is renamed afterwards.
  ///
  /// - Throws: `unsupported` naming what the container cannot hold, `cannotWrite`, or whatever
  ///   reading a tensor meets.
  static func write(
    _ contents: Contents, to file: FileWriter, options: WriteOptions, observer: any Observer
  ) throws(CrosswalkError)
}

extension WritableContainer {
  /// Most containers keep bytes as they are, so that they can be mapped into memory.
  public static var compresses: Bool { false }
  /// Most containers hold weights alone.
  public static var carriesGraphs: Bool { false }
  /// Most containers hold tensors of any names.
  public static func dialect(forNames names: [String], from container: String) -> String? { nil }
  /// Most containers hold numbers one by one.
  public static var quantises: Bool { false }
  /// Where there are no blocks, contents stay what they are.
  public static func quantised(_ contents: Contents) throws(CrosswalkError) -> Contents { contents }
  /// Where there are no blocks, metadata say nothing of them.
  public static func withoutQuantising(_ metadata: JSON) -> JSON { metadata }
  /// Most containers have what they say that they hold.
  public static func losses(in metadata: JSON) -> [String] { [] }
  /// As transformers writes shards.
  public static func shardForm(of contents: Contents, at destination: String)
    throws(CrosswalkError) -> any ShardForm
  { IndexedShards() }
  /// As transformers writes shards.
  public static func shardForms(at destination: String) -> [any ShardForm] { [IndexedShards()] }
  /// In most containers there is no such place.
  public static func metadata(ofAttributes attributes: JSONObject) -> JSON? { nil }
  /// Nothing is held, unless a container says otherwise.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    lost += lifted(facts).members.flatMap(names)
    return .object(JSONObject())
  }
  /// Metadata with the config that lay beside the source; most containers leave it where it is.
  public static func adding(_ config: Document?, to metadata: JSON) -> JSON { metadata }
}

/// How to write, where a container offers a choice.
public struct WriteOptions: Sendable {
  /// The gzip level for containers that compress, nil for none.
  public var compression: Int?

  /// Makes options.
  public init(compression: Int? = nil) { self.compression = compression }
}
