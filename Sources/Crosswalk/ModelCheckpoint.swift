public import Architectures
public import Containers
public import Diagnostics
public import Documents
public import Engine
public import Families
import KerasModels
public import Tensors

/// A checkpoint understood: which architecture it is of, and which tensor is which parameter.
///
/// Nothing but names, shapes and metadata is in memory; the parameters are promises.
public struct ModelCheckpoint: Sendable {
  /// The files.
  public let checkpoint: Checkpoint
  /// The graph.
  public let architecture: Architecture
  /// The tensors by our parameter names.
  public let parameters: TensorTable
  /// The family's table bound to this checkpoint; nil for an architecture of no family.
  public let crossing: Crossing?
  /// Where every tensor went.
  public let account: Account
  /// The source's tensors that were no weights, so that it can be written back as it came.
  public let kept: TensorTable
  /// Where the weights came from first, enough for `--to source`.
  public let provenance: Provenance

  /// How to understand a checkpoint.
  public struct Options: Sendable {
    /// The config's path, when it is not beside the weights.
    public var config: String?
    /// Config values set by hand.
    public var overrides = JSONObject()
    /// A built-in family's name or the path of a family file, instead of recognition.
    public var family: String?
    /// Whether tensors that no rule takes are let pass.
    public var allowsUnmapped = false
    /// Whether parameters that nothing fills are let pass.
    public var allowsMissing = false

    /// What reading may do.
    public var reading = ReadOptions()

    /// Whether these are for two checkpoints, of which one may have no use for a config.
    var areShared = false

    /// The strict defaults.
    public init() {}
  }

  /// Opens a checkpoint and understands it.
  ///
  /// - Throws: whatever opening meets; `unsupported` or `ambiguous` when no one family fits;
  ///   `invalidConfig`; `incompleteMapping` with the lists of what is unused, missing or misshapen.
  public init(
    opening path: String, options: Options = Options(), observer: any Observer = Silence()
  ) throws(CrosswalkError) {
    let checkpoint = try Checkpoint(
      opening: path, config: options.config, options: options.reading)
    observer.observe(.opened(path: path, container: checkpoint.container))
    do throws(CrosswalkError) {
      if let native = try NativeCheckpoint(ifIn: checkpoint) {
        try self.init(native, of: checkpoint, options: options)
      } else {
        try self.init(foreign: checkpoint, options: options)
      }
    } catch { throw error.inFile(path) }
  }

  private init(_ native: NativeCheckpoint, of checkpoint: Checkpoint, options: Options)
    throws(CrosswalkError)
  {
    try options.refuseConfigOfNative()
    self.checkpoint = checkpoint
    architecture = native.architecture
    provenance = native.provenance
    crossing = try native.crossing(family: options.family)
    let reading = native.read()
    parameters = reading.parameters
    account = reading.account
    kept = native.kept
    try account.check(options)
  }

  private init(foreign checkpoint: Checkpoint, options: Options) throws(CrosswalkError) {
    self.checkpoint = checkpoint
    let wrapped = checkpoint.contents.tensors
    let family =
      if let choice = options.family {
        try Self.family(choice, for: checkpoint)
      } else if let name = KerasGraph.family(of: checkpoint.config) {
        try FamilyLibrary.family(named: name)
      } else if let model = try Self.kerasFamily(of: checkpoint) {
        model
      } else {
        try FamilyLibrary.recognise(config: checkpoint.config, tensors: wrapped)
      }
    let dialect = Wrapper.dialect(of: wrapped, family: family)
    let unwrapped = try Unwrapped(wrapped, family: family, dialect: dialect)
    let tensors = unwrapped.tensors
    let crossing: Crossing
    if let values = KerasGraph.values(in: checkpoint.config), options.overrides.isEmpty {
      crossing = try Crossing(family, dialect: dialect, values: values, tensors: tensors)
    } else {
      crossing = try Crossing(
        family, dialect: dialect, config: checkpoint.config, overrides: options.overrides,
        tensors: tensors)
    }
    let reading = try crossing.read(tensors)
    self.crossing = crossing
    architecture = crossing.architecture
    parameters = reading.parameters
    account = unwrapped.account(reading.account)
    try account.check(options)
    try TiedCopies.check(reading.account, parameters, tensors)
    provenance = Provenance(
      of: checkpoint, wrapper: unwrapped.wrapper, crossing: crossing, account: account,
      options: options)
    kept = reading.account.ignored(of: tensors)
  }

  /// A family by its name, or read from a file; or that of a Keras model whose own layers the file
  /// describes.
  private static func family(_ choice: String, for checkpoint: Checkpoint) throws(CrosswalkError)
    -> Family
  {
    guard isFile(choice), case let tables = try Document(reading: choice),
      KerasModels.areTables(tables)
    else { return try family(choice) }
    guard let family = try kerasFamily(of: checkpoint, tables: tables) else {
      throw CrosswalkError(
        .invalidConfig, "tables of layers are for a Keras model, and no config says that it is one",
        at: Place(file: choice), remedy: "give the model's config with --config, or a family's file"
      )
    }
    return family
  }

  private static func isFile(_ choice: String) -> Bool {
    choice.contains("/") || choice.hasSuffix(".json")
  }

  /// A family by its name, or read from a file.
  public static func family(_ choice: String) throws(CrosswalkError) -> Family {
    isFile(choice)
      ? try FamilyLibrary.family(reading: choice)
      : try FamilyLibrary.family(named: choice)
  }

  /// Loads every parameter, ready to run.
  ///
  /// - Throws: `missingTensor` when a parameter was allowed to be missing, or whatever reading
  ///   meets.
  public func model(precision: Precision = .float32, observer: any Observer = Silence())
    throws(CrosswalkError) -> Model
  {
    try Model(architecture, precision: precision, observer: observer) {
      (name) throws(CrosswalkError) in
      guard let tensor = parameters[name] else {
        throw CrosswalkError(
          .missingTensor, "no tensor fills the parameter", at: Place(.tensor(name)))
      }
      return tensor
    }
  }
}

extension Account {
  /// The tensors that were ignored.
  func ignored(of tensors: TensorTable) -> TensorTable {
    var kept = TensorTable()
    for (name, fate) in self.tensors {
      guard case .ignored = fate, let tensor = tensors[name] else { continue }
      // The names are distinct: they come from one table.
      try? kept.append(name, tensor)
    }
    return kept
  }

  /// Refuses what the options do not allow, everything at once.
  func check(_ options: ModelCheckpoint.Options) throws(CrosswalkError) {
    var complaints: [String] = []
    if !options.allowsUnmapped, !unused.isEmpty {
      complaints.append(
        list("unused", unused.map { "\($0.name) (\($0.reason))" }, "--allow-unmapped"))
    }
    if !options.allowsMissing, !missing.isEmpty {
      let names = missing.map { name, near in
        near.isEmpty ? name : "\(name) (near: \(near.joined(separator: ", ")))"
      }
      complaints.append(list("missing", names, "--allow-missing"))
    }
    if !misshapen.isEmpty {
      let names = misshapen.map { name, expected, found, from in
        "\(name) needs \(expected), \(from.joined(separator: " + ")) is \(found)"
      }
      complaints.append(list("misshapen", names, nil))
    }
    guard complaints.isEmpty else {
      throw CrosswalkError(
        .incompleteMapping,
        "not every tensor finds its place: "
          + complaints.joined(separator: "; "))
    }
  }

  private func list(_ word: String, _ names: [String], _ flag: String?) -> String {
    let shown = names.prefix(6).joined(separator: ", ")
    let rest = names.count > 6 ? ", and \(names.count - 6) more" : ""
    return "\(names.count) \(word): \(shown)\(rest)" + (flag.map { " [\($0)]" } ?? "")
  }
}

extension ModelCheckpoint.Options {
  /// Refuses a config for a checkpoint whose architecture is settled: nothing would come of it.
  fileprivate func refuseConfigOfNative() throws(CrosswalkError) {
    guard !areShared, config != nil || !overrides.isEmpty else { return }
    throw CrosswalkError(
      .invalidConfig, "a native checkpoint brings its own architecture, which no config changes",
      remedy: "leave out --config and --set, or convert the source again with them")
  }
}
