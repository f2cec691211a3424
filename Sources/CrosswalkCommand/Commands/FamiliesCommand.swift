import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Families
import Reports

/// `crosswalk families`: the model families that are known.
struct FamiliesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "families",
    abstract: "List the built-in model families, or print one family's file.",
    discussion: """
      A family is one JSON file: how its models are recognised, the graph they become, and where \
      each weight goes. Copy one, change it, and give it to any command with --family FILE.

      Examples:
        crosswalk families
        crosswalk families gpt2 > my-family.json
      """)

  @Argument(help: "A built-in family, or a family file to check and print.")
  var name: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    if let name {
      try common.show(FamilyFile(family: try ModelCheckpoint.family(name)))
    } else {
      var families: [Family] = []
      for name in FamilyLibrary.names { families.append(try FamilyLibrary.family(named: name)) }
      try common.show(FamilyList(families: families))
    }
  }
}

/// One family's file, which is JSON for people as well.
private struct FamilyFile: Presentable {
  let family: Family
  var json: JSON { family.document.root }
  func text(style: Style) -> String { json.text(indented: true) + "\n" }
}

/// All families in a few words.
private struct FamilyList: Presentable {
  let families: [Family]

  var json: JSON {
    [
      "format": "crosswalk.families", "version": 1,
      "families": .array(
        families.map { family in
          [
            "name": .string(family.name), "summary": .string(family.summary),
            "dialects": .array(family.dialectNames.map(JSON.string)),
            "config_keys": .array(family.configKeys.map(JSON.string)),
          ]
        }),
    ]
  }

  func text(style: Style) -> String {
    families.map { family in
      """
      \(style.paint(family.name, as: .heading)): \(family.summary)
        reads and writes: \((["native"] + family.dialectNames).joined(separator: ", "))
        config keys: \(family.configKeys.joined(separator: ", "))

      """
    }.joined()
  }
}
