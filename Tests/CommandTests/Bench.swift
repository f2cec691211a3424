import Foundation
import TestSupport

/// What a run of the built command left behind.
struct Finished {
  let arguments: [String]
  let output: String
  let errors: String
  /// The exit status, or the negated signal that ended it.
  let status: Int32

  /// Everything as one text, as a terminal session shows it.
  var transcript: String {
    let command = (["$ crosswalk"] + arguments).joined(separator: " ")
    return "\(command)\n\(output)--- standard error\n\(errors)--- status \(status)\n"
  }
}

/// A fresh folder to run the built command in; `Fixtures` in it leads to the repository's.
final class Bench {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "crosswalk-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: path("Fixtures"), withDestinationPath: Shelf.root + "/Fixtures")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// The names in the folder that were put there since.
  var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0 != "Fixtures" }.sorted()
    }
  }

  /// Puts a file into the folder.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
  }

  /// Runs the command in the folder to its end.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Finished {
    try run(arguments, environment: environment)
  }

  /// Runs the command in the folder to its end.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Finished {
    try finish(Self.executable, arguments, environment)
  }

  /// Makes a file of 4 GB that takes no room on the disk: zeros that were never written.
  func write(hugeSafetensors name: String) throws {
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

  /// Runs a line of bash in the folder, in which `crosswalk` is the command.
  func shell(_ line: String, environment: [String: String] = [:]) throws -> Finished {
    let definition = "crosswalk() { '\(Self.executable.path)' \"$@\"; }"
    return try finish(URL(filePath: "/bin/bash"), ["-c", "\(definition); \(line)"], environment)
  }

  /// Starts the command and does not wait; what it says goes nowhere, or to a terminal.
  func start(
    _ arguments: [String], environment: [String: String] = [:], output: PseudoTerminal? = nil,
    errors: PseudoTerminal? = nil
  ) throws -> Process {
    let process = process(
      Self.executable, arguments, ["TERM": "xterm"].merging(environment) { $1 })
    process.standardOutput = output?.far ?? FileHandle.nullDevice
    process.standardError = errors?.far ?? FileHandle.nullDevice
    try process.run()
    return process
  }

  private func finish(_ executable: URL, _ arguments: [String], _ environment: [String: String])
    throws -> Finished
  {
    // Files and not pipes, which would have to be emptied meanwhile.
    let files = (output: try Capture(beside: folder), errors: try Capture(beside: folder))
    let process = process(executable, arguments, environment)
    process.standardOutput = files.output.handle
    process.standardError = files.errors.handle
    try process.run()
    process.waitUntilExit()
    return Finished(
      arguments: arguments, output: try files.output.text(), errors: try files.errors.text(),
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus)
  }

  private func process(_ executable: URL, _ arguments: [String], _ environment: [String: String])
    -> Process
  {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["PATH": "/usr/bin:/bin", "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1"]
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
  }

  /// The command, which is built into the folder that these tests are built into.
  static let executable: URL = {
    let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let folder = (tests ?? URL(filePath: CommandLine.arguments[0])).deletingLastPathComponent()
    return folder.appending(path: "crosswalk")
  }()
}

/// A file that takes what a process writes.
private struct Capture {
  let location: URL
  let handle: FileHandle

  init(beside folder: URL) throws {
    location = folder.appendingPathExtension(UUID().uuidString)
    try Data().write(to: location)
    handle = try FileHandle(forWritingTo: location)
  }

  func text() throws -> String {
    defer { try? FileManager.default.removeItem(at: location) }
    return String(decoding: try Data(contentsOf: location), as: UTF8.self)
  }
}
