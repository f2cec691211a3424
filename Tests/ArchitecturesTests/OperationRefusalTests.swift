import Architectures
import Diagnostics
import Documents
import Testing

/// Settings and inputs that do not fit, each named with what was expected.
@Suite struct OperationRefusalTests {
  private func refusal(_ node: String) throws -> String {
    let text = """
      {"inputs": {"ids": {"dtype": "integer", "axes": ["batch", "sequence"]},
                  "x": {"dtype": "floating", "axes": ["batch", "sequence", 6]},
                  "rows": {"dtype": "floating", "axes": [{"one": 1}, {"rows": 7}, 6]},
                  "image": {"dtype": "floating", "axes": ["batch", {"channels": 3}, "height", 8]},
                  "sound": {"dtype": "floating", "axes": ["batch", {"channels": 4}, 5]}},
       "nodes": [{"name": "n", \(node)}], "outputs": {"y": "n"}}
      """
    let error = #expect(throws: CrosswalkError.self) { try Architecture(Document(parsing: text)) }
    return error?.description ?? ""
  }

  @Test(arguments: [
    (#""input": "sound", "width": 2, "kernel": [6]"#, "expected 6 or more, found 5, and 0 zeros"),
    (#""input": "image", "width": 2, "kernel": [2]"#, "expected batch, channels"),
    (#""input": "image", "width": 2, "kernel": [2, 2, 2, 2]"#, "expected one to three, found 4"),
    (#""input": "image", "width": 2, "kernel": [2, 2, 2]"#, "and 3 more"),
    (
      #""input": "sound", "width": 2, "kernel": [2], "padding": "full""#,
      "one of valid, same, causal"
    ),
    (#""input": "sound", "width": 2, "kernel": [2], "padding": [[1, 1, 1]]"#, "or two; or a word"),
    (#""input": "sound", "width": 2, "kernel": [2], "padding": [1, 1]"#, "expected 1, found 2"),
    (#""input": "sound", "width": 2, "kernel": [2], "output_padding": [1]"#, "for a transposed"),
    (
      #""input": "sound", "width": 2, "kernel": [2], "padding": "causal", "transposed": true"#,
      "no causal padding"
    ),
    (
      #""input": "sound", "width": 2, "kernel": [2], "padding": [3], "transposed": true"#,
      "expected below 6, found 6"
    ),
    (#""input": "image", "width": 2, "kernel": [2, 2], "stride": [2]"#, "expected 2, found 1"),
    (#""input": "sound", "width": 2, "kernel": [0]"#, "each 1 or more"),
    (#""input": "sound", "width": 2, "kernel": [1], "padding": [-1]"#, "each 0 or more"),
    (#""input": "sound", "width": 6, "kernel": [1], "groups": 3"#, "a divisor of 4, found 3"),
    (#""input": "sound", "width": 2, "kernel": [1], "groups": 4"#, "a divisor of 2, found 4"),
    (
      #""input": "sound", "width": 2, "kernel": [1099511627776], "dilation": [1099511627776]"#,
      "reaches too far"
    ),
  ]) func `a convolution that does not fit`(settings: String, words: String) throws {
    let message = try refusal(#""operation": "convolution", \#(settings)"#)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""operation": "flatten", "input": "x", "from": 1, "to": 3"#, "expected one of 3, found 3"),
    (#""operation": "flatten", "input": "x", "from": 2, "to": 1"#, "expected 2 or later, found 1"),
    (
      #""operation": "unflatten", "input": "rows", "like": "sound", "from": 1, "to": 2"#,
      "expected 20, found 7"
    ),
    (
      #""operation": "unflatten", "input": "x", "like": "image", "from": 3, "to": 3"#,
      "expected one of 3, found 3"
    ),
    (
      #""operation": "unflatten", "input": "x", "like": "image", "from": 2, "to": 1"#,
      "expected 2 or later, found 1"
    ),
    (#""operation": "concat", "input": ["x", "ids"], "axis": 1"#, "2 axes, integer"),
    (#""operation": "concat", "input": ["x", "sound"], "axis": 1"#, "expected width 6, found 5"),
    (#""operation": "slice", "input": "x", "axis": 2, "start": 7"#, "found 7..<6"),
    (#""operation": "slice", "input": "x", "axis": 2, "end": 7"#, "expected within 0..<6"),
    (#""operation": "slice", "input": "x", "axis": -4"#, "expected one of 3, found -4"),
    (#""operation": "token", "input": "x""#, "'width' is missing"),
  ]) func `shapes that do not fit`(node: String, words: String) throws {
    let message = try refusal(node)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""top_k": 2, "function": "relu", "alpha": 1"#, "the setting 'limit' is missing"),
    (#""top_k": 2, "limit": 7, "alpha": 1, "function": "relu""#, "no setting 'function'"),
    (#""top_k": 2, "limit": 0, "alpha": 1"#, "expected above 0"),
    (#""top_k": 2"#, "the setting 'function' is missing"),
    (#""top_k": 7, "function": "relu""#, "expected at most 6, found 7"),
    (#""top_k": 2, "function": "relu", "routing": "top""#, "one of softmax_top, top_softmax"),
    (
      #""top_k": 2, "function": "relu", "routing": "top_softmax", "normalize": true"#,
      "leave it out"
    ),
  ]) func `experts that do not fit`(settings: String, words: String) throws {
    let message = try refusal(
      #""operation": "experts", "input": "x", "router": "x", "experts": 6, "inner": 4, \#(settings)"#
    )
    #expect(message.contains(words), "\(message)")
    #expect(
      try refusal(
        #""operation": "experts", "input": "x", "router": "x", "experts": 4, "inner": 4, "top_k": 1, "function": "relu""#
      ).contains("the last of 4, found 3 axes, the last of 6"))
  }

  @Test(arguments: [
    (#""operation": "pick_token", "input": "x", "ids": "ids", "where": "middle""#, "one of first"),
    (
      #""operation": "pick_token", "input": "x", "ids": "ids", "where": "last", "token": 1, "padding": 2"#,
      "give one of"
    ),
    (
      #""operation": "pick_token", "input": "ids", "ids": "ids", "where": "last""#,
      "expected 3 axes"
    ),
    (
      #""operation": "reduce", "function": "mean", "input": "sound", "mask": "rows", "axes": [2]"#,
      "a mask of another shape"
    ),
    (
      #""operation": "reduce", "function": "median", "input": "x", "axes": [1]"#, "one of sum, mean"
    ),
    (#""operation": "reduce", "function": "argmax", "input": "x", "axes": [1, 2]"#, "found 2"),
    (#""operation": "reduce", "function": "sum", "input": "x", "axes": [1, -2]"#, "named twice"),
    (#""operation": "reduce", "function": "sum", "input": "x", "axes": [3]"#, "one of 3, found 3"),
    (#""operation": "pool", "function": "maximum", "input": "x", "kernel": [2, 2]"#, "and 2 more"),
    (#""operation": "pool", "function": "maximum", "input": "sound", "kernel": [6]"#, "6 or more"),
    (#""operation": "normalize", "input": "x", "axis": 4"#, "one of 3, found 4"),
    (#""operation": "normalize", "input": "x", "epsilon": -1"#, "a negative epsilon"),
    (#""operation": "similarity", "left": "x", "right": "x""#, "vectors that do not compare"),
  ]) func `pooling that does not fit`(node: String, words: String) throws {
    let message = try refusal(node)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""heads": 2, "maximum": 4"#, "no positions flow in"),
    (#""heads": 4, "maximum": 1, "position_key": "x""#, "a multiple of 4"),
    (#""heads": 2, "maximum": 1, "position_key": "sound""#, "one width"),
    (#""heads": 2, "maximum": 4, "position_key": "rows""#, "expected (1, 8 or more, 6)"),
    (#""heads": 2, "maximum": 9, "buckets": 1, "position_key": "rows""#, "2 or more, or -1"),
  ]) func `a disentangled bias that does not fit`(settings: String, words: String) throws {
    let message = try refusal(
      #""operation": "disentangled_bias", "query": "x", "key": "x", \#(settings)"#)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""operation": "batch_norm", "input": "image", "epsilon": 1, "axis": 2"#, "expected a known"),
    (#""operation": "group_norm", "input": "x", "groups": 4, "epsilon": 0, "axis": -1"#, "of 4"),
    (#""operation": "group_norm", "input": "rows", "groups": 1, "epsilon": 0, "axis": 0"#, "batch"),
    (#""operation": "activation", "input": "x", "function": "relu", "alpha": 1"#, "no setting"),
    (#""operation": "activation", "input": "x", "function": "celu", "alpha": 0"#, "expected not 0"),
    (#""operation": "prelu", "input": "x", "shape": [5]"#, "expected ?, ?, 6, found [5]"),
    (#""operation": "prelu", "input": "x", "shape": [2, 6], "axis": 0"#, "does not broadcast"),
    (#""operation": "glu", "input": "sound""#, "an even extent, found 5"),
    (
      #""operation": "glu", "input": "x", "function": {"function": "elu", "slope": 1}"#,
      "/function/slope"
    ),
    (#""operation": "softmax", "input": "x", "axis": 3"#, "expected one of 3, found 3"),
    (#""operation": "softmax", "input": "x", "mask": "image""#, "do not broadcast"),
    (#""operation": "softmax", "input": "ids", "mask": "x""#, "a mask of more axes"),
    (#""operation": "arithmetic", "input": ["x", "sound"], "function": "divide""#, "broadcast"),
    (#""operation": "arithmetic", "input": "x", "function": "plus""#, "one of subtract"),
    (#""operation": "compare", "input": ["x", "x"], "function": "not""#, "expected 1, found 2"),
    (#""operation": "compare", "input": ["x"], "function": "less""#, "expected 2, found 1"),
    (#""operation": "constant", "value": [[1, 2], [3]]"#, "all of one length"),
    (#""operation": "constant", "value": []"#, "a number, or lists"),
    (#""operation": "constant", "value": [1, "x"]"#, "a number, or lists"),
    (#""operation": "constant", "value": 0.5, "dtype": "integer""#, "with a fraction"),
    (#""operation": "parameter", "shape": [0]"#, "each 1 or more"),
  ]) func `norms, functions and numbers that do not fit`(node: String, words: String) throws {
    let message = try refusal(node)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""input": "ids", "kind": "gru", "width": 2"#, "expected axes batch, steps, width"),
    (#""input": "x", "kind": "rnn", "width": 2"#, "one of elman, lstm, gru"),
    (#""input": "x", "kind": "gru", "width": 2, "projection": {"width": 1}"#, "does not have"),
    (#""input": "x", "kind": "gru", "width": 2, "cell": "ids""#, "only an lstm has"),
    (
      #""input": "x", "kind": "gru", "width": 2, "state": "ids", "reset": "never""#, "after, before"
    ),
    (#""input": "sound", "kind": "lstm", "width": 2, "mask": "x""#, "expected batch, 4, found"),
    (#""input": "x", "kind": "lstm", "width": 2, "lengths": "ids""#, "found batch, sequence"),
    (#""input": "x", "kind": "elman", "width": 2, "activation": {"slope": 1}"#, "is missing"),
  ]) func `a recurrent layer that does not fit`(settings: String, words: String) throws {
    let message = try refusal(#""operation": "recurrent", \#(settings)"#)
    #expect(message.contains(words), "\(message)")
  }

  @Test func `a further output has its node's name and one of its own`() throws {
    func architecture(_ more: String) throws -> Architecture {
      try Architecture(
        Document(
          parsing: """
            {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "steps", 6]}},
             "nodes": [{"name": "n", "operation": "recurrent", "input": "x", "kind": "lstm", "width": 2},
                       \(more)], "outputs": {"y": "n.cell"}}
            """))
    }
    let lines = try architecture(
      #"{"name": "m", "operation": "linear", "input": "n.state", "width": 1}"#)
    #expect(lines.nodes.map(\.name) == ["n", "n.state", "n.cell", "m"])
    #expect(lines.name(of: lines.outputs[0].value) == "n.cell")
    let error = #expect(throws: CrosswalkError.self) {
      try architecture(#"{"name": "n.cell", "operation": "scale", "input": "n", "by": 2}"#)
    }
    #expect(error?.description.contains("two nodes are called 'n.cell'") == true)
  }

  @Test(arguments: [
    (#""operation": "slice", "input": "x", "axis": 1, "step": 0"#, "leads nowhere"),
    (#""operation": "slice", "input": "x", "axis": 2, "start": 2, "end": 4, "step": -1"#, "2..<4"),
    (#""operation": "slice", "input": "x", "axis": 2, "start": 7, "clamp": true"#, "found 6..<6"),
    (#""operation": "permute", "input": "x", "axes": [0, 1, -2]"#, "each of 0..<3 once"),
    (#""operation": "repeat", "input": "x", "axis": 1, "count": 0"#, "from 1 to"),
    (#""operation": "repeat", "input": "x", "axis": 3, "count": 2"#, "one of 3, found 3"),
    (#""operation": "broadcast", "input": "x", "like": "sound""#, "do not broadcast"),
    (#""operation": "broadcast", "input": "rows", "like": "sound", "axes": [1]"#, "found 7"),
    (#""operation": "pad", "input": "x", "padding": [1, 1]"#, "for each axis two whole numbers"),
    (#""operation": "pad", "input": "x", "padding": [[1, -1]]"#, "each 0 or more"),
    (#""operation": "pad", "input": "x", "from": 2, "padding": [[1, 1], [0, 1]]"#, "at most 1"),
    (
      #""operation": "pad", "input": "x", "from": 2, "padding": [[6, 0]], "mode": "reflect""#,
      "at most 5"
    ),
    (#""operation": "resize", "input": "x", "axis": 2"#, "found neither"),
    (#""operation": "resize", "input": "x", "axis": 2, "factor": 2, "size": 4"#, "found both"),
    (
      #""operation": "resize", "input": "x", "axis": 2, "factor": 2, "corners": true"#,
      "leave it out"
    ),
    (#""operation": "take", "input": "x", "ids": "x", "axis": 1"#, "expected integers"),
    (#""operation": "take", "input": "x", "ids": "ids", "axis": 1, "along": true"#, "found 2"),
    (#""operation": "arange""#, "found neither"),
    (#""operation": "fourier", "input": "x", "axis": 3"#, "one of 3, found 3"),
    (#""operation": "fourier", "input": "x", "axis": 1, "part": "whole""#, "real, imaginary"),
    (#""operation": "arange", "axis": 0"#, "nothing flows into 'input'"),
    (#""operation": "arange", "input": "x", "axis": 3"#, "one of 3, found 3"),
    (#""operation": "cast", "input": "x", "dtype": "text""#, "one of floating, integer, boolean"),
    (#""operation": "cumsum", "input": "x", "axis": -4"#, "one of 3, found -4"),
    (#""operation": "one_hot", "input": "ids""#, "'classes' is missing"),
  ]) func `rearrangements that do not fit`(node: String, words: String) throws {
    let message = try refusal(node)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""input": "x", "equation": "bqd->bqd->b""#, "not an equation"),
    (#""input": "x", "equation": "b1d->b""#, "letters for axes"),
    (#""input": "x", "equation": "bqd->bqq""#, "not an equation"),
    (#""input": "x", "equation": "bqd->bh""#, "not an equation"),
    (#""input": "x", "equation": "bqd->...b""#, "not an equation"),
    (#""input": ["x", "ids"], "equation": "bqd->b""#, "expected 1, found 2"),
    (#""input": "x", "equation": "bq->b""#, "expected 2, found 3"),
    (#""input": ["x", "sound"], "equation": "bqd,bkd->bqk""#, "expected width 6, found width 5"),
  ]) func `an equation that does not fit`(settings: String, words: String) throws {
    let message = try refusal(#""operation": "einsum", \#(settings)"#)
    #expect(message.contains(words), "\(message)")
  }

  @Test(arguments: [
    (#""operation": "window_mask", "input": "x", "before": -1"#, "expected 0 or more, found -1"),
    (#""operation": "window_mask", "input": "x", "global": "x""#, "goes along a sequence"),
    (#""operation": "choose", "mask": "ids", "yes": "x", "no": "image""#, "do not broadcast"),
    (#""operation": "first", "input": ["x", "ids"]"#, "inputs of different kinds"),
    (#""operation": "shift_right", "input": "ids""#, "nothing says which id comes first"),
    (#""operation": "shift_right", "input": "x", "start": 1"#, "ids are shifted"),
    (#""operation": "group_norm", "input": "sound", "groups": 3, "epsilon": 0"#, "multiple of 3"),
    (#""operation": "group_norm", "input": "x", "groups": 3, "epsilon": 0"#, "of a known extent"),
  ]) func `masks, shifts and groups that do not fit`(node: String, words: String) throws {
    let message = try refusal(node)
    #expect(message.contains(words), "\(message)")
  }
}
