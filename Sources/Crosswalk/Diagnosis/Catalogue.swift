import Architectures
import Diagnostics
import Documents

/// The settings that are tried in place of those that a node has.
struct Catalogue {
  /// One setting of one operation, with the values to try.
  struct Entry {
    let operation: String
    let setting: String
    let cause: String
    let says: String
    let values: [JSON]
    let steps: [Int]
    /// Between which numbers any other may be fitted; nil where none is.
    let range: ClosedRange<Double>?
    /// Which whole numbers are tried as the last.
    let counts: [Int]
  }

  /// Another operation in a node's place.
  struct Exchange {
    let operation: String
    let becomes: String
    let settings: JSONObject
    let keeps: [String]
    let cause: String
    let says: String
  }

  let entries: [Entry]
  let exchanges: [Exchange]

  /// The catalogue that is built in.
  ///
  /// - Throws: `invalidDocument` where it is broken.
  static func builtIn() throws(CrosswalkError) -> Catalogue {
    let document = try Document(
      parsing: PackageResources.Catalogue_json, file: "Catalogue.json")
    return Catalogue(document.root)
  }

  private init(_ json: JSON) {
    entries = (json["settings"]?.arrayValue ?? []).map { entry in
      Entry(
        operation: entry["operation"]?.stringValue ?? "",
        setting: entry["setting"]?.stringValue ?? "",
        cause: entry["cause"]?.stringValue ?? "", says: entry["says"]?.stringValue ?? "",
        values: entry["values"]?.arrayValue ?? [],
        steps: (entry["add"]?.arrayValue ?? []).compactMap(\.intValue),
        range: Self.range(entry["fit"]), counts: Self.counts(entry["count"]))
    }
    exchanges = (json["operations"]?.arrayValue ?? []).map { entry in
      Exchange(
        operation: entry["operation"]?.stringValue ?? "",
        becomes: entry["becomes"]?.stringValue ?? "",
        settings: entry["settings"]?.objectValue ?? JSONObject(),
        keeps: (entry["keeps"]?.arrayValue ?? []).compactMap(\.stringValue),
        cause: entry["cause"]?.stringValue ?? "", says: entry["says"]?.stringValue ?? "")
    }
  }

  private static func range(_ json: JSON?) -> ClosedRange<Double>? {
    let bounds = (json?.arrayValue ?? []).compactMap(\.doubleValue)
    guard bounds.count == 2, 0 < bounds[0], bounds[0] < bounds[1] else { return nil }
    return bounds[0]...bounds[1]
  }

  private static func counts(_ json: JSON?) -> [Int] {
    let bounds = (json?.arrayValue ?? []).compactMap(\.intValue)
    return bounds.count == 2 && bounds[0] < bounds[1] ? Array(bounds[0]...bounds[1]) : []
  }
}
