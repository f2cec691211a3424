import Containers
public import Diagnostics
public import Documents
import Families

/// What a model's files say of how text is generated, by transformers' own names, with what was set
/// by hand.
public struct GenerationValues: Sendable {
  /// The values that are set.
  public private(set) var values = JSONObject()
  /// The file they came from, but for those that were set by hand.
  private var file: String?
  private var byHand: Set<String> = []
  /// The most positions that the model's config gives it.
  private(set) var positions: Int?

  /// No values: transformers' own defaults.
  public init() {}

  /// Reads the values of a checkpoint.
  ///
  /// They are those of the file given, else of the `generation_config.json` beside the weights or of
  /// the one that a native checkpoint carries, else those that older configs hold themselves.
  ///
  /// - Throws: `cannotOpen`, or `malformed` for a file that is not JSON; `invalidConfig` for one
  ///   that is no object.
  public init(of checkpoint: ModelCheckpoint, file: String? = nil) throws(CrosswalkError) {
    let config = checkpoint.checkpoint.config?.root ?? checkpoint.provenance.config
    positions =
      ["max_position_embeddings", "n_positions"].lazy
      .compactMap { config?[$0]?.intValue }.first
    if let path = file ?? checkpoint.checkpoint.generationConfig {
      self.file = path
      guard let object = try Document(reading: path).root.objectValue else {
        throw CrosswalkError(
          .invalidConfig, "a generation config is an object", at: Place(file: path))
      }
      values = object
    } else if let carried = checkpoint.provenance.generation?.objectValue {
      values = carried
    } else {
      self.file = checkpoint.checkpoint.config?.file
      values = Self.ofConfig(config?.objectValue)
    }
    values = JSONObject(values.members.filter { !$0.value.isNull }.map { ($0.key, $0.value) })
    // A cache is for speed alone, and used where it changes nothing.
    values["use_cache"] = nil
  }

  /// What a model's config says: only what is known to be about generation.
  private static func ofConfig(_ config: JSONObject?) -> JSONObject {
    guard let config else { return JSONObject() }
    let names = handled.union(GenerationValues.indifferent.keys)
    var found = JSONObject(
      config.members.filter { names.contains($0.key) }.map { ($0.key, $0.value) })
    if config["force_bos_token_to_be_generated"] == true {
      found["forced_bos_token_id"] = config["bos_token_id"]
    }
    return found
  }

  /// Sets a value by hand; null takes it away.
  public mutating func set(_ key: String, _ value: JSON) {
    values[key] = value.isNull ? nil : value
    byHand.insert(key)
  }

  /// Refuses what is asked for and not done, all that would change what is generated.
  ///
  /// - Throws: `unsupported`, naming the value.
  func refuseUnhandled() throws(CrosswalkError) {
    for (key, value) in values.members {
      guard let harmless = Self.indifferent[key], !harmless.contains(value) else { continue }
      throw CrosswalkError(
        .unsupported, "generation with \(key) \(value.text(indented: false)) is not done",
        at: place(of: key),
        remedy: key == "do_sample"
          ? "give --greedy for the most probable tokens"
          : "give --generation \(key)=null to leave it out")
    }
  }

  /// The values that are followed.
  static let handled: Set<String> = [
    "max_length", "max_new_tokens", "min_length", "min_new_tokens", "early_stopping", "num_beams",
    "num_return_sequences", "length_penalty", "repetition_penalty", "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens",
    "forced_bos_token_id", "forced_eos_token_id", "renormalize_logits", "bos_token_id",
    "eos_token_id", "pad_token_id", "decoder_start_token_id", "use_cache",
  ]

  /// Values that are not followed, each with those that change nothing.
  ///
  /// Whatever is in neither list changes nothing: temperature and the like without sampling, what
  /// is kept of a run, how fast it is.
  private static let indifferent: [String: [JSON]] = [
    "do_sample": [false], "num_beam_groups": [1], "diversity_penalty": [0, 0.0],
    "penalty_alpha": [0, 0.0], "dola_layers": [], "guidance_scale": [1, 1.0], "sequence_bias": [],
    "encoder_repetition_penalty": [1, 1.0], "exponential_decay_length_penalty": [],
    "remove_invalid_values": [false], "watermarking_config": [], "constraints": [],
    "force_words_ids": [], "token_healing": [false], "max_time": [], "stop_strings": [],
    "forced_decoder_ids": [], "return_timestamps": [false],
  ]

  // MARK: Values by their kinds

  func integer(_ key: String, minimum: Int = 0, maximum: Int = .max) throws(CrosswalkError) -> Int?
  {
    guard let value = values[key] else { return nil }
    guard let number = value.intValue, number >= minimum, number <= maximum else {
      let end = maximum == .max ? "up" : "to \(maximum)"
      throw invalid(key, "a whole number from \(minimum) \(end)", value)
    }
    return number
  }

  func number(_ key: String) throws(CrosswalkError) -> Double? {
    guard let value = values[key] else { return nil }
    guard let number = value.doubleValue, number.isFinite else {
      throw invalid(key, "a number", value)
    }
    return number
  }

  func boolean(_ key: String) throws(CrosswalkError) -> Bool? {
    guard let value = values[key] else { return nil }
    guard let truth = value.boolValue else { throw invalid(key, "true or false", value) }
    return truth
  }

  /// An id, or a list of ids.
  func ids(_ key: String) throws(CrosswalkError) -> [Int]? {
    guard let value = values[key] else { return nil }
    let items = value.arrayValue ?? [value]
    let ids = items.compactMap(\.intValue).filter { $0 >= 0 }
    guard ids.count == items.count else { throw invalid(key, "an id, or a list of ids", value) }
    return ids
  }

  /// Lists of ids.
  func lists(_ key: String) throws(CrosswalkError) -> [[Int]] {
    guard let value = values[key] else { return [] }
    guard let lists = value.arrayValue else { throw invalid(key, "lists of ids", value) }
    var found: [[Int]] = []
    for list in lists {
      let ids = (list.arrayValue ?? []).compactMap(\.intValue).filter { $0 >= 0 }
      guard !ids.isEmpty, ids.count == list.arrayValue?.count else {
        throw invalid(key, "lists of ids", list)
      }
      found.append(ids)
    }
    return found
  }

  func invalid(_ key: String, _ expected: String, _ found: JSON) -> CrosswalkError {
    CrosswalkError(
      .invalidConfig, "a value of generation that cannot be", at: place(of: key),
      expected: expected, found: found.text(indented: false))
  }

  private func place(of key: String) -> Place {
    Place(file: byHand.contains(key) ? nil : file, .key(key))
  }
}
