import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Containers

/// Files that were cut or changed: each is read or refused, and none ends the process.
@Suite struct MalformedTests {
  static let files = [
    "safetensors/metadata.safetensors", "pytorch/parameter.pt", "pytorch/legacy.pt",
    "numpy/version-1.npy", "numpy/compressed.npz", "gguf/metadata.gguf", "words/gensim.bin",
  ]

  /// Opens and reads everything, within bounds; a refusal names its file.
  static func read(_ path: String) throws {
    do throws(CrosswalkError) {
      let checkpoint = try Checkpoint(opening: path)
      for (_, tensor) in checkpoint.contents.tensors where tensor.byteCount < 1 << 20 {
        _ = try tensor.bytes()
      }
    } catch {
      #expect(error.place.file != nil, "\(error)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test(arguments: files) func `a file cut at any byte is refused`(name: String) throws {
    let bytes = try FileReader(Shelf.fixture("containers/" + name)).head(.max)
    try Scratch.withFolder { folder in
      for count in bytes.indices {
        let file = try Scratch.file(Array(bytes[..<count]), in: folder)
        #expect(throws: CrosswalkError.self) { try Checkpoint(opening: file.path) }
      }
    }
  }

  @Test(arguments: files) func `a file with one byte changed does no harm`(name: String) throws {
    let bytes = try FileReader(Shelf.fixture("containers/" + name)).head(.max)
    try Scratch.withFolder { folder in
      let path = try Scratch.file(bytes, in: folder).path
      let handle = try #require(FileHandle(forWritingAtPath: path))
      for index in bytes.indices {
        for change: UInt8 in [0x01, 0xFF, bytes[index]] {
          try handle.seek(toOffset: UInt64(index))
          try handle.write(contentsOf: Data([bytes[index] ^ change]))
          try Self.read(path)
        }
        try handle.seek(toOffset: UInt64(index))
        try handle.write(contentsOf: Data([bytes[index]]))
      }
    }
  }

  /// The pickle of a fixture, which a file's checksum would hide from changes.
  static func pickle(_ name: String) throws -> [UInt8] {
    try TorchArchive(try FileReader(Shelf.fixture("containers/pytorch/\(name).pt"))).pickle()
  }

  static func readPickle(_ bytes: [UInt8]) throws {
    do {
      let (tensors, _) = try PickleTests.read(bytes)
      for (_, tensor) in tensors where tensor.byteCount < 1 << 20 { _ = try tensor.bytes() }
    } catch is CrosswalkError {}
  }

  @Test func `a pickle with one byte changed does no harm`() throws {
    let bytes = try Self.pickle("parameter")
    for index in bytes.indices {
      for value in stride(from: UInt8(index % 3), through: 255, by: 3) {
        var changed = bytes
        changed[index] = value
        try Self.readPickle(changed)
      }
    }
  }

  @Test(arguments: [
    "checkpoint", "views", "newer-dtypes", "protocol-4", "namespace", "honest", "whole-module",
  ])
  func `pickles changed at random do no harm`(name: String) throws {
    let bytes = try Self.pickle(name)
    var random = Mutations(seed: name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    for _ in 0..<600 { try Self.readPickle(random.mutated(bytes)) }
  }

  @Test(arguments: [
    "safetensors/dtypes.safetensors", "pytorch/module.pt", "pytorch/first-zip.pt",
    "gguf/metadata.gguf", "gguf/quantised.gguf", "words/packed.vec",
  ])
  func `files changed at random do no harm`(name: String) throws {
    let bytes = try FileReader(Shelf.fixture("containers/" + name)).head(.max)
    var random = Mutations(seed: UInt64(bytes.count))
    try Scratch.withFolder { folder in
      for _ in 0..<400 {
        try Self.read(try Scratch.file(random.mutated(bytes), in: folder).path)
      }
    }
  }
}

/// Changes bytes in the ways that break readers; the same for the same seed.
struct Mutations: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// The bytes after one to four changes.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &self)
      let end = min(bytes.count, start + Int.random(in: 1...12, using: &self))
      switch Int.random(in: 0..<6, using: &self) {
      case 0: bytes[start] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes.removeSubrange(start..<end)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
      case 3:
        let from = Int.random(in: 0..<bytes.count, using: &self)
        let piece = Array(bytes[from..<min(bytes.count, from + end - start)])
        bytes.replaceSubrange(start..<min(bytes.count, start + piece.count), with: piece)
      case 4:
        // The numbers at the edges of what lengths and offsets can be.
        let edges: [UInt8] = [0, 0xFF, 0x7F, 0x80]
        for index in start..<min(end, start + 8) {
          bytes[index] = edges.randomElement(using: &self) ?? 0
        }
      default: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      }
    }
    return bytes
  }
}
