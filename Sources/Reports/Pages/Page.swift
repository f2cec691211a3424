import Diagnostics
import Documents

/// A page that stands alone: a template with its style, its scripts and its data inside.
///
/// The web files are in `Web`, to be edited as such; `{{name}}` in a template is a place to fill.
struct Page {
  /// The template.
  let template: [UInt8]
  /// The scripts, run in this order after the shared one.
  let scripts: [[UInt8]]
  /// The title, shown by the browser.
  let title: String
  /// What the scripts show.
  let data: JSON

  /// The page as one file.
  func bytes() -> [UInt8] {
    let parts: [String: [UInt8]] = [
      "title": Array(title.printable.escapedForHTML.utf8),
      "style": PackageResources.page_css,
      "script": Array(
        ([PackageResources.page_js, PackageResources.matrix_js] + scripts).joined(separator: [10])),
      "data": data.text(indented: false).bytesForScript,
    ]
    return fill(parts)
  }

  /// The template with its places filled, in one pass, so that nothing filled in is read again.
  private func fill(_ parts: [String: [UInt8]]) -> [UInt8] {
    var rest = template[...]
    var page: [UInt8] = []
    while let open = rest.firstIndex(of: "{{"), let close = rest[open...].firstIndex(of: "}}") {
      page += rest[..<open]
      page += parts[String(decoding: rest[(open + 2)..<close], as: UTF8.self)] ?? []
      rest = rest[(close + 2)...]
    }
    return page + rest
  }
}

extension ArraySlice<UInt8> {
  /// Where two bytes stand first.
  fileprivate func firstIndex(of pair: StaticString) -> Index? {
    pair.withUTF8Buffer { pair in
      indices.dropLast().first { self[$0] == pair[0] && self[$0 + 1] == pair[1] }
    }
  }
}

extension String {
  /// The text as HTML shows it.
  var escapedForHTML: String {
    reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
  }

  /// JSON that cannot end the script element it stands in: `<` occurs within strings only, where
  /// the escape means the same.
  var bytesForScript: [UInt8] {
    let pieces = utf8.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
    return Array(pieces.map(Array.init).joined(separator: #"\u003c"#.utf8))
  }
}

extension ColorMap {
  /// The map as pages carry it.
  var json: JSON { .string(base64(bytes)) }
}
