import Diagnostics
import Documents

/// How tokens are chosen, all of it settled for one prompt.
struct GenerationRules {
  /// The length at which every sequence ends, the prompt's included.
  let longest: Int
  /// The length of the prompt.
  let prompt: Int
  /// What ends a sequence.
  let ends: [Int]
  /// What fills up a sequence that has ended.
  let padding: Int?
  let beams: Int
  /// How many sequences are given for each row of the batch.
  let sequences: Int
  let lengthPenalty: Double
  let earlyStopping: EarlyStopping
  let usesCache: Bool

  /// When a beam search gives up improving on what it has.
  enum EarlyStopping: Equatable {
    /// As soon as there are enough finished sequences.
    case yes
    /// When it is unlikely, judged at the length reached.
    case no
    /// When it is impossible.
    case never
  }

  /// The default of transformers for how many tokens are made.
  private static let usualLength = 20
  /// Far above any search, far below what fills the memory.
  private static let mostBeams = 4096

  init(_ values: GenerationValues, prompt: Int) throws(CrosswalkError) {
    try values.refuseUnhandled()
    self.prompt = prompt
    longest = try Self.longest(values, prompt)
    ends = try values.ids("eos_token_id") ?? []
    padding = try values.integer("pad_token_id", minimum: -1) ?? ends.first
    beams = try values.integer("num_beams", minimum: 1, maximum: Self.mostBeams) ?? 1
    sequences = try values.integer("num_return_sequences", minimum: 1) ?? 1
    lengthPenalty = try values.number("length_penalty") ?? 1
    usesCache = try values.boolean("use_cache") ?? true
    earlyStopping =
      switch values.values["early_stopping"] {
      case nil, .bool(false)?: .no
      case .bool(true)?: .yes
      case .string("never")?: .never
      case let other?:
        throw values.invalid("early_stopping", "true, false or \"never\"", other)
      }
    guard sequences <= beams else {
      throw CrosswalkError(
        .invalidConfig, "more sequences than beams to choose them from",
        at: Place(.key("num_return_sequences")), expected: "at most \(beams)",
        found: "\(sequences)", remedy: "give --beams \(sequences) or more")
    }
  }

  private static func longest(_ values: GenerationValues, _ prompt: Int) throws(CrosswalkError)
    -> Int
  {
    let longest: Int
    if let new = try values.integer("max_new_tokens", minimum: 1) {
      longest = min(new, Int.max - prompt) + prompt
    } else if let length = try values.integer("max_length") {
      longest = length
    } else {
      longest = min(prompt + usualLength, values.positions ?? Int.max)
    }
    guard longest > prompt else {
      throw CrosswalkError(
        .invalidInput, "the prompt leaves no room for a token",
        expected: "fewer than the \(longest) tokens of max_length", found: "\(prompt)",
        remedy: "give --max-new-tokens")
    }
    return longest
  }
}
