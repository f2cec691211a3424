import ArgumentParser
import Diagnostics

/// The executable itself: what there is to do.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crosswalk",
    abstract: "Carry Transformer weights between frameworks, and prove that they arrived.",
    discussion: """
      A CHECKPOINT is a file (HDF5, safetensors, PyTorch), or a folder as save_pretrained writes it. \
      Results go to standard output, all else to standard error.

      Exit status: 0 done, or compared and equal; 1 compared and different; 2 trouble, with one \
      line on standard error; 64 wrong usage.
      """,
    version: Product.version,
    subcommands: [
      InspectCommand.self, ArchitectureCommand.self, FamiliesCommand.self, ConvertCommand.self,
      RunCommand.self, GenerateCommand.self, VerifyCommand.self, DiffCommand.self,
      AttentionCommand.self, PositionsCommand.self,
    ])
}
