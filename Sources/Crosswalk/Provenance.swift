import Containers
public import Documents
import Families
import Tensors

/// Where a checkpoint's weights came from first, enough to write them back as they came.
public struct Provenance: Sendable, Equatable {
  /// The dialect of the names: `pytorch`, `keras`, …; nil when the checkpoint was made native.
  public var dialect: String?
  /// The container they came in.
  public var container: String
  /// The container's own metadata.
  public var metadata: JSON
  /// What the framework wrote beside the weights, with what was set by hand.
  public var config: JSON?
  /// What the framework wrote of how text is generated.
  public var generation: JSON?
  /// The family's config values.
  public var values: JSONObject
  /// What stood before the base model's names.
  public var prefix: String?
  /// What training code had put before the names.
  public var wrapper: String
  /// The names of all tensors, in order, without the wrapper.
  public var tensors: [String]
  /// The family's file, when it is a user's own.
  public var family: JSON?

  init(
    of checkpoint: Checkpoint, wrapper: String, crossing: Crossing, account: Account,
    options: ModelCheckpoint.Options
  ) {
    dialect = crossing.dialectName
    container = checkpoint.container
    metadata = checkpoint.contents.metadata
    values = crossing.values
    prefix = crossing.prefix
    // What was let pass without a place is not in the native file, so it cannot come back.
    let unused = Set(account.unused.map(\.name))
    tensors = account.tensors.map(\.name).filter { !unused.contains($0) }
    self.wrapper = wrapper
    family = FamilyLibrary.isBuiltIn(crossing.family) ? nil : crossing.family.document.root
    var config = checkpoint.config?.root.objectValue
    for (key, value) in options.overrides.members {
      config = config ?? JSONObject()
      config?[key] = value.isNull ? nil : value
    }
    self.config = config.map(JSON.object)
    generation = checkpoint.generation
  }

  /// Reads what ``json`` gives.
  init(_ json: JSON) {
    dialect = json["dialect"]?.stringValue
    container = json["container"]?.stringValue ?? ""
    metadata = json["metadata"] ?? .object(JSONObject())
    config = json["config"]
    generation = json["generation"]
    values = json["values"]?.objectValue ?? JSONObject()
    prefix = json["prefix"]?.stringValue
    wrapper = json["wrapper"]?.stringValue ?? ""
    tensors = (json["tensors"]?.arrayValue ?? []).compactMap(\.stringValue)
    family = json["family"]
  }

  /// The form that a native checkpoint carries in its `source` attribute.
  public var json: JSON {
    var object = JSONObject()
    object["dialect"] = dialect.map(JSON.string)
    object["container"] = .string(container)
    object["metadata"] = metadata
    object["config"] = config
    object["generation"] = generation
    object["values"] = .object(values)
    object["prefix"] = prefix.map(JSON.string)
    if !wrapper.isEmpty { object["wrapper"] = .string(wrapper) }
    object["tensors"] = .array(tensors.map(JSON.string))
    object["family"] = family
    return .object(object)
  }
}
