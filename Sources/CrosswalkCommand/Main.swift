import ArgumentParser

/// Where the process begins: prepare, parse, run, and end with a status.
@main
enum Main {
  static func main() {
    Interrupts.prepare()
    do {
      var command = try RootCommand.parseAsRoot()
      try command.run()
    } catch {
      ExitStatus.end(with: error)
    }
  }
}
