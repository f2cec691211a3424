import Diagnostics
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct HDF5ContainmentTests {
  /// The command, which is built beside the tests.
  static let crosswalk: String = {
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return folder.appending(path: "crosswalk").path
  }()

  static func open(
    _ file: FileReader, limits: HDF5.Containment.Limits = .init()
  ) throws(CrosswalkError) -> Contents {
    do {
      let helper = HDF5Helper(executable: crosswalk, limits: limits)
      return try HDF5Contents.contents(helper.survey(file.path, window: file.window), of: file)
    } catch {
      throw error.inFile(file.path)
    }
  }

  @Test(arguments: HDF5Tests.files)
  func `another process tells the same of a file`(file: Expectation) throws {
    let helper = HDF5Helper(executable: Self.crosswalk, limits: .init())
    let there = Result { () throws(CrosswalkError) in try helper.survey(file.path) }
    let here = Result { () throws(CrosswalkError) in try HDF5Walk.survey(file.path) }
    #expect(there == here)
    try file.check { () throws(CrosswalkError) in try Self.open(try FileReader(file.path)) }
  }

  /// How many cuts and changes are tried of each file; a larger run is made by hand.
  static let attempts =
    ProcessInfo.processInfo.environment["CROSSWALK_DAMAGE"].flatMap { Int($0) } ?? 20

  @Test(arguments: ["groups.h5", "latest.h5", "layouts.h5"])
  func `a damaged file is read or refused, whatever its damage`(name: String) throws {
    let bytes = try FileReader(Shelf.fixture("containers/hdf5/\(name)")).head(.max)
    let step = max(1, bytes.count / Self.attempts)
    try Scratch.withFolder { folder in
      for position in stride(from: 0, to: bytes.count, by: step) {
        try Self.readOrRefuse(Array(bytes[..<position]), in: folder)
        var changed = bytes
        changed[position] ^= [0xff, 0x01, 0x80][position % 3]
        try Self.readOrRefuse(changed, in: folder)
      }
    }
  }

  @Test(arguments: ["bfloat16.h5", "groups.h5"])
  func `a file cut at any byte is refused`(name: String) throws {
    let bytes = try FileReader(Shelf.fixture("containers/hdf5/\(name)")).head(.max)
    try Scratch.withFolder { folder in
      for count in bytes.indices {
        let file = try Scratch.file(Array(bytes[..<count]), in: folder)
        // libhdf5 sees by the length that something is missing, before it follows anything.
        #expect(throws: CrosswalkError.self) { try HDF5Walk.survey(file.path) }
      }
    }
  }

  private static func readOrRefuse(_ bytes: [UInt8], in folder: String) throws {
    let file = try Scratch.file(bytes, in: folder)
    do throws(CrosswalkError) {
      let limits = HDF5.Containment.Limits(byteCount: 2 << 30, processorSeconds: 2, seconds: 10)
      try readAll(open(file, limits: limits))
    } catch {
      #expect(error.place.file != nil)
    }
  }

  private static func readAll(_ contents: Contents) throws(CrosswalkError) {
    for (_, tensor) in contents.tensors where tensor.byteCount < 1 << 20 { _ = try tensor.bytes() }
  }

  @Test(arguments: ["groups.h5", "latest.h5", "layouts.h5"])
  func `an answer that lies is refused, or harms nothing`(name: String) throws {
    let path = Shelf.fixture("containers/hdf5/\(name)")
    let file = try FileReader(path)
    var writer = WireWriter()
    writer.put(try HDF5Walk.survey(path))
    for position in stride(from: 0, to: writer.bytes.count, by: 3) {
      var answer = writer.bytes
      answer[position] ^= [0xff, 0x01, 0x80, 0x7f][position / 8 % 4]
      do throws(CrosswalkError) {
        var reader = WireReader(answer)
        try Self.readAll(HDF5Contents.contents(try reader.take(), of: file))
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test func `a process without an answer is an error`() throws {
    let file = try FileReader(Shelf.fixture("containers/hdf5/groups.h5"))
    for (executable, cause) in [
      ("/bin/true", "status 0"), ("/bin/false", "status 1"), ("/bin/pwd", "status"),
    ] {
      let error = #expect(throws: CrosswalkError.self) {
        try HDF5Helper(executable: executable, limits: .init()).survey(file.path)
      }
      #expect(error?.kind == .malformed)
      #expect(error?.cause?.contains(cause) == true)
      #expect(error?.remedy != nil)
    }
    let error = #expect(throws: CrosswalkError.self) {
      try HDF5Helper(executable: "/nowhere", limits: .init()).survey(file.path)
    }
    #expect(error?.kind == .cannotOpen)
  }

  @Test func `a process that hangs, crashes or talks without end is ended`() throws {
    for (script, words) in [
      ("exec /bin/sleep 30", "no answer within 1 s"), ("kill -SEGV $$", "crashed"),
      ("while :; do echo and on; done", "without end"),
    ] {
      let child = try ChildProcess("/bin/sh", ["-c", script])
      let output = child.output(atMost: 1 << 16, within: 1)
      #expect((output.words + child.end(isPatient: words == "crashed")).contains(words))
    }
  }
}
