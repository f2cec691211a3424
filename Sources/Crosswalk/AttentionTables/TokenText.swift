import Diagnostics

/// Tokens as people read them.
enum TokenText {
  /// The token with its tokenizer's signs undone.
  ///
  /// `Ġthe` and `▁the` become ` the`, `Ã©` becomes `é`; `##ing` and `[CLS]` stay. What has no
  /// picture is made visible: a lone space is `␣`, a line feed `\n`.
  static func shown(_ token: String) -> String {
    let text = bytesDecoded(token) ?? token
    let spaced = String(text.map { $0 == "▁" ? " " : $0 })
    if spaced.allSatisfy({ $0 == " " }) {
      return spaced.isEmpty ? "∅" : spaced.map { _ in "␣" }.joined()
    }
    var visible = ""
    for character in spaced {
      switch character {
      case "\n": visible += "\\n"
      case "\r\n": visible += "\\r\\n"
      case "\t": visible += "\\t"
      default: visible += String(character).printable
      }
    }
    return visible
  }

  /// The text of a token in GPT-2's alphabet of 256 printable characters, one for each byte.
  ///
  /// Nil when the token is not in it, is plain anyway, or is a part of a character.
  private static func bytesDecoded(_ token: String) -> String? {
    guard token.unicodeScalars.contains(where: { !$0.isASCII }) else { return nil }
    var bytes: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = byteOfCharacter[scalar] else { return nil }
      bytes.append(byte)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.unicodeScalars.contains("\u{FFFD}") ? nil : text
  }

  /// The printable characters of Latin-1 stand for themselves, the other bytes for the characters
  /// from U+0100 on (openai/gpt-2, encoder.py, bytes_to_unicode).
  private static let byteOfCharacter: [Unicode.Scalar: UInt8] = {
    var bytes: [Unicode.Scalar: UInt8] = [:]
    var next: UInt32 = 0x100
    for byte in UInt8.min...UInt8.max {
      let isItself = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
      if isItself {
        bytes[Unicode.Scalar(byte)] = byte
      } else if let scalar = Unicode.Scalar(next) {
        bytes[scalar] = byte
        next += 1
      }
    }
    return bytes
  }()
}
