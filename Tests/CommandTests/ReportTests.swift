import Documents
import Testing

@Suite struct ReportTests {
  private let model = "Fixtures/models/bert-bare"
  private let fixture = "Fixtures/models/bert-bare/fixture.h5"

  @Test func `what was written is said in one line, or for programs`() throws {
    let bench = try Bench()
    try expectSnapshot(
      try bench.run("attention", model, "--inputs", fixture, "-o", "a.html"), "attention")
    try expectSnapshot(try bench.run("positions", model, "-o", "p.html"), "positions")
    let json = try bench.run(
      "attention", fixture, "-o", "a.json", "--name", "*0*", "--format", "json")
    let report = try Document(parsing: json.output).root
    #expect(report["format"] == "crosswalk.report")
    #expect(report["tables"]?.arrayValue?.count == 2)
    #expect(try bench.names == ["a.html", "a.json", "p.html"])
  }

  @Test(arguments: [
    ("json", "{"), ("csv", "table,"), ("h5", "\u{FFFD}HDF"), ("html", "<!DOCTYPE html>"),
    ("png", "\u{FFFD}PNG"), ("HTML", "<!DOCTYPE html>"),
  ])
  func `the ending says the form`(ending: String, head: String) throws {
    let bench = try Bench()
    for arguments in [["attention", fixture], ["positions", model]] {
      #expect(try bench.run(arguments + ["-o", "report.\(ending)"]).status == 0)
      #expect(try bench.shell("head -c 20 report.\(ending)").output.hasPrefix(head))
    }
  }

  @Test func `an existing report is replaced, what is read never`() throws {
    let bench = try Bench()
    try bench.write("old", to: "a.csv")
    #expect(try bench.run("attention", fixture, "-o", "a.csv").status == 0)
    #expect(try bench.shell("head -c 3 a.csv").output == "tab")
    #expect(try bench.shell("cp -rL \(model) mine").status == 0)
    for output in ["mine/config.json", "mine/fixture.h5"] {
      let finished = try bench.run(
        "attention", "mine", "--inputs", "mine/fixture.h5", "-o", output)
      #expect(finished.status == 2)
      #expect(finished.errors.contains("a file that is read here"))
    }
    #expect(try bench.shell("diff -r mine \(model)").status == 0)
  }

  @Test(arguments: [
    "Fixtures/models/bert-bare", "Fixtures/models/bert-bare/model.safetensors",
  ])
  func `a checkpoint without inputs is asked for them`(source: String) throws {
    let finished = try Bench().run("attention", source, "-o", "a.html")
    #expect(finished.status == 2)
    #expect(finished.errors.contains("give --inputs FILE to run a checkpoint"))
  }

  @Test func `a model without positions is trouble`() throws {
    let bench = try Bench()
    try expectSnapshot(
      try bench.run("positions", "Fixtures/models/transformer-encoder", "-o", "p.csv"),
      "positions-none")
    #expect(try bench.names == [])
  }
}
