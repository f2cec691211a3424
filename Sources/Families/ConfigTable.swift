import Diagnostics
import Documents

/// Config keys and the values of which each must have one.
typealias ConfigSignature = [(key: String, values: [JSON])]

/// How one framework's config says a family's values.
struct ConfigTable: Sendable {
  let entries: [ConfigEntry]
  /// Keys that do not change the computation.
  let irrelevant: [Glob]
  /// Where the config has the object with the keys: the first of these paths that is there.
  ///
  /// Keys that begin with a slash are looked for from the config's root.
  var places: [String] = [""]
  /// By what a config is known to be of this framework and family; empty for the family's own.
  var signature: ConfigSignature = []
  /// Formulas over the values, by names that those of ``forms`` may use.
  var words = JSONObject()
  /// What a config of this framework is written as, of which the first that applies counts; none
  /// where no config is written.
  var forms: [ConfigForm] = []
  /// Models that the framework has not, each with why, or what to do.
  var refusals: [(condition: Expression, reason: String)] = []
  /// The graph of the framework's own layers that says what no class of its models does.
  var graphs: [ConfigForm] = []

  func entry(_ name: String) -> ConfigEntry? { entries.first { $0.name == name } }

  /// The object with the keys, and the path that leads to it.
  func base(of config: JSON) -> (place: String, object: JSONObject) {
    for place in places {
      if let object = config.member(at: place)?.objectValue { return (place, object) }
    }
    return ("", config.objectValue ?? JSONObject())
  }

  /// Whether a config has what ``signature`` asks for.
  func isSaid(by config: JSON) -> Bool {
    let base = JSON.object(base(of: config).object)
    return !signature.isEmpty
      && signature.allSatisfy { key, values in
        let value =
          key.hasPrefix("/") ? config.member(at: String(key.dropFirst())) : base.member(at: key)
        return values.contains(value ?? .null)
      }
  }
}

/// What a config is written as: its constant members, and the place of the values among them.
struct ConfigForm: Sendable {
  let condition: Expression?
  let place: String
  /// Members, of which some may be formulas.
  let members: JSON
  /// The whole config as it is, without formulas.
  var said: JSON?
}

/// One value that the architecture depends on, and where it comes from.
struct ConfigEntry: Sendable {
  let name: String
  /// The config's keys, of which the first that is there counts; dots lead into objects.
  ///
  /// Empty for a value that no config gives.
  let keys: [String]
  let type: ValueType?
  let minimum: Double?
  /// What the config's words are called here.
  let words: JSONObject?
  let allowed: [JSON]?
  let fallback: JSON?
  /// The value where a config is there and says nothing, not even null.
  let absent: JSON?
  /// Whether a default that turns out null is a value; else the value is asked for.
  let isOptional: Bool
  /// The key under which the value is written; nil for a value that no config gives.
  let written: String?
  /// How far another framework's value may be from this framework's, which cannot say it.
  let tolerance: Double?
  /// Why another framework's value, which this framework cannot say, makes no difference that counts.
  let indifference: String?
  let pointer: String

  enum ValueType: String, Sendable, CaseIterable {
    case integer, number, boolean, string, list
  }
}

extension JSON {
  /// What stands under a path of names with dots between them; the value itself under none.
  func member(at path: String) -> JSON? {
    path.split(separator: ".").reduce(self) { value, word in value?[String(word)] }
  }
}
