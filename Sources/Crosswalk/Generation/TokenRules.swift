import Diagnostics

/// What forbids, favours or forces tokens, in the order in which transformers goes through it.
struct TokenRules {
  private let repetition: Float
  private let repeats: Int
  private let sourceRepeats: Int
  private let forbidden: [[Int]]
  private let shortest: Int
  private let ends: [Int]
  private let first: Int?
  private let last: [Int]
  private let longest: Int
  private let suppressed: [Int]
  private let suppressedFirst: [Int]
  /// The length at which ``suppressedFirst`` are.
  private let start: Int
  private let renormalizes: Bool
  /// For each row of the batch, how many tokens of padding stand before the prompt.
  private let leading: [Int]
  /// For each row of the batch, the source's ids.
  private let source: [[Int]]

  init(_ values: GenerationValues, _ rules: GenerationRules, leading: [Int], source: [[Int]])
    throws(CrosswalkError)
  {
    let penalty = try values.number("repetition_penalty") ?? 1
    guard penalty > 0 else {
      throw values.invalid("repetition_penalty", "a number above 0", .number(penalty))
    }
    repetition = Float(penalty)
    repeats = try values.integer("no_repeat_ngram_size") ?? 0
    sourceRepeats = try values.integer("encoder_no_repeat_ngram_size") ?? 0
    let ends = rules.ends
    self.ends = ends
    forbidden = try values.lists("bad_words_ids").filter { $0.count > 1 || !ends.contains($0[0]) }
    let new = try values.integer("min_new_tokens").map { $0 + rules.prompt }
    let shortest = try values.integer("min_length")
    self.shortest = new ?? shortest ?? 0
    first = try values.integer("forced_bos_token_id")
    last = try values.ids("forced_eos_token_id") ?? []
    longest = rules.longest
    suppressed = try values.ids("suppress_tokens") ?? []
    suppressedFirst = try values.ids("begin_suppress_tokens") ?? []
    start = rules.prompt > 1 || first == nil ? rules.prompt : rules.prompt + 1
    renormalizes = try values.boolean("renormalize_logits") ?? false
    self.leading = leading
    self.source = source
  }

  /// Changes the scores of what may come after some tokens.
  ///
  /// - Parameter row: of the batch, as it was given.
  func apply(to scores: inout ArraySlice<Float>, after tokens: [Int], row: Int) {
    if repetition != 1 { penalize(&scores, tokens.dropFirst(leading[row])) }
    if repeats > 0 { forbidRepeats(&scores, repeats, after: tokens, in: tokens) }
    if sourceRepeats > 0, source.indices.contains(row) {
      forbidRepeats(&scores, sourceRepeats, after: tokens, in: source[row])
    }
    for words in forbidden where tokens.count >= words.count - 1 {
      if tokens.suffix(words.count - 1).elementsEqual(words.dropLast()) {
        forbid(&scores, words.suffix(1))
      }
    }
    if tokens.count < shortest { forbid(&scores, ends) }
    if let first, tokens.count == 1 { force(&scores, [first]) }
    if !last.isEmpty, tokens.count == longest - 1 { force(&scores, last) }
    forbid(&scores, suppressed)
    if tokens.count == start { forbid(&scores, suppressedFirst) }
    if renormalizes { scores = logProbabilities(scores)[...] }
  }

  private func forbid(_ scores: inout ArraySlice<Float>, _ tokens: some Sequence<Int>) {
    for token in tokens where token < scores.count {
      scores[scores.startIndex + token] = -.infinity
    }
  }

  private func force(_ scores: inout ArraySlice<Float>, _ tokens: [Int]) {
    for place in scores.indices { scores[place] = -.infinity }
    for token in tokens where token < scores.count { scores[scores.startIndex + token] = 0 }
  }

  private func penalize(_ scores: inout ArraySlice<Float>, _ tokens: ArraySlice<Int>) {
    for token in Set(tokens) where (0..<scores.count).contains(token) {
      let place = scores.startIndex + token
      scores[place] = scores[place] < 0 ? scores[place] * repetition : scores[place] / repetition
    }
  }

  /// Forbids what would say once more a run of so many tokens that `text` says.
  private func forbidRepeats(
    _ scores: inout ArraySlice<Float>, _ count: Int, after tokens: [Int], in text: [Int]
  ) {
    guard tokens.count >= count - 1, text.count >= count else { return }
    let end = tokens.suffix(count - 1)
    for start in 0...(text.count - count)
    where text[start..<(start + count - 1)].elementsEqual(end) {
      forbid(&scores, [text[start + count - 1]])
    }
  }

  /// Checks that tokens are in the vocabulary.
  ///
  /// - Throws: `invalidConfig` naming the value.
  func check(vocabulary: Int) throws(CrosswalkError) {
    let named = [
      ("forced_bos_token_id", [first].compactMap { $0 }), ("forced_eos_token_id", last),
      ("bad_words_ids", forbidden.flatMap { $0 }),
    ]
    for (key, ids) in named {
      for id in ids where id >= vocabulary {
        throw CrosswalkError(
          .invalidConfig, "an id that the vocabulary does not have", at: Place(.key(key)),
          expected: "below \(vocabulary)", found: "\(id)")
      }
    }
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The logarithm of the softmax of numbers.
func logProbabilities(_ numbers: ArraySlice<Float>) -> [Float] {
  numbers.withUnsafeBufferPointer { numbers in
    let largest = numbers.max() ?? 0
    var sum = 0.0
    for number in numbers { sum += Double(expf(number - largest)) }
    let logarithm = Float(log(sum))
    return numbers.map { $0 - largest - logarithm }
  }
}
