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
  let config: JSON?

  /// - Parameters:
  ///   - model: a model of a family.
  ///   - crossing: the family's table bound to it.
  ///   - dialect: whose names are wanted.
  /// - Throws: `unsupported` when the framework has no such model, naming the values that its config
  ///   cannot say; `incompleteMapping`.
  init(of model: ModelCheckpoint, _ crossing: Crossing, into dialect: String)
    throws(CrosswalkError)
  {
    let other = try Crossing(
      crossing.family, dialect: dialect, values: crossing.values, prefix: nil,
      architecture: model.architecture)
    self.dialect = dialect
    metadata = other.metadata
    prefix = other.prefix
    config = try other.config()
    tensors = try other.write(model.parameters)
    guard let config else { return }
    // What is written is read again: it must be the same model, or its outputs would differ.
    let again = try Crossing(
      crossing.family, dialect: dialect, config: Document(config), tensors: tensors)
    guard again.architecture.source != model.architecture.source else { return }
    throw Self.refusal(crossing, again, dialect)
  }

  /// A model in the words that it came in, each under its usual name.
  init(respelling model: ModelCheckpoint, _ crossing: Crossing) throws(CrosswalkError) {
    let isApart = crossing.prefix == KerasPreset.backbonePrefix
    let joined =
      isApart
      ? try Crossing(
        crossing.family, dialect: crossing.dialectName, values: crossing.values, prefix: nil,
        architecture: model.architecture) : crossing
    dialect = crossing.dialectName
    metadata = crossing.metadata
    prefix = joined.prefix
    config = model.provenance.config
    tensors = try joined.write(
      model.parameters, recorded: isApart ? [] : model.provenance.tensors)
  }

  private static func refusal(_ here: Crossing, _ there: Crossing, _ dialect: String)
    -> CrosswalkError
  {
    let differences = here.differences(from: there)
    let found = differences.map { name, here, there in
      "\(name) is \(here.text(indented: false)), there \(there.text(indented: false))"
    }
    let settings = differences.compactMap { here.setting($0.name, to: $0.there) }
    return CrosswalkError(
      .unsupported,
      "a config of the dialect '\(dialect)' cannot say all that this model does",
      found: found.isEmpty ? "another graph of the same values" : found.joined(separator: "; "),
      remedy: settings.isEmpty
        ? "convert it --to native"
        : "to convert another model with the same weights, whose outputs differ, give "
          + settings.map { "--set \($0)" }.joined(separator: " "))
  }
}
