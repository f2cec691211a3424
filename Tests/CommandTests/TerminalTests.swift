import Foundation
import Testing

@Suite struct TerminalTests {
  @Test(arguments: [
    ([:], true), (["NO_COLOR": "1"], false), (["NO_COLOR": ""], true), (["TERM": "dumb"], false),
  ])
  func `colour is for terminals, and NO_COLOR is honoured`(
    environment: [String: String], isColored: Bool
  ) throws {
    let bench = try Bench()
    let terminal = try PseudoTerminal()
    let process = try bench.start(["families"], environment: environment, output: terminal)
    #expect(terminal.read(until: process).contains("\u{1B}[1malbert") == isColored)
    #expect(!(try bench.run("families").output.contains("\u{1B}")))
  }

  @Test func `long work draws a bar on a terminal, and takes it away`() throws {
    let bench = try Bench()
    try bench.write(hugeSafetensors: "huge.safetensors")
    let terminal = try PseudoTerminal(columns: 60)
    let arguments = ["inspect", "--stats", "huge.safetensors"]
    let process = try bench.start(arguments, errors: terminal)
    let first = terminal.read()
    #expect(first.hasPrefix("\rInspecting  ["))
    #expect(first.utf8.count < 70)
    process.terminate()
    process.waitUntilExit()
    #expect(terminal.read().hasSuffix("\r\u{1B}[K"))
    #expect(process.terminationStatus == 143)
  }
}
