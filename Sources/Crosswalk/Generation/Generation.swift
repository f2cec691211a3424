import Architectures
public import Diagnostics
import Documents
public import Engine
public import Tensors

/// How to generate tokens after a prompt, as transformers' `generate` does.
public struct Generation: Sendable {
  /// What is set by hand or read from a file, by transformers' names.
  public var values: GenerationValues
  /// The input that takes the tokens; nil for `decoder_input_ids` or `input_ids`.
  public var tokens: String?
  /// The output that scores the next token; nil for `logits`.
  public var output: String?
  /// What is kept of a pass over the sequences that were generated.
  public var capture = CaptureSelection.outputs

  /// A generation by these values.
  public init(_ values: GenerationValues = GenerationValues()) { self.values = values }

  /// Generates sequences.
  ///
  /// - Parameters:
  ///   - model: the model, whose graph takes tokens and scores the next.
  ///   - inputs: tensors by the graph's input names: the prompt, and what else it takes.
  ///   - observer: hears of each token.
  /// - Throws: `unsupported` for values that are not followed and for graphs that score no tokens;
  ///   `invalidConfig`; `invalidInput` for inputs that do not fit; `cancelled`.
  public func generate(
    _ model: Model, _ inputs: TensorTable, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> GenerationResult {
    let prompt = try GenerationPrompt(
      model.architecture, inputs, values, tokens: tokens, output: output)
    let rules = try GenerationRules(values, prompt: prompt.ids[0].count)
    let tokenRules = try TokenRules(
      values, rules, leading: prompt.leading, source: prompt.source)
    var run = try run(model, prompt.inputs, prompt, rules)
    if rules.beams > 1, !run.canSelect {
      // What cannot be told apart by rows is made for each beam from the start.
      run = try self.run(model, prompt.repeated(rules.beams), prompt, rules)
    }
    observer.observe(
      .began(activity: "Generating", total: rules.longest - rules.prompt, unit: .items))
    var result =
      if rules.beams > 1 {
        try BeamSearch(rules: rules, tokenRules: tokenRules, observer: observer).search(run, prompt)
      } else {
        try GreedySearch(rules: rules, tokenRules: tokenRules, observer: observer)
          .search(run, prompt)
      }
    observer.observe(.finished)
    result.tokens = prompt.tokens
    result.isIncremental = run.isIncremental
    result.trace = try trace(of: result, model, prompt, observer)
    return result
  }

  /// For how many tokens there is room at first; what grows beyond that is moved.
  private static let room = 256

  private func run(
    _ model: Model, _ inputs: TensorTable, _ prompt: GenerationPrompt, _ rules: GenerationRules
  ) throws(CrosswalkError) -> GrowingRun {
    try GrowingRun(
      model, inputs: inputs, growing: prompt.tokens, output: prompt.output,
      capacity: min(rules.longest, 2 * rules.prompt + Self.room), usesCache: rules.usesCache)
  }

  /// The trace of a generation: the sequences, and what a pass over them gives of what is captured.
  private func trace(
    of result: GenerationResult, _ model: Model, _ prompt: GenerationPrompt,
    _ observer: any Observer
  ) throws(CrosswalkError) -> Trace {
    var trace = Trace()
    if case .outputs = capture {
      trace.inputs = prompt.inputs
    } else {
      trace = try model.run(
        inputs(over: result, prompt), capture: capture, observer: observer)
    }
    trace.metadata["precision"] = .string(model.precision.rawValue)
    try trace.outputs.append("sequences", GenerationPrompt.tensor(result.sequences))
    if let scores = result.scores {
      try trace.outputs.append("sequences_scores", StoredTensor(scores, shape: [scores.count]))
    }
    return trace
  }

  /// The inputs of a pass over all tokens that were read: all but the last.
  private func inputs(over result: GenerationResult, _ prompt: GenerationPrompt)
    throws(CrosswalkError) -> TensorTable
  {
    let batch = prompt.ids.count
    let times = result.sequences.count / max(1, batch)
    var prompt = prompt
    var inputs = try prompt.repeated(times)
    if times > 1 { prompt.select((0..<(batch * times)).map { $0 / times }, of: batch) }
    for place in result.prompt..<max(result.prompt, result.sequences[0].count - 1) {
      for (name, column) in prompt.next(result.sequences.map { $0[place] }) {
        guard let tensor = inputs[name] else { continue }
        inputs = try inputs.replacing(name, by: tensor.appending(column))
      }
    }
    return inputs
  }
}

/// What was generated.
public struct GenerationResult: Sendable {
  /// The ids of each sequence, the prompt's included: for each row of the batch one, or several.
  public let sequences: [[Int]]
  /// How many ids each sequence began with.
  public let prompt: Int
  /// The score of each sequence, where beams were searched: the sum of the logarithms of its
  /// probabilities, divided by its length to the power of the length penalty.
  public let scores: [Float]?
  /// Whether each sequence came to its end.
  public let finished: [Bool]
  /// The input that took the tokens.
  public internal(set) var tokens = ""
  /// Whether only what was new was computed at each step.
  public internal(set) var isIncremental = false
  /// The sequences as a trace, with what was captured.
  public internal(set) var trace = Trace()

  init(sequences: [[Int]], prompt: Int, scores: [Float]?, finished: [Bool]) {
    self.sequences = sequences
    self.prompt = prompt
    self.scores = scores
    self.finished = finished
  }
}

extension StoredTensor {
  /// A table of ids with one more in each row.
  fileprivate func appending(_ column: [Int]) throws(CrosswalkError) -> StoredTensor {
    let (ids, width) = (try ints(), shape[1])
    return try GenerationPrompt.tensor(
      (0..<shape[0]).map { Array(ids[($0 * width)..<(($0 + 1) * width)]) + [column[$0]] })
  }
}
