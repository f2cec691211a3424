import Architectures
import Diagnostics
import Documents
import Testing

/// Settings of norms, positions and attention that do not fit, each named with what was expected.
@Suite struct SettingRefusalTests {
  private func refusal(_ operation: String, _ settings: String) throws -> String {
    let inputs =
      switch operation {
      case "attention": #""query": "x", "key": "x", "value": "x""#
      case "alibi", "relative_bias", "relative_scores", "distances": #""query": "x", "key": "x""#
      case "segment_scores": #""query": "x", "key_ids": "x""#
      default: #""input": "x""#
      }
    let text = """
      {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "sequence", 6]}},
       "nodes": [{"name": "n", "operation": "\(operation)", \(inputs), \(settings)}],
       "outputs": {"y": "n"}}
      """
    let error = #expect(throws: CrosswalkError.self) { try Architecture(Document(parsing: text)) }
    return error?.description ?? ""
  }

  @Test(arguments: [
    ("layer_norm", #""epsilon": -1"#, "a negative epsilon: expected 0 or more"),
    ("rms_norm", #""epsilon": 0.1, "groups": 4"#, "a divisor of 6, found 4"),
    ("rms_norm", #""epsilon": 0.1, "weight": false, "offset": 1"#, "leave out 'offset'"),
  ]) func `a norm that does not fit`(operation: String, settings: String, words: String) throws {
    let message = try refusal(operation, settings)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""heads": 4"#, "a divisor of 6, found 4"),
    (#""heads": 2"#, "an even number within the head's 3, found 3 from 0"),
    (#""heads": 1, "width": 4, "start": 4"#, "within the head's 6, found 4 from 4"),
    (#""heads": 1, "width": 3"#, "an even width, found 3"),
    (#""heads": 1, "base": 0"#, "a number above 0, found 0"),
  ]) func `a rotary encoding that does not fit`(settings: String, words: String) throws {
    let message = try refusal("rotary", settings)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""type": "su""#, "longrope, found 'su'"),
    (#""factor": 2"#, "'type' is missing"),
    (#""type": "linear", "factor": 2, "beta_fast": 3"#, "/scaling/beta_fast"),
    (#""type": "yarn", "original_max_position_embeddings": 8"#, "or max_position_embeddings"),
    (
      #""type": "longrope", "factor": 2, "short_factor": [1, 1, 1], "long_factor": [1, 1], "#
        + #""original_max_position_embeddings": 8"#, "/scaling/long_factor"
    ),
  ]) func `a scaling that does not fit`(settings: String, words: String) throws {
    let message = try refusal("rotary", #""heads": 1, "scaling": {\#(settings)}"#)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""heads": 1, "soft_cap": 0"#, "a number above 0"),
    (#""heads": 1, "score": "cosine""#, "one of dot, bilinear, additive"),
    (#""heads": 1, "score": "bilinear", "score_weight": "vector""#, "leave it out"),
    (#""heads": 1, "causal": true, "after": 1"#, "leave out 'causal' or 'after'"),
    (#""heads": 1, "before": -1"#, "a whole number from 0"),
  ]) func `an attention that does not fit`(settings: String, words: String) throws {
    let message = try refusal("attention", settings)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    ("relative_bias", #""heads": 2, "buckets": 3"#, "expected 4 or more, found 3"),
    ("relative_bias", #""heads": 2, "max_distance": 8"#, "expected above 8, found 8"),
    ("relative_scores", #""heads": 2"#, "give 'reach' or 'rows'"),
    ("relative_scores", #""heads": 2, "reach": 3, "rows": "x""#, "give 'reach' or 'rows'"),
    ("relative_scores", #""heads": 4, "reach": 3"#, "a multiple of 4, found 6, 6"),
    ("relative_scores", #""heads": 2, "reach": 9999999999"#, "more rows of distances"),
    ("relative_scores", #""heads": 2, "reach": 1, "first_row": "last""#, "one of before, after"),
    ("relative_values", #""width": 3, "reach": 1"#, "not an attention table"),
    ("distances", #""limit": 0"#, "a whole number from 1"),
    ("segment_scores", #""heads": 4, "query_ids": "x""#, "a multiple of 4"),
    ("segment_scores", #""heads": 2, "query_ids": "x""#, "segments are told by integers"),
    ("alibi", #""heads": 2, "max_bias": 0"#, "a number above 0"),
    ("alibi", #""heads": 2, "positions": "x""#, "expected axes batch, sequence"),
    ("soft_cap", #""cap": -1"#, "a number above 0"),
    ("clamp", #""minimum": 2, "maximum": 1"#, "expected at most 1.0, found 2.0"),
    ("clamp", #""minimum": null"#, "'minimum' or 'maximum' is missing"),
    ("count_positions", #""offset": 2"#, "expected integers of axes batch, sequence"),
  ]) func `a bias or bound that does not fit`(operation: String, settings: String, words: String)
    throws
  {
    let message = try refusal(operation, settings)
    #expect(message.contains(words), "\(message)")
  }
}
