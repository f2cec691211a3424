import Diagnostics
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct CheckpointTests {
  static let folders = Expectation.all(of: "safetensors").filter { !$0.name.contains(".") }

  @Test(arguments: folders) func `sharded folders are read or refused`(folder: Expectation) throws {
    try folder.check { () throws(CrosswalkError) in
      let checkpoint = try Checkpoint(opening: folder.path)
      #expect(checkpoint.files.count == 2)
      return checkpoint.contents
    }
  }

  /// Three tensors of 24 bytes, named out of order.
  static func tensors() throws(CrosswalkError) -> TensorTable {
    var tensors = TensorTable()
    for name in ["c", "a", "b"] {
      try tensors.append(name, StoredTensor([Float](repeating: 1, count: 6), shape: [2, 3]))
    }
    return tensors
  }

  static func contents() throws -> Contents {
    Contents(tensors: try tensors(), metadata: ["format": "pt"])
  }

  @Test func `shards are written, indexed and read again`() throws {
    try Scratch.withFolder { folder in
      let written = try Shards.write(
        try Self.contents(), as: Safetensors.self, to: folder + "/model.safetensors", ofAtMost: 50)
      #expect(
        written.files.map(Folder.lastComponent) == [
          "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
          "model.safetensors.index.json",
        ])
      let checkpoint = try Checkpoint(opening: folder)
      #expect(checkpoint.contents.tensors.names.sorted() == ["a", "b", "c"])
      #expect(checkpoint.contents.metadata == ["format": "pt"])
      #expect(checkpoint.index?.root["metadata"]?["total_size"]?.intValue == 72)
      #expect(checkpoint.config == nil)
      #expect(try Folder.names(in: folder).count == 3)
      let named = try Checkpoint(opening: folder + "/model.safetensors.index.json")
      #expect(named.files.count == 2 && named.folder == nil)
    }
  }

  @Test func `shards take the place of the one file of their name`() throws {
    try Scratch.withFolder { folder in
      let path = folder + "/model.safetensors"
      _ = try Scratch.write(try Self.contents(), as: Safetensors.self, to: path)
      func write(replacing: Bool) throws(CrosswalkError) {
        try Shards.write(
          try Contents(tensors: Self.tensors()), as: Safetensors.self, to: path, ofAtMost: 24,
          replacing: replacing)
      }
      let error = #expect(throws: CrosswalkError.self) { try write(replacing: false) }
      #expect(error?.kind == .outputExists)
      #expect(try Folder.names(in: folder) == ["model.safetensors"])
      try write(replacing: true)
      #expect(try Checkpoint(opening: folder).files.count == 3)
      #expect(try Folder.names(in: folder).count == 4)
    }
  }

  @Test(arguments: [24, 50, 72]) func `of shards that are replaced none is left behind`(size: Int)
    throws
  {
    try Scratch.withFolder { folder in
      let path = folder + "/model.safetensors"
      func write(_ size: Int, replacing: Bool) throws(CrosswalkError) {
        try Shards.write(
          try Contents(tensors: Self.tensors()), as: Safetensors.self, to: path, ofAtMost: size,
          replacing: replacing)
      }
      // What an index names and is no shard of this name is not ours to remove.
      let other = folder + "/other-00001-of-00001.safetensors"
      _ = try Scratch.write(try Self.contents(), as: Safetensors.self, to: other)
      for first in [24, 50, 72] {
        try write(first, replacing: true)
        let error = #expect(throws: CrosswalkError.self) { try write(size, replacing: false) }
        #expect(error?.kind == .outputExists)
        try write(size, replacing: true)
        let names = try Folder.names(in: folder).filter { !$0.hasPrefix("other") }
        let count = [24: 4, 50: 3, 72: 1][size]
        #expect(names.count == count, "\(first) to \(size): \(names)")
        #expect(FileKind.of(other) == .file)
      }
    }
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
    ("<!DOCTYPE html><html>", "download"), ("\u{1F}\u{8B}\u{8}", "unpack"),
    ("\u{80}\u{4}\u{95}", "torch.save"),
    ("pickle" + String(repeating: "\0", count: 251) + "ustar  \0", "weights_only=False"),
    ("a.txt" + String(repeating: "\0", count: 252) + "ustar  \0", "unpack"),
  ])
  func `what people have in place of a checkpoint is told by its name`(text: String, remedy: String)
    throws
  {
    try Scratch.withFolder { folder in
      let path = folder + "/model.bin"
      let file = try FileWriter(path)
      try file.append(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
      try file.commit()
      let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: path) }
      #expect(error?.kind == .unrecognized)
      #expect(error?.remedy?.contains(remedy) == true)
    }
  }

  @Test func `what fits one shard is one file`() throws {
    try Scratch.withFolder { folder in
      let path = folder + "/model.safetensors"
      try Shards.write(try Self.contents(), as: Safetensors.self, to: path, ofAtMost: 72)
      #expect(try Folder.names(in: folder) == ["model.safetensors"])
      let error = #expect(throws: CrosswalkError.self) {
        try Shards.write(try Self.contents(), as: Safetensors.self, to: path, ofAtMost: 72)
      }
      #expect(error?.kind == .outputExists)
    }
  }

  @Test(arguments: [
    (#"{"weight_map": {"a": "../model.safetensors"}}"#, "outside"),
    (#"{"weight_map": {"a": "/etc/passwd"}}"#, "outside"),
    (#"{"weight_map": {"a": ".."}}"#, "outside"),
    (#"{"weight_map": {"a": ""}}"#, "outside"),
    (#"{"weight_map": {"a": 1}}"#, "wrong kind"),
    (#"{"weight_map": {"a": "one.safetensors"}}"#, "tensor 'b'"),
    (#"{"weight_map": {"a": "one.safetensors", "a": "one.safetensors"}}"#, "twice"),
    (
      #"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors", "c": "one.safetensors", "#
        + #""d": "one.safetensors"}}"#, "'d' in 'one.safetensors'"
    ),
    (#"{"weight_map": {}}"#, "empty"), (#"{}"#, "weight_map"), ("[", "index.json"),
  ])
  func `an index that lies is refused`(text: String, words: String) throws {
    try Scratch.withFolder { folder in
      _ = try Scratch.write(
        try Self.contents(), as: Safetensors.self, to: folder + "/one.safetensors")
      let index = try Scratch.file(
        Array(text.utf8), in: folder, named: "model.safetensors.index.json")
      let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: index.path) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      #expect(error?.place.file != nil)
    }
  }

  @Test func `a folder gives its weights, config and vocabulary`() throws {
    try Scratch.withFolder { folder in
      _ = try Scratch.write(
        try Self.contents(), as: Safetensors.self, to: folder + "/other.safetensors")
      _ = try Scratch.file(
        Array("{\"model_type\": \"bert\"}".utf8), in: folder, named: "config.json")
      _ = try Scratch.file([], in: folder, named: "vocab.txt")
      for path in [folder, folder + "/other.safetensors"] {
        let checkpoint = try Checkpoint(opening: path)
        #expect(checkpoint.container == "safetensors")
        #expect(checkpoint.config?.root["model_type"] == "bert")
        #expect(checkpoint.vocabularies == [folder + "/vocab.txt"])
        #expect(checkpoint.files == [folder + "/other.safetensors"])
      }
      _ = try Scratch.write(
        try Self.contents(), as: Safetensors.self, to: folder + "/another.safetensors")
      let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: folder) }
      #expect(error?.kind == .ambiguous)
      #expect(error?.description.contains("another.safetensors, other.safetensors") == true)
      _ = try Scratch.write(
        try Self.contents(), as: Safetensors.self, to: folder + "/model.safetensors")
      #expect(try Checkpoint(opening: folder).files == [folder + "/model.safetensors"])
    }
  }

  @Test(arguments: [
    (
      PyTorch.self as any WritableContainer.Type, "pytorch_model.bin",
      "pytorch_model-00002-of-00002.bin"
    ),
    (HDF5.self, "model.weights.h5", "model_00001.weights.h5"),
    (GGUF.self, "model.gguf", "model-00002-of-00002.gguf"),
  ])
  func `a shard that is missing is named`(
    container: any WritableContainer.Type, name: String, missing: String
  ) throws {
    var contents = Contents(tensors: TensorTable())
    for name in ["a/vars/0", "b/vars/0"] {
      try contents.tensors.append(name, StoredTensor([Float](repeating: 1, count: 9), shape: [9]))
    }
    try Scratch.withFolder { folder in
      try Shards.write(contents, as: container, to: "\(folder)/\(name)", ofAtMost: 36)
      #expect(try Checkpoint(opening: folder).contents.tensors.count == 2)
      Folder.removeFile("\(folder)/\(missing)")
      let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: folder) }
      #expect(error?.kind == .cannotOpen)
      #expect(error?.description.contains(missing) == true)
      #expect(error?.remedy != nil)
    }
  }

  @Test func `what is no checkpoint is said to be none`() throws {
    try Scratch.withFolder { folder in
      for bytes in [[], Array("{\"a\": 1}".utf8), Array("GIF89a, no model".utf8)] as [[UInt8]] {
        let file = try Scratch.file(bytes, in: folder)
        let error = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: file.path) }
        #expect(error?.kind == .unrecognized)
        #expect(error?.description.contains("safetensors") == true)
      }
      let empty = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: folder) }
      #expect(empty?.kind == .cannotOpen)
      let missing = #expect(throws: CrosswalkError.self) { try Checkpoint(opening: folder + "/x") }
      #expect(missing?.kind == .cannotOpen)
    }
  }
}
