import Diagnostics
import Engine
import Reports
import Tensors

/// Guesses the sites of a trace that comes without its graph, from names and shapes.
struct NamedSites {
  private let trace: Trace

  init(_ trace: Trace) { self.trace = trace }

  /// The site of a table, and the rank that brings encoders before decoders.
  func site(of name: String, _ table: StoredTensor) -> AttentionSite {
    let kind = kind(of: name, table)
    let isTarget = kind == .decoder || kind == .cross
    let queries = tokens(ofTarget: isTarget)
    let keys = tokens(ofTarget: kind == .decoder)
    return AttentionSite(
      kind: kind, layer: AttentionSite.layer(in: name), queries: queries, keys: keys,
      queryPadding: padding(ofTarget: isTarget),
      keyPadding: kind == .cross
        ? padding(named: ["memory_key_padding_mask"]) ?? padding(ofTarget: false)
        : padding(ofTarget: isTarget))
  }

  private func kind(of name: String, _ table: StoredTensor) -> AttentionReport.Kind {
    let name = name.lowercased()
    let signs = ["cross", "multihead_attn", "encoder_attn", "encdec", "encoder_decoder"]
    if signs.contains(where: name.contains) { return .cross }
    guard table.shape.count == 4, table.shape[2] == table.shape[3] else { return .cross }
    if name.contains("decoder") || looksCausal(table) { return .decoder }
    return name.contains("encoder") ? .encoder : .other
  }

  /// Whether the first query of the first head sees no key but its own.
  private func looksCausal(_ table: StoredTensor) -> Bool {
    guard table.dtype.isFloating, table.shape[3] > 1, table.count >= table.shape[3],
      let row = try? NumberReader(table).first(table.shape[3])
    else { return false }
    return row[0] > 0 && row.dropFirst().allSatisfy { $0 == 0 }
  }

  // MARK: Inputs

  private static let targets = ["decoder_input_ids", "tgt", "target", "targets", "labels"]
  private static let sources = ["input_ids", "src", "source", "ids", "tokens"]

  private func tokens(ofTarget isTarget: Bool) -> TokenInput? {
    let names = isTarget ? Self.targets + Self.sources : Self.sources
    let name = names.first { trace.inputs[$0]?.dtype.isIntegral == true }
    return name.map { TokenInput(name: $0) }
  }

  private func padding(ofTarget isTarget: Bool) -> PaddingInput? {
    let hasTarget = Self.targets.contains { trace.inputs[$0] != nil }
    return isTarget && hasTarget
      ? padding(named: ["decoder_attention_mask", "tgt_key_padding_mask"])
      : padding(named: ["attention_mask", "src_key_padding_mask", "key_padding_mask"])
  }

  private func padding(named names: [String]) -> PaddingInput? {
    let name = names.first { trace.inputs[$0]?.shape.count == 2 }
    return name.map { PaddingInput(name: $0, marksPadding: $0.hasSuffix("padding_mask")) }
  }
}
