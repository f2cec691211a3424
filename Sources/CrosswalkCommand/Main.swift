import ArgumentParser
import Containers

/// Where the process begins: prepare, parse, run, and end with a status.
@main
enum Main {
  static func main() {
    StandardStreams.prepare()
    // This process may be one that libhdf5 reads a file in; else it has files read in such.
    HDF5Survey.runChildIfAsked(CommandLine.arguments)
    HDF5.containment = .ownExecutable()
    Interrupts.prepare()
    do {
      var command = try RootCommand.parseAsRoot()
      try command.run()
    } catch {
      ExitStatus.end(with: error)
    }
  }
}
