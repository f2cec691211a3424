import ArgumentParser
import Crosswalk
import Documents

/// How a checkpoint is understood, for every command that needs to.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Read this config, not the one beside the weights.", valueName: "file"))
  var config: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set one config value, as n_head=12; may be repeated.", valueName: "key=value")
  )
  var settings: [Setting] = []

  @Option(
    help: ArgumentHelp("Use this family: a built-in one, or a file.", valueName: "name or file"))
  var family: String?

  @Flag(help: "Let tensors pass that no rule takes.")
  var allowUnmapped = false

  @Flag(help: "Let parameters pass that nothing fills.")
  var allowMissing = false

  @OptionGroup var reading: ReadingOptions

  /// What the pass is asked for.
  var options: ModelCheckpoint.Options {
    var options = ModelCheckpoint.Options()
    options.config = config
    options.family = family
    options.allowsUnmapped = allowUnmapped
    options.allowsMissing = allowMissing
    options.reading = reading.options
    for setting in settings { options.overrides[setting.key] = setting.value }
    return options
  }
}
