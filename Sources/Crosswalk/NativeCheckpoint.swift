import Architectures
import Containers
import Diagnostics
import Documents
import Families
import Tensors

/// A checkpoint in our own dialect: parameters under their names, the architecture beside them.
///
/// In HDF5 the dots of a name are groups, and the texts are root attributes; in safetensors the
/// names are as they are, and the texts are metadata.
struct NativeCheckpoint {
  let architecture: Architecture
  let provenance: Provenance
  /// The parameters by name.
  let parameters: TensorTable
  /// The tensors of the source that were no weights, by their own names.
  let kept: TensorTable
  /// The tokens, so that tables can be labelled wherever the file goes.
  let vocabulary: Vocabulary?

  static let format = "crosswalk.checkpoint"
  static let version = 1
  /// The group of the tensors that were no weights.
  static let keptGroup = "__source__"

  /// Reads a native checkpoint; nil when the checkpoint is of another dialect.
  ///
  /// - Throws: `unsupported` for a later version, `malformed` for a missing or broken text.
  init?(ifIn checkpoint: Checkpoint) throws(CrosswalkError) {
    let metadata = checkpoint.contents.metadata
    let texts = metadata["attributes"] ?? metadata
    guard texts["format"]?.stringValue == Self.format else { return nil }
    let version = texts["version"]?.intValue ?? texts["version"]?.stringValue.flatMap { Int($0) }
    guard version == Self.version else {
      throw CrosswalkError(
        .unsupported, "a native checkpoint of another version", expected: "\(Self.version)",
        found: version.map(String.init) ?? "none", remedy: "read it with a later crosswalk")
    }
    architecture = try Architecture(Self.document("architecture", in: texts))
    // What was written by hand came from nowhere else.
    provenance = Provenance(
      texts["source"] == nil ? [:] : try Self.document("source", in: texts).root)
    let container = ContainerRegistry.container(named: checkpoint.container)
    var parameters = TensorTable()
    var kept = TensorTable()
    for (name, tensor) in checkpoint.contents.tensors {
      if name.hasPrefix(Self.keptGroup + "/") {
        try kept.append(String(name.dropFirst(Self.keptGroup.count + 1)), tensor)
      } else {
        try parameters.append(container?.parameter(ofStoredName: name) ?? name, tensor)
      }
    }
    self.parameters = parameters
    self.kept = kept
    vocabulary = try Vocabulary.of(checkpoint, given: nil)
  }

  /// Gathers what a native checkpoint has.
  init(
    architecture: Architecture, provenance: Provenance, parameters: TensorTable,
    kept: TensorTable, vocabulary: Vocabulary?
  ) {
    self.architecture = architecture
    self.provenance = provenance
    self.parameters = parameters
    self.kept = kept
    self.vocabulary = vocabulary
  }

  private static func document(_ name: String, in texts: JSON) throws(CrosswalkError) -> Document {
    guard let text = texts[name]?.stringValue else {
      throw CrosswalkError(
        .malformed, "a native checkpoint without its '\(name)'",
        remedy: "convert the source again")
    }
    do { return try Document(parsing: text) } catch { throw error.inside(.key(name)) }
  }

  /// The contents to write to a container.
  ///
  /// - Throws: `unsupported` for a container without a place for the texts.
  func contents(for container: any WritableContainer.Type) throws(CrosswalkError) -> Contents {
    var tensors = TensorTable()
    for (name, tensor) in parameters {
      try tensors.append(container.storedName(ofParameter: name), tensor)
    }
    for (name, tensor) in kept { try tensors.append("\(Self.keptGroup)/\(name)", tensor) }
    var texts: JSONObject = JSONObject([
      ("format", .string(Self.format)),
      ("version", .integer(Int64(Self.version))),
      ("architecture", .string(architecture.source.text(indented: true))),
    ])
    texts["family"] = architecture.family.map(JSON.string)
    texts["source"] = .string(provenance.json.text(indented: false))
    texts[Vocabulary.key] = vocabulary?.text.map(JSON.string)
    guard let metadata = container.metadata(ofAttributes: texts) else {
      throw CrosswalkError(
        .unsupported, "\(container.name) cannot hold a native checkpoint",
        remedy: "end the destination in .h5, or choose a dialect with --to")
    }
    return Contents(tensors: tensors, metadata: metadata)
  }

  /// The family's table bound as it was when the source was read; nil when there was no family.
  ///
  /// - Parameter choice: a family to use instead of the recorded one.
  func crossing(family choice: String?) throws(CrosswalkError) -> Crossing? {
    let family: Family
    if let choice {
      family = try ModelCheckpoint.family(choice)
    } else if let own = provenance.family {
      family = try FamilyLibrary.family(Document(own))
    } else if let name = architecture.family, FamilyLibrary.names.contains(name) {
      family = try FamilyLibrary.family(named: name)
    } else {
      return nil
    }
    return try Crossing(
      family, dialect: provenance.dialect ?? family.dialectNames.first ?? "",
      values: provenance.values, prefix: provenance.prefix, architecture: architecture)
  }

  /// The parameters against the architecture: native names are their own mapping.
  func read() -> (parameters: TensorTable, account: Account) {
    var account = Account()
    let shapes = Dictionary(
      architecture.parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { a, _ in a })
    for (name, tensor) in parameters {
      let isKnown = shapes[name] != nil
      account.tensors.append(
        (
          name,
          isKnown ? .mapped(to: [name]) : .unused(reason: "the architecture has no such parameter")
        ))
      if let expected = shapes[name], expected != tensor.shape {
        account.parameters.append(
          (name, .misshapen(expected: expected, found: tensor.shape, from: [name])))
      }
    }
    for name in kept.names {
      account.tensors.append((name, .ignored(reason: "kept from the source, not a weight")))
    }
    let unused = account.unused.map(\.name)
    for parameter in architecture.parameters where parameters[parameter.name] == nil {
      let near = nearest(to: parameter.name, among: unused)
      account.parameters.append((parameter.name, .missing(suggestions: near)))
    }
    return (parameters, account)
  }
}
