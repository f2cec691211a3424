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
      each weight goes. Copy one, change it, and give it to any command with --family FILE. A \
      family is printed with what it extends merged in.

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

/// All families, for people a table, for programs everything; native is a dialect of each.
private struct FamilyList: Presentable {
  let families: [Family]

  var json: JSON {
    [
      "format": "crosswalk.families", "version": 1,
      "families": .array(
        families.map { family in
          [
            "name": .string(family.name), "summary": .string(family.summary),
            "origin": strings(family.origin), "heads": strings(family.heads),
            "outputs": strings(family.outputs), "dialects": strings(family.dialectNames),
            "config_keys": strings(family.configKeys),
            "irrelevant_keys": strings(family.irrelevantKeys),
          ]
        }),
    ]
  }

  func text(style: Style) -> String {
    var table = TextTable(
      [.text("family"), .text("dialects"), .text("heads")])
    for family in families {
      let dialects = lines(of: family.dialectNames, within: 13)
      let heads = lines(of: family.heads, within: 33)
      for row in 0..<max(dialects.count, heads.count) {
        table.append([
          row == 0 ? .init(family.name, as: .heading) : "",
          .init(dialects.indices.contains(row) ? dialects[row] : ""),
          .init(heads.indices.contains(row) ? heads[row] : ""),
        ])
      }
    }
    return table.text(style: style)
  }

  /// Words in lines that leave the table within eighty columns; at least one line.
  private func lines(of words: [String], within width: Int) -> [String] {
    var lines = [""]
    for word in words {
      let longer = lines[lines.count - 1] + (lines[lines.count - 1].isEmpty ? "" : " ") + word
      if longer.count <= width || lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = longer
      } else {
        lines.append(word)
      }
    }
    return lines
  }

  private func strings(_ list: [String]) -> JSON { .array(list.map(JSON.string)) }
}
