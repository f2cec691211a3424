import Diagnostics
import Documents

/// Quantised numbers, deflated and in base64, with what a page needs to read them.
struct Packed {
  /// The numbers' form.
  let form: Quantized
  /// The zlib stream of their bytes in base64.
  let text: String
  /// How many there are.
  let count: Int

  /// Packs numbers.
  ///
  /// - Throws: `tooLarge` when zlib cannot hold them.
  init(_ values: [Float], as form: Quantized) throws(CrosswalkError) {
    self.form = form
    count = values.count
    text = base64(try Deflate.compress(form.bytes(of: values)))
  }

  /// What `page.js` unpacks.
  var json: JSON {
    [
      "bits": .count(form.bits), "scale": .string(form.scale.rawValue), "count": .count(count),
      "low": .measured(form.range.lowerBound), "high": .measured(form.range.upperBound),
      "error": .measured(form.error), "zlib": .string(text),
    ]
  }
}
