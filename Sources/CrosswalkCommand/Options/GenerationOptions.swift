import ArgumentParser
import Crosswalk
import Diagnostics
import Documents

/// How tokens are chosen; what is not said is as the model's files say, or as transformers has it.
struct GenerationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Make at most so many tokens.", valueName: "n"))
  var maxNewTokens: Int?

  @Option(help: ArgumentHelp("Make sequences of at most so many tokens.", valueName: "n"))
  var maxLength: Int?

  @Option(help: ArgumentHelp("Make at least so many tokens.", valueName: "n"))
  var minNewTokens: Int?

  @Option(help: ArgumentHelp("Follow so many sequences at once.", valueName: "n"))
  var beams: Int?

  @Option(help: ArgumentHelp("Give so many of the beams.", valueName: "n"))
  var sequences: Int?

  @Option(
    help: ArgumentHelp("Divide a beam's score by its length to this power.", valueName: "x"))
  var lengthPenalty: Double?

  @Option(help: ArgumentHelp("When beams are given up.", valueName: "true|false|never"))
  var earlyStopping: String?

  @Option(help: ArgumentHelp("Begin with this token.", valueName: "id"))
  var begin: Int?

  @Option(help: ArgumentHelp("End at this token; may be repeated.", valueName: "id"))
  var end: [Int] = []

  @Option(help: ArgumentHelp("Fill up what has ended with this token.", valueName: "id"))
  var pad: Int?

  @Flag(help: "Take the most probable token where the model's files ask for samples.")
  var greedy = false

  @Flag(inversion: .prefixedNo, help: "Compute only what is new at each token.")
  var cache = true

  @Option(
    name: .customLong("generation"),
    help: ArgumentHelp(
      "Set one value by transformers' name, as no_repeat_ngram_size=3; may be repeated.",
      valueName: "key=value"))
  var settings: [Setting] = []

  @Option(
    help: ArgumentHelp(
      "Read this, not the generation_config.json beside the weights.", valueName: "file"))
  var generationConfig: String?

  /// The values of a checkpoint with these in front of them.
  func values(of checkpoint: ModelCheckpoint) throws(CrosswalkError) -> GenerationValues {
    var values = try GenerationValues(of: checkpoint, file: generationConfig)
    func set(_ key: String, _ number: Int?) {
      if let number { values.set(key, .integer(Int64(number))) }
    }
    if maxLength != nil { values.set("max_new_tokens", .null) }
    set("max_length", maxLength)
    set("max_new_tokens", maxNewTokens)
    set("min_new_tokens", minNewTokens)
    set("num_beams", beams)
    set("num_return_sequences", sequences)
    set("decoder_start_token_id", begin)
    set("bos_token_id", begin)
    set("pad_token_id", pad)
    if let lengthPenalty { values.set("length_penalty", .number(lengthPenalty)) }
    if let earlyStopping {
      values.set(
        "early_stopping",
        earlyStopping == "true" ? true : earlyStopping == "false" ? false : .string(earlyStopping))
    }
    if !end.isEmpty { values.set("eos_token_id", .array(end.map { .integer(Int64($0)) })) }
    if greedy { values.set("do_sample", false) }
    if !cache { values.set("use_cache", false) }
    for setting in settings { values.set(setting.key, setting.value) }
    return values
  }
}
