import Testing

@Suite struct HelpTests {
  @Test func `without arguments the command says what there is to do`() throws {
    let bench = try Bench()
    let plain = try bench.run()
    try expectSnapshot(plain, "help")
    #expect(try bench.run("--help").output == plain.output)
    #expect(try bench.run("help").output == plain.output)
  }

  @Test(arguments: [
    "inspect", "architecture", "families", "convert", "run", "generate", "verify", "diff",
    "attention",
    "positions",
  ])
  func `each command explains itself`(command: String) throws {
    let help = try Bench().run("help", command)
    try expectSnapshot(help, "help-\(command)")
    #expect(help.output.contains("Examples:\n  crosswalk \(command)"))
  }

  @Test func `the version is one line`() throws {
    try expectSnapshot(try Bench().run("--version"), "version")
  }
}
