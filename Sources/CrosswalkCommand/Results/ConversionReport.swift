import Crosswalk
import Diagnostics
import Documents
import Families
import Reports

/// What a conversion wrote, and where every tensor went.
struct ConversionReport: Presentable {
  let source: String
  let destination: String
  let result: Conversion.Result
  let verification: DifferenceReport?

  var json: JSON {
    [
      "format": "crosswalk.conversion", "version": 1, "source": .string(source),
      "destination": .string(destination), "container": .string(result.container),
      "dialect": .string(result.target.word),
      "files": .array(result.files.map(JSON.string)),
      "kept_shards": .integer(Int64(result.keptShards)),
      "tensors": .integer(Int64(result.tensors)), "bytes": .integer(Int64(result.bytes)),
      "account": result.account?.json ?? .null,
      "notes": .array(result.notes.map(JSON.string)),
      "verification": verification?.json ?? .null,
    ]
  }

  func text(style: Style) -> String {
    let files = result.files.count == 1 ? "" : ", \(result.files.count) files"
    let facts =
      "\(result.container), \(result.target.word), \(Numbers.grouped(result.tensors)) tensors, "
      + Numbers.bytes(result.bytes) + files
    let lines = ["\(style.paint(destination.printable, as: .heading)): \(facts)"]
    let kept = result.keptShards
    let resumed = kept > 0 ? ["  \(kept) of the files kept from an interrupted conversion"] : []
    let notes = resumed + result.notes.map { "  " + $0.printable }
    let text = (lines + (result.account?.lines ?? []) + notes).map { $0 + "\n" }.joined()
    return text + (verification.map { "\n" + $0.text(listing: .failures, style: style) } ?? "")
  }
}

extension Account {
  fileprivate var json: JSON {
    [
      "tensors": .array(
        tensors.map { name, fate in
          .object(JSONObject([("name", .string(name))] + fate.members))
        }),
      "parameters": .array(
        parameters.map { name, fate in
          .object(JSONObject([("name", .string(name))] + fate.members))
        }),
    ]
  }

  /// The account in a few lines: how many were mapped, and all that was not.
  fileprivate var lines: [String] {
    var mapped = 0
    var others: [(said: String, names: [String])] = []
    func count(_ name: String, as said: String) {
      if let index = others.firstIndex(where: { $0.said == said }) {
        others[index].names.append(name)
      } else {
        others.append((said, [name]))
      }
    }
    for (name, fate) in tensors {
      switch fate {
      case .mapped: mapped += 1
      case .tied(let parameter): count(name, as: "tied to \(parameter)")
      case .ignored(let reason): count(name, as: "ignored, \(reason)")
      case .unused(let reason): count(name, as: "unused, \(reason)")
      }
    }
    for (name, _) in missing { count(name, as: "missing") }
    return ["  \(Numbers.grouped(mapped)) tensors mapped"]
      + others.map { "  \($0.said.printable): \(shortened($0.names).printable)" }
  }

  private func shortened(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", … (\(names.count))" : "")
  }
}

extension Account.TensorFate {
  fileprivate var members: [(String, JSON)] {
    switch self {
    case .mapped(let names):
      [("fate", "mapped"), ("to", .array(names.map(JSON.string)))]
    case .tied(let name): [("fate", "tied"), ("to", [.string(name)])]
    case .ignored(let reason): [("fate", "ignored"), ("reason", .string(reason))]
    case .unused(let reason): [("fate", "unused"), ("reason", .string(reason))]
    }
  }
}

extension Account.ParameterFate {
  fileprivate var members: [(String, JSON)] {
    switch self {
    case .missing(let near): [("fate", "missing"), ("near", .array(near.map(JSON.string)))]
    case .misshapen(let expected, let found, let from):
      [
        ("fate", "misshapen"), ("expected", .shape(expected)), ("found", .shape(found)),
        ("from", .array(from.map(JSON.string))),
      ]
    }
  }
}

extension JSON {
  /// A shape as an array of its extents.
  static func shape(_ extents: [Int]) -> JSON { .array(extents.map { .integer(Int64($0)) }) }
}
