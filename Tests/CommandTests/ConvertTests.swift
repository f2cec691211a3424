import Documents
import Foundation
import Testing

@Suite struct ConvertTests {
  @Test func `a conversion says what it wrote and where every tensor went`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/gpt2-old-style"
    try expectSnapshot(
      try bench.run("convert", source, "a.safetensors", "--to", "native"), "convert")
    #expect(try bench.names == ["a.safetensors"])
    let json = try bench.run(
      "convert", source, "b.safetensors", "--to", "native", "--format", "json")
    let report = try Document(parsing: json.output).root
    #expect(report["format"] == "crosswalk.conversion")
    #expect(report["dialect"] == "native")
    let fates = try #require(report["account"]?["tensors"]?.arrayValue)
    #expect(fates.allSatisfy { $0["fate"]?.stringValue != "unused" })
  }

  @Test func `there and back is the same to the bit`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/bert-bare"
    #expect(try bench.run("convert", source, "a.safetensors", "--to", "native").status == 0)
    #expect(
      try bench.run("convert", "a.safetensors", "b.safetensors", "--to", "source").status == 0)
    let compared = try bench.shell("cmp b.safetensors \(source)/model.safetensors")
    #expect(compared.transcript.hasSuffix("status 0\n"))
  }

  @Test func `an existing destination is kept without force`() throws {
    let bench = try Bench()
    try bench.write("precious", to: "a.safetensors")
    let source = "Fixtures/models/bert-bare"
    try expectSnapshot(try bench.run("convert", source, "a.safetensors"), "convert-exists")
    #expect(try bench.shell("cat a.safetensors").output == "precious")
    #expect(try bench.run("convert", source, "a.safetensors", "--force").status == 0)
    #expect(try bench.shell("cat a.safetensors").output != "precious")
  }

  @Test func `a failed conversion leaves nothing`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/bert-bare"
    for arguments in [["a.safetensors", "--to", "keras"], ["no/folder/a.safetensors"], ["a.what"]] {
      let finished = try bench.run(["convert", source] + arguments)
      #expect(finished.status == 2)
      #expect(finished.errors.filter { $0 == "\n" }.count == 1)
      #expect(try bench.names == [])
    }
  }

  @Test(arguments: 1...12) func `a file that cannot grow is trouble, and nothing is left`(
    blocks: Int
  ) throws {
    let bench = try Bench()
    let finished = try bench.shell(
      "trap '' XFSZ; ulimit -f \(blocks * 4); crosswalk convert Fixtures/models/bert-bare a.h5")
    #expect(finished.status == 2, "\(finished.errors.prefix(200))")
    #expect(finished.errors.filter { $0 == "\n" }.count == 1)
    #expect(try bench.names == [])
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `an interrupted conversion leaves nothing`(signal: Int32) throws {
    let bench = try Bench()
    try bench.write(hugeSafetensors: "huge.safetensors")
    let process = try bench.start(["convert", "huge.safetensors", "copy.safetensors"])
    while process.isRunning, try bench.names.count < 2 { usleep(1000) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 128 + signal)
    #expect(try bench.names == ["huge.safetensors"])
  }

  @Test func `a verified conversion tells equal from different`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/gpt2-lm"
    let fixture = "\(source)/fixture.h5"
    for arguments in [["a.h5"], ["b.safetensors"], ["c.pt", "--to", "pytorch"]] {
      let finished = try bench.run(["convert", source] + arguments + ["--verify", fixture])
      #expect(finished.status == 0, "\(finished.errors)")
      #expect(finished.output.contains("close: "))
    }
    let rounded = try bench.run(
      "convert", source, "d.h5", "--dtype", "bf16", "--verify", fixture, "--format", "json")
    #expect(rounded.status == 1)
    let report = try Document(parsing: rounded.output).root
    #expect(report["verification"]?["verdict"] == "differs")
    #expect(try bench.names.contains("d.h5"))
  }

  @Test func `what cannot be compressed is not promised to be`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/gpt2-lm"
    let finished = try bench.run("convert", source, "a.safetensors", "--compress", "5")
    #expect(finished.status == 2)
    #expect(finished.errors.contains("does not compress"))
    #expect(try bench.run("convert", source, "a.safetensors", "--compress", "0").status == 0)
  }

  @Test func `nothing is converted for a fixture that is none`() throws {
    let bench = try Bench()
    let source = "Fixtures/models/gpt2-lm"
    let finished = try bench.run(
      "convert", source, "a.h5", "--verify", "\(source)/model.safetensors")
    #expect(finished.status == 2)
    #expect(try bench.names == [])
  }
}
