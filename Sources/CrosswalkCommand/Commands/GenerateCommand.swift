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

  @Option(
    help: ArgumentHelp(
      "What to keep: outputs, all, or nodes whose name fits.", valueName: "outputs|all|glob"))
  var capture = Capture(argument: "outputs")

  @OptionGroup var options: GenerationOptions

  @Option(help: ArgumentHelp("The input that takes the tokens.", valueName: "name"))
  var tokens: String?

  @Option(help: ArgumentHelp("The output that scores the next token.", valueName: "name"))
  var logits: String?

  @Option(help: ArgumentHelp("Show tokens as this file has them.", valueName: "file"))
  var vocabulary: String?

  @Option(help: "Compute in this precision.")
  var precision = Precision.float32

  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("Generate so many times.", valueName: "n"))
  var count = 1

  @Flag(help: "Tell how long loading and each generation took.")
  var timing = false

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard count > 0 else { throw ValidationError("--repeat is a count from 1 up, not \(count).") }
    guard output != nil || capture.description == "outputs" else {
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
      return try checkpoint.model(precision: precision, observer: observer)
    }
    generation.tokens = tokens
    generation.output = logits
    generation.capture = capture.selection
    var result: GenerationResult?
    for _ in 0..<count {
      result = try timing.forward { () throws(CrosswalkError) in
        try generation.generate(model, inputs, observer: observer)
      }
    }
    guard let result else { return }
    if let output {
      var trace = result.trace
      try capture.check(trace)
      trace.metadata["architecture"] = .string(model.architecture.source.text(indented: false))
      try trace.write(to: output, replacing: true, observer: observer)
    }
    try common.show(
      GenerationReport(
        checkpoint: checkpoint, inputs: self.inputs, output: output, precision: precision,
        result: result, words: words, timing: self.timing ? timing : nil))
  }
}
