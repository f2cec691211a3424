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
}

extension Bench {
  /// Makes a file of 4 GB that takes no room on the disk: zeros that were never written.
  fileprivate func write(hugeSafetensors name: String) throws {
    let count = 1 << 30
    let text = "{\"x\":{\"dtype\":\"F32\",\"shape\":[\(count)],\"data_offsets\":[0,\(4 * count)]}}"
    let header = text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    bytes += Data(header.utf8)
    try bytes.write(to: URL(filePath: path(name)))
    let handle = try FileHandle(forWritingTo: URL(filePath: path(name)))
    try handle.truncate(atOffset: UInt64(bytes.count + 4 * count))
    try handle.close()
  }
}
