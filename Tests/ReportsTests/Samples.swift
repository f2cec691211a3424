import Diagnostics
import Foundation
import Reports
import TestSupport

/// Reports like real ones, the same in every run.
enum Samples {
  static let sentence = [
    "[CLS]", "the", "animal", "didn", "'", "t", "cross", "the", "street", "because", "it", "was",
    "too", "tired", "[SEP]",
  ]
  static let translated = [
    "▁Das", "▁Tier", "▁überquerte", "▁die", "▁Straße", "▁nicht", ",", "▁weil", "▁es", "▁zu",
    "▁müde", "▁war", "</s>",
  ]
  static let hostile = [
    "</script><b>", "<!--", "{{data}}", "\"quoted\", with comma", "'; alert(1) //", "new\nline",
    "\u{202E}right to left", "日本語", "##ing", "Ġword", "", "&amp;", "\\u003c", "🙂",
  ]

  /// A repeatable source of numbers (SplitMix64).
  struct Dice {
    var state: UInt64
    mutating func roll() -> Float {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return Float((word ^ (word >> 31)) >> 40) / Float(1 << 24)
    }
  }

  /// Heads of several habits: to neighbours, to the first key, to the last, broad, or to pairs.
  static func heads(
    _ heads: Int, queries: Int, keys: Int, seed: Int, causal: Bool = false, visibleKeys: Int? = nil
  ) -> [Float] {
    var dice = Dice(state: UInt64(seed))
    var values: [Float] = []
    for head in 0..<heads {
      let habit = (head * 7 + seed * 5) % 6
      let sharpness = 1 + 6 * dice.roll()
      for query in 0..<queries {
        let scores = (0..<keys).map { key -> Float in
          if causal && key > query || key >= visibleKeys ?? keys { return -.infinity }
          let distance = Float(key - query * keys / queries)
          let score: Float =
            switch habit {
            case 0: distance == -1 ? 1 : 0
            case 1: distance == 1 ? 1 : 0
            case 2: key == 0 ? 1 : 0
            case 3: key == keys - 1 ? 0.9 : distance == 0 ? 0.6 : 0
            case 4: -abs(distance) / Float(keys)
            default: (query * 31 + key * 17) % 11 == 0 ? 1 : 0
            }
          return score * sharpness + dice.roll()
        }
        let weights = scores.map { exp($0) }
        let total = weights.reduce(0, +)
        values += weights.map { total > 0 ? $0 / total : 0 }
      }
    }
    return values
  }

  static func encoder(
    layers: Int, heads: Int, tokens: [String], batch: Int = 0, padded: Int = 0
  ) throws(CrosswalkError) -> [AttentionReport.Table] {
    var tables: [AttentionReport.Table] = []
    let padding = padded == 0 ? [] : tokens.indices.map { $0 >= tokens.count - padded }
    for layer in 0..<layers {
      tables.append(
        try AttentionReport.Table(
          name: "encoder.layers.\(layer).attention", kind: .encoder, layer: layer, batch: batch,
          heads: heads, queries: tokens, keys: tokens,
          values: self.heads(
            heads, queries: tokens.count, keys: tokens.count, seed: layer + 31 * batch,
            visibleKeys: tokens.count - padded),
          queryPadding: padding, keyPadding: padding))
    }
    return tables
  }

  static func minilm() throws(CrosswalkError) -> AttentionReport {
    AttentionReport(
      title: "Attention of all-MiniLM-L6-v2",
      tables: try encoder(layers: 6, heads: 12, tokens: sentence))
  }

  /// A decoder layer's attention, to itself or over an encoder's tokens.
  static func decoder(
    layer: Int, batch: Int, over encoder: AttentionReport.Table?
  ) throws(CrosswalkError) -> AttentionReport.Table {
    let keys = encoder?.keys ?? translated
    let visible = encoder?.keyPadding.firstIndex(of: true)
    return try AttentionReport.Table(
      name: "decoder.layers.\(layer).\(encoder == nil ? "" : "cross_")attention",
      kind: encoder == nil ? .decoder : .cross, layer: layer, batch: batch, heads: 8,
      queries: translated, keys: keys,
      values: heads(
        8, queries: translated.count, keys: keys.count, seed: 7 * layer + batch,
        causal: encoder == nil, visibleKeys: visible),
      keyPadding: encoder?.keyPadding ?? [])
  }

  /// An encoder and decoder with all three kinds, and a second batch row with padding.
  static func translation() throws(CrosswalkError) -> AttentionReport {
    var tables: [AttentionReport.Table] = []
    for batch in 0..<2 {
      let padded = batch * 4
      let source = Array(sentence.dropLast(padded)) + Array(repeating: "[PAD]", count: padded)
      let encoder = try encoder(layers: 3, heads: 8, tokens: source, batch: batch, padded: padded)
      tables += encoder
      for layer in 0..<3 {
        tables.append(try decoder(layer: layer, batch: batch, over: nil))
        tables.append(try decoder(layer: layer, batch: batch, over: encoder[0]))
      }
    }
    return AttentionReport(title: "Attention of a small translator", tables: tables)
  }

  static func square(layers: Int, heads: Int, tokens: Int) throws(CrosswalkError) -> AttentionReport
  {
    let labels = (0..<tokens).map { sentence[$0 % sentence.count] + ($0 % 5 == 0 ? "##\($0)" : "") }
    return AttentionReport(
      title: "Attention of \(tokens) tokens",
      tables: try encoder(layers: layers, heads: heads, tokens: labels))
  }

  static func hostileReport() throws(CrosswalkError) -> AttentionReport {
    AttentionReport(
      title: "</title><script>alert(1)</script>",
      tables: try encoder(layers: 1, heads: 2, tokens: hostile))
  }

  /// The table of the 2017 paper, sines and cosines in turn.
  static func sinusoids(positions: Int, width: Int) throws(CrosswalkError) -> PositionsReport.Table
  {
    let values = (0..<positions).flatMap { position in
      (0..<width).map { dimension -> Float in
        let angle = Double(position) / pow(10000, Double(dimension / 2 * 2) / Double(width))
        return Float(dimension.isMultiple(of: 2) ? sin(angle) : cos(angle))
      }
    }
    return try PositionsReport.Table(
      name: "encoder.positions", kind: "sinusoidal", positions: positions, width: width,
      values: values, notes: ["The formula of the 2017 paper gives this table to within 1e-7."])
  }

  /// A table like a trained one: smooth waves of a few frequencies, noise, an odd first row.
  static func learned(positions: Int, width: Int) throws(CrosswalkError) -> PositionsReport.Table {
    var dice = Dice(state: 5)
    let waves = (0..<width).map { _ in (dice.roll() * 0.06, dice.roll() * 6.28, dice.roll() * 0.08)
    }
    let values = (0..<positions).flatMap { position in
      waves.map { frequency, phase, size -> Float in
        let noise = (dice.roll() + dice.roll() - 1) * 0.02
        return position == 0
          ? (dice.roll() - 0.5) * 0.3 : sin(Float(position) * frequency + phase) * size + noise
      }
    }
    return try PositionsReport.Table(
      name: "embeddings.position.weight", kind: "learned", positions: positions, width: width,
      values: values)
  }
}

/// Pages are left here for `Tests/Python/test_pages.py`, and for whoever wants to look.
func leave(_ bytes: [UInt8], as name: String) throws {
  let folder = Shelf.root + "/.build/pages"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
}
