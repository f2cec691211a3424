import ArgumentParser

@main
struct CrosswalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "crosswalk")
}
