import ArgumentParser
import Crosswalk
import Diagnostics
import Documents
import Reports
import Tensors

/// `crosswalk convert`: a checkpoint in another container, or under other names.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint in another container or dialect.",
    discussion: """
      The destination's name says the container: .h5, .safetensors, .pt; or it is a folder. Nothing \
      is lost: a tensor that no rule takes and a parameter that none fills are errors. The \
      destination appears whole or not at all.

      Examples:
        crosswalk convert bert-folder bert.h5 --verify fixture.h5
        crosswalk convert bert.h5 back.safetensors --to source
        crosswalk convert any.h5 any.safetensors --to same
      """)

  /// What floating-point tensors may become.
  enum FloatingDType: String, ExpressibleByArgument, CaseIterable {
    case f32, f16, bf16
    case quantised = "q8_0"

    /// The dtype; nil for what is none but a way to store one.
    var dtype: DType? {
      switch self {
      case .quantised: nil
      case .f32: .f32
      case .f16: .f16
      case .bf16: .bf16
      }
    }
  }

  @Argument(help: "The checkpoint, a file or a folder.")
  var source: String

  @Argument(help: "The file or folder to write.")
  var destination: String

  @Option(
    help: ArgumentHelp(
      "Whose names to write: native, source, same, or a dialect.",
      discussion: "Without it: native for HDF5, else the names that the weights came with.",
      valueName: "dialect"))
  var to: String?

  @Option(
    help: ArgumentHelp(
      "Make floating-point tensors this dtype; q8_0 is for .gguf.",
      discussion: "Q8_0 holds matrices; other tensors become F32, or F16 where rows do not fit."))
  var dtype: FloatingDType?

  @Option(
    help: ArgumentHelp("Compress HDF5 or .npz with gzip, from 0 (not) to 9.", valueName: "level"))
  var compress: Int?

  @Option(help: ArgumentHelp("Split into shards of at most this, as 5GB.", valueName: "size"))
  var shardSize: ByteSize?

  @Flag(
    help: ArgumentHelp(
      "Keep shards that are whole when interrupted, and go on from them.",
      discussion: """
        Give it from the first run on: without it nothing is left after an error or an interrupt. \
        What waits is no checkpoint: shards end in .whole, beside a .journal that says what for.
        """))
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Verify the destination afterwards; it is kept, and the status is 1 if it differs.",
      valueName: "fixture"))
  var verify: String?

  @Flag(help: "Replace an existing destination.")
  var force = false

  @OptionGroup var understanding: CheckpointOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let compress, !(0...9).contains(compress) {
      throw ValidationError("--compress is a level from 0 to 9, not \(compress).")
    }
    if resume, shardSize == nil {
      throw ValidationError("--resume goes on with shards: give --shard-size too.")
    }
  }

  func run() throws {
    let observer = common.observer
    // Read first: nothing is converted for a fixture that is none.
    let fixture = try verify.map { (path) throws(CrosswalkError) in try Fixture(reading: path) }
    let result = try conversion.convert(source, to: destination, observer: observer)
    let verification = try fixture.map { (fixture) throws(CrosswalkError) in
      try Verification.verify(
        ModelCheckpoint(opening: destination, options: optionsOfDestination(result)),
        against: fixture, observer: observer)
    }
    try common.show(
      ConversionReport(
        source: source, destination: destination, result: result, verification: verification))
    if let verification, !verification.verdict.passes { throw ExitStatus.differs.asError }
  }

  /// How the destination is understood: a single file has no config beside it, so it is told what
  /// the source knew.
  private func optionsOfDestination(_ result: Conversion.Result) throws(CrosswalkError)
    -> ModelCheckpoint.Options
  {
    var options = understanding.options
    guard result.target != .native else {
      (options.config, options.overrides) = (nil, JSONObject())
      return options
    }
    let known = try ModelCheckpoint(opening: source, options: options).provenance.config
    for (key, value) in known?.objectValue?.members ?? [] where options.overrides[key] == nil {
      options.overrides[key] = value
    }
    return options
  }

  private var conversion: Conversion {
    var conversion = Conversion()
    conversion.target = to.map(Conversion.Target.init)
    conversion.dtype = dtype?.dtype
    conversion.quantises = dtype == .quantised
    conversion.compression = compress == 0 ? nil : compress
    conversion.shardSize = shardSize?.count
    conversion.resuming = resume
    conversion.replacing = force
    conversion.source = understanding.options
    return conversion
  }
}
