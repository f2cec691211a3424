import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Engine

/// `crosswalk generate`: token after token.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate tokens after a prompt, by greedy or beam search.",
    discussion: """
      Tokens are those of transformers' generate. What is not said here is as the \
      generation_config.json beside the weights says, which may come in a native checkpoint too. \
      Inputs are as for `run`; a decoder that stands alone takes prompts padded on the left, with \
      their attention_mask.

      With --output, the sequences are kept as a trace, with what --capture asks for: nodes and \
      attention of a pass over all tokens that were read, for `attention` to show.

      Examples:
        crosswalk generate gpt2 --inputs prompt.json --max-new-tokens 40
        crosswalk generate marian --inputs source.json --beams 4 --length-penalty 0.8
        crosswalk generate t5.h5 --inputs source.json -o trace.h5 --capture '*attention*'
      """)

  @Argument(help: "The checkpoint, a file or a folder.")
  var checkpoint: String

  @Option(help: ArgumentHelp("The file of the inputs.", valueName: "file"))
  var inputs: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The trace to write, .h5 or .safetensors.", valueName: "trace"))
  var output: String?

  @OptionGroup var options: GenerationOptions

  @Option(help: ArgumentHelp("The input that takes the tokens.", valueName: "name"))
  var tokens: String?

  @Option(help: ArgumentHelp("The output that scores the next token.", valueName: "name"))
  var logits: String?

  @Option(help: ArgumentHelp("Show tokens as this file has them.", valueName: "file"))
  var vocabulary: String?

  @OptionGroup var passes: PassOptions
  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard output != nil || passes.capture.description == "outputs" else {
      throw ValidationError("--capture keeps things in a trace: give --output too.")
    }
  }

  func run() throws {
    let observer = common.observer
    var timing = RunTiming()
    var inputs = try InputFile.read(self.inputs)
    var generation = Generation()
    var words: Vocabulary?
    let model = try timing.load { () throws(CrosswalkError) in
      let checkpoint = try ModelCheckpoint(
        opening: checkpoint, options: understanding.options, observer: observer)
      let read = [self.inputs, options.generationConfig, vocabulary].compactMap { $0 }
      if let output { try Destination(output).refuse(reading: checkpoint, and: read) }
      inputs = try checkpoint.inputs(inputs)
      generation.values = try options.values(of: checkpoint)
      words = try Vocabulary.of(checkpoint.checkpoint, given: vocabulary)
      return try checkpoint.model(precision: passes.precision, observer: observer)
    }
    generation.tokens = tokens
    generation.output = logits
    generation.capture = passes.capture.selection
    var result: GenerationResult?
    for _ in 0..<passes.count {
      result = try timing.forward { () throws(CrosswalkError) in
        try generation.generate(model, inputs, observer: observer)
      }
    }
    guard let result else { return }
    if let output {
      try passes.keep(result.trace, of: model, at: output, observer: observer)
    }
    try common.show(
      GenerationReport(
        checkpoint: checkpoint, inputs: self.inputs, output: output, precision: passes.precision,
        result: result, words: words, timing: passes.timing ? timing : nil))
  }
}
