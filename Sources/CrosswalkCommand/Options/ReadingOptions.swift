import ArgumentParser
import Crosswalk

/// What reading a checkpoint may do, for every command that opens one.
struct ReadingOptions: ParsableArguments {
  @Flag(help: "Follow what leads from an HDF5 file to others: links, storage, virtual datasets.")
  var allowExternal = false

  /// The same, as the library takes it.
  var options: ReadOptions { ReadOptions(allowsExternal: allowExternal) }
}
