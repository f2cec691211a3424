import Foundation
import Testing

/// Conversions to shards that are ended in the middle, and go on.
@Suite(.serialized) struct ResumeTests {
  /// Tensors of 4 MB in a file that takes no room, each with one number that is not zero.
  private static func bench() throws -> Bench {
    let bench = try Bench()
    let (tensors, size) = (32, 4 << 20)
    var header = #"{"__metadata__":{"format":"pt"}"#
    for tensor in 0..<tensors {
      header += #","t\#(tensor)":{"dtype":"F32","shape":[\#(size / 4)],"#
      header += #""data_offsets":[\#(tensor * size),\#((tensor + 1) * size)]}"#
    }
    header += "}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let bytes =
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
    try bytes.write(to: URL(filePath: bench.path("source.safetensors")))
    let handle = try FileHandle(forUpdating: URL(filePath: bench.path("source.safetensors")))
    for tensor in 0..<tensors {
      try handle.seek(toOffset: UInt64(bytes.count + tensor * size + 4000))
      try handle.write(contentsOf: Data([1, 2, 3, 60 + UInt8(tensor)]))
    }
    try handle.truncate(atOffset: UInt64(bytes.count + tensors * size))
    try handle.close()
    return bench
  }

  private static func arguments(_ file: String, _ more: String...) -> [String] {
    ["convert", "source.safetensors", file, "--to", "same", "--shard-size", "9MB"] + more
  }

  /// The names in the folder `out`.
  private static func names(_ bench: Bench, ending: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bench.path("out"))
      .filter { $0.hasSuffix(ending) }
  }

  /// Starts a conversion, and ends it once so many shards wait.
  private static func interrupt(
    _ bench: Bench, _ arguments: [String], after count: Int, by signal: Int32
  ) throws -> Process {
    let process = try bench.start(arguments)
    while process.isRunning, try names(bench, ending: ".whole").count < count { usleep(500) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process
  }

  @Test(arguments: ["safetensors", "bin", "h5"])
  func `an interrupted conversion goes on, and ends as if it had not been`(ending: String) throws {
    let bench = try Self.bench()
    try #require(bench.shell("mkdir out reference").status == 0)
    let arguments = Self.arguments("out/model.\(ending)", "--resume")
    let interrupted = try Self.interrupt(bench, arguments, after: 2, by: SIGINT)
    #expect(interrupted.terminationStatus == 128 + SIGINT)
    #expect(try Self.names(bench, ending: ".whole").count >= 2)
    #expect(try Self.names(bench, ending: ".partial") == [])
    #expect(try Self.names(bench, ending: ".journal") == ["model.\(ending).journal"])
    #expect(try Self.names(bench, ending: ".json") == [])
    // What a kill leaves is taken away by who goes on.
    _ = try Self.interrupt(bench, arguments, after: 4, by: SIGKILL)
    let kept = try Self.names(bench, ending: ".whole").count
    #expect(kept >= 4)
    // A shard that was cut and one that was changed are written again.
    let first = "out/model-00001-of-00016.\(ending).whole"
    let second = "out/model-00002-of-00016.\(ending).whole"
    try #require(
      bench.shell(
        "truncate -s -1 \(first); echo x | dd of=\(second) bs=1 seek=99999 conv=notrunc"
      ).status == 0)
    let resumed = try bench.run(arguments)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.contains("\(kept - 2) of the files kept"), "\(resumed.output)")
    #expect(try bench.run(Self.arguments("reference/model.\(ending)")).status == 0)
    #expect(try bench.shell("diff -r out reference").transcript.hasSuffix("status 0\n"))
    #expect(try Self.names(bench).count == 17)
  }

  @Test func `what waits is of one plan, and is no checkpoint`() throws {
    let bench = try Self.bench()
    try #require(bench.shell("mkdir out").status == 0)
    let arguments = Self.arguments("out/model.safetensors", "--resume")
    let process = try Self.interrupt(bench, arguments, after: 1, by: SIGTERM)
    #expect(process.terminationStatus == 128 + SIGTERM)
    func refusal(_ line: String, _ words: String...) throws {
      let finished = try bench.shell("crosswalk \(line)")
      #expect(finished.status == 2)
      #expect(finished.errors.filter { $0 == "\n" }.count == 1)
      for word in words { #expect(finished.errors.contains(word), "\(finished.errors)") }
    }
    let line = arguments.joined(separator: " ")
    let plain = line.replacingOccurrences(of: " --resume", with: "")
    let larger = line.replacingOccurrences(of: "9MB", with: "18MB")
    try refusal("inspect out", "interrupted", "--resume")
    try refusal(plain, "model.safetensors.journal", "--resume", "--force")
    try refusal(line + " --dtype f16", "expected dtype f16, found dtype as it is", "--force")
    try refusal(larger, "expected shard size 18000000, found shard size 9000000")
    try #require(bench.shell("touch -d @978307200 source.safetensors").status == 0)
    try refusal(line, "source.safetensors of 13422", "modified at 978307200")
    #expect(try bench.shell("crosswalk \(plain) --force").status == 0)
    #expect(try Self.names(bench).count == 17)
    #expect(try Self.names(bench).allSatisfy { $0.contains("-of-") || $0.hasSuffix("index.json") })
  }

  @Test func `without shards there is nothing to go on with`() throws {
    let bench = try Bench()
    let finished = try bench.run("convert", "Fixtures/models/bert-bare", "a.h5", "--resume")
    #expect(finished.status == 64)
    #expect(finished.errors.contains("--shard-size"))
  }

  @Test func `what keeps no shard leaves nothing`() throws {
    let bench = try Bench()
    let arguments = ["Fixtures/models/gpt2-lm", "a.safetensors", "--shard-size", "5KB", "--resume"]
    let failed = try bench.shell(
      "trap '' XFSZ; ulimit -f 4; crosswalk convert \(arguments.joined(separator: " "))")
    #expect(failed.status == 2)
    #expect(try !bench.names.contains { $0.hasSuffix(".partial") })
    let resumed = try bench.run(["convert"] + arguments)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try !bench.names.contains { $0.hasSuffix(".whole") || $0.hasSuffix(".journal") })
  }
}
