import Containers
import Diagnostics
import Documents
import Families
import Tensors

/// A model in another framework's words: its tensors, and the config that goes with them.
struct Translation {
  let dialect: String
  let tensors: TensorTable
  /// What stands before the names of the base model's tensors.
  let prefix: String
  let metadata: JSONObject
  /// Nil where the family's table does not say how the framework's config is written.
  var config: JSON?
  /// What is not quite as it was, in sentences.
  var notes: [String] = []

  /// - Parameters:
  ///   - model: a model of a family.
  ///   - crossing: the family's table bound to it.
  ///   - dialect: whose names are wanted.
  ///   - takesGraphs: whether the destination may have a graph of layers in place of a class.
  /// - Throws: `unsupported` when the framework has no such model, naming the values that its config
  ///   cannot say; `incompleteMapping`.
  init(
    of model: ModelCheckpoint, _ crossing: Crossing, into dialect: String, takesGraphs: Bool
  ) throws(CrosswalkError) {
    let other = try Crossing(
      crossing.family, dialect: dialect, values: crossing.values, prefix: nil,
      architecture: model.architecture)
    self.dialect = dialect
    metadata = other.metadata
    notes = other.notes
    prefix = other.prefix
    let config = try other.config()
    self.config = config
    tensors = try other.write(model.parameters)
    guard let config else { return }
    // What is written is read again: it must be the same model, or its outputs would differ.
    var again = try Crossing(
      crossing.family, dialect: dialect, config: Document(config), tensors: tensors)
    let indifferent = again.indifferent(to: crossing)
    if !again.isSameGraph(as: other), !indifferent.isEmpty {
      notes += indifferent.map(\.note)
      again = try Crossing(
        crossing.family, dialect: dialect, config: Document(config),
        overrides: JSONObject(indifferent.map { ($0.name, $0.value) }), tensors: tensors)
    }
    guard !again.isSameGraph(as: other) else { return }
    let refusal = Self.refusal(crossing, again, dialect)
    guard takesGraphs, let graph = try other.graph() else { throw refusal }
    self.config = KerasGraph.config(graph, of: other)
    notes = ["written as a graph of layers: " + refusal.message]
  }

  /// A model in the words that it came in, each under its usual name.
  init(respelling model: ModelCheckpoint, _ crossing: Crossing) throws(CrosswalkError) {
    // A folder of KerasHub has the backbone apart, under names that no one file has.
    let isKeras = crossing.dialectName == KerasPreset.dialect
    let usual =
      isKeras
      ? try Crossing(
        crossing.family, dialect: crossing.dialectName, values: crossing.values,
        prefix: KerasPreset.prefix(of: model.provenance.config), architecture: model.architecture)
      : crossing
    dialect = crossing.dialectName
    metadata = crossing.metadata
    prefix = usual.prefix
    config = model.provenance.config ?? crossing.configAsItIs
    let written = try usual.write(
      model.parameters, recorded: isKeras ? [] : model.provenance.tensors)
    // What is no weight here, and the framework misses, is as it came.
    let kept = try model.kept.renamed { name in
      name.hasPrefix(crossing.prefix) ? usual.prefix + name.dropFirst(crossing.prefix.count) : name
    }
    var tensors = TensorTable()
    for (name, tensor) in written { try tensors.append(name, kept[name] ?? tensor) }
    self.tensors = tensors
  }

  private static func refusal(_ here: Crossing, _ there: Crossing, _ dialect: String)
    -> CrosswalkError
  {
    let differences = here.differences(from: there)
    let found = differences.map { name, here, there in
      "\(name) is \(here.text(indented: false)) (there it is \(there.text(indented: false)))"
    }
    let settings = differences.compactMap { here.setting($0.name, to: $0.there) }
    return CrosswalkError(
      .unsupported,
      "a config of the dialect '\(dialect)' cannot say that "
        + (found.isEmpty ? "the graph is this one" : found.joined(separator: ", that ")),
      remedy: settings.isEmpty
        ? "convert it --to native"
        : "to convert another model with the same weights, whose outputs differ, give "
          + settings.map { "--set \($0)" }.joined(separator: " "))
  }
}
