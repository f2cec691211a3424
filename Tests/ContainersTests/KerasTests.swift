import Diagnostics
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct KerasTests {
  static let files = Expectation.all(of: "keras") + Expectation.all(of: "tf-keras")
  static let archives = ["functional.keras", "assets.keras"]

  static func path(_ name: String) -> String { Shelf.fixture("containers/keras/" + name) }

  @Test(arguments: files) func `what Keras wrote is read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in try Checkpoint(opening: file.path).contents }
  }

  @Test(arguments: archives) func `an archive is told by its members`(name: String) throws {
    let file = try FileReader(Self.path(name))
    #expect(ContainerRegistry.container(of: file) == Keras.self)
    try Scratch.withFolder { folder in
      let other = try Scratch.file(file.head(.max), in: folder, named: "weights.h5")
      #expect(ContainerRegistry.container(of: other) == Keras.self)
    }
  }

  @Test func `the config inside is the checkpoint's`() throws {
    let checkpoint = try Checkpoint(opening: Self.path("functional.keras"))
    #expect(checkpoint.config?.root["class_name"] == "Functional")
    let isSame = checkpoint.contents.metadata["config"] == checkpoint.config?.root
    #expect(isSame)
    #expect(checkpoint.contents.metadata["metadata"]?["keras_version"] == "3.15.1")
  }

  @Test(arguments: archives) func `an archive comes back with all its members`(name: String) throws
  {
    let contents = try Keras.open(try FileReader(Self.path(name)))
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: Keras.self, to: folder + "/again.keras")
      for key in ["attributes", "objects", "config", "metadata", "assets"] {
        // Groups without tensors come after the others when they are written.
        let (one, other) = (Self.sorted(again.metadata[key]), Self.sorted(contents.metadata[key]))
        let isSame = one == other
        #expect(isSame, "\(key)")
      }
      #expect(again.tensors.names == contents.tensors.names)
      for (name, tensor) in contents.tensors {
        let other = try #require(again.tensors[name])
        #expect(other.dtype == tensor.dtype && other.shape == tensor.shape)
        #expect(try other.bytes() == tensor.bytes())
      }
      #expect(again.attachments.names == contents.attachments.names)
      for (name, file) in contents.attachments {
        #expect(try again.attachments[name]?.bytes() == file.bytes())
      }
      #expect(Scratch.names(in: folder) == ["again.keras"])
    }
  }

  private static func sorted(_ value: JSON?) -> JSON? {
    guard let members = value?.objectValue?.members else { return value }
    return .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
  }

  @Test func `assets are listed and carried`() throws {
    let contents = try Keras.open(try FileReader(Self.path("assets.keras")))
    let name = try #require(contents.metadata["assets"]?.arrayValue?.first?.stringValue)
    #expect(name.hasSuffix("words.txt"))
    #expect(try contents.attachments[name]?.bytes() == Array("größer\n".utf8))
    var without = contents
    without.attachments = TensorTable()
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try Scratch.write(without, as: Keras.self, to: folder + "/again.keras")
      }
      #expect(error?.kind == .unsupported)
      #expect(error?.place.description.contains("words.txt") == true)
      #expect(Scratch.names(in: folder).isEmpty)
    }
  }

  @Test func `weights without a config are no archive`() throws {
    let contents = try Checkpoint(opening: Self.path("functional.weights.h5")).contents
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try Scratch.write(contents, as: Keras.self, to: folder + "/again.keras")
      }
      #expect(error?.kind == .unsupported && error?.remedy != nil)
      #expect(Scratch.names(in: folder).isEmpty)
    }
  }

  @Test(arguments: archives) func `another process reads within an archive`(name: String) throws {
    let file = try FileReader(Self.path(name))
    let here = try Keras.open(file)
    let there = try Keras.open(file) { (weights) throws(CrosswalkError) in
      try HDF5ContainmentTests.open(weights)
    }
    let isSame = there.metadata == here.metadata
    #expect(isSame)
    #expect(there.tensors.names == here.tensors.names)
  }

  @Test(arguments: [
    ("functional.keras", KerasFacts.Form.archive), ("functional.weights.h5", .weights),
    ("sharded.weights.json", .weights), ("legacy.h5", .legacyModel),
  ]) func `its facts are found in each form`(name: String, form: KerasFacts.Form) throws {
    let contents = try Checkpoint(opening: Self.path(name)).contents
    let facts = try #require(KerasFacts(of: contents))
    #expect(facts.form == form)
    #expect(facts.hasOptimizer)
    #expect(facts.hasTrainingConfig == (form != .weights))
    #expect(facts.version == (form == .weights ? nil : "3.15.1"))
    #expect(facts.backend == (form == .legacyModel ? "torch" : nil))
  }

  @Test func `names in pieces are counted, and what is not of Keras has no facts`() throws {
    let contents = Contents(
      tensors: TensorTable(),
      metadata: ["attributes": ["layer_names0": ["a", "b"], "layer_names1": ["c"]]])
    #expect(KerasFacts(of: contents)?.layerCount == 3)
    #expect(KerasFacts(of: contents)?.form == .legacyWeights)
    let other = try Checkpoint(opening: Shelf.fixture("containers/hdf5/groups.h5")).contents
    #expect(KerasFacts(of: other) == nil)
  }
}

/// Weights of Keras in several files.
@Suite struct KerasShardTests {
  /// Writes the variables of a file as shards of so many bytes.
  static func write(ofAtMost size: Int, to name: String, in folder: String) throws -> [String] {
    let contents = try Checkpoint(opening: KerasTests.path("functional.weights.h5")).contents
    return try Shards.write(contents, as: HDF5.self, to: "\(folder)/\(name)", ofAtMost: size).files
  }

  @Test(arguments: ["model.weights.h5", "model.weights.json"])
  func `shards are named and listed as Keras does`(name: String) throws {
    try Scratch.withFolder { folder in
      let files = try Self.write(ofAtMost: 1000, to: name, in: folder)
      #expect(files.last == folder + "/model.weights.json")
      #expect(files.first == folder + "/model_00000.weights.h5" && files.count > 3)
      #expect(Scratch.names(in: folder).count == files.count)
      let map = try Document(reading: folder + "/model.weights.json").root["weight_map"]
      let lists = map?.objectValue?.members.map { ($0.key, $0.value.arrayValue?.count) } ?? []
      #expect(lists.allSatisfy { $0.0.hasPrefix("/") && $0.0.hasSuffix("/vars") })
      #expect(lists.contains { ($0.1 ?? 0) > 1 }, "no layer is in several shards")
      let again = try Checkpoint(opening: folder).contents.tensors
      let source = try Checkpoint(opening: KerasTests.path("functional.weights.h5")).contents
      #expect(Set(again.names) == Set(source.tensors.names))
      for (name, tensor) in source.tensors {
        #expect(try again[name]?.bytes() == tensor.bytes())
      }
    }
  }

  @Test func `an index is written even of a single shard, and of the name it was given`() throws {
    try Scratch.withFolder { folder in
      #expect(KerasShards().isIndex(folder + "/one.weights.json"))
      _ = try Self.write(ofAtMost: Shards.usualSize, to: "one.weights.json", in: folder)
      #expect(Scratch.names(in: folder) == ["one.weights.json", "one_00000.weights.h5"])
      #expect(try Checkpoint(opening: folder).index != nil)
    }
  }

  @Test func `other names have no place in an index of Keras`() throws {
    var contents = Contents(tensors: TensorTable())
    try contents.tensors.append("dense.weight", StoredTensor([Float(1)], shape: [1]))
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try Shards.write(contents, as: HDF5.self, to: folder + "/a.weights.json", ofAtMost: 9)
      }
      #expect(error?.kind == .unsupported && error?.remedy?.contains("--to same") == true)
      #expect(error?.place.description.contains("dense.weight") == true)
      #expect(Scratch.names(in: folder).isEmpty)
    }
  }
}

/// Archives that were cut or changed; libhdf5 sees them in another process only.
@Suite struct KerasMalformedTests {
  @Test func `an archive that was cut is refused`() throws {
    let bytes = try FileReader(KerasTests.path("assets.keras")).head(.max)
    try Scratch.withFolder { folder in
      for count in bytes.indices where count % 31 == 0 || count > bytes.count - 64 {
        // The directory is at the end: what was cut never gets to libhdf5.
        let file = try Scratch.file(Array(bytes[..<count]), in: folder)
        let error = #expect(throws: CrosswalkError.self) { try Keras.open(file) }
        #expect(error?.place.file == file.path)
      }
    }
  }

  @Test func `an archive with one byte changed does no harm`() throws {
    let bytes = try FileReader(KerasTests.path("assets.keras")).head(.max)
    let zip = try ZipReader(try FileReader(KerasTests.path("assets.keras")))
    let weights = try #require(zip[Keras.weightsName])
    let inside = weights.dataOffset..<weights.dataOffset + weights.size
    let step = max(1, inside.count / HDF5ContainmentTests.attempts)
    try Scratch.withFolder { folder in
      for position in bytes.indices {
        // A process for each byte of the weights would take long.
        guard !inside.contains(position) || position % step == 0 else { continue }
        var changed = bytes
        changed[position] ^= [0xff, 0x01, 0x80][position % 3]
        try Self.readOrRefuse(try Scratch.file(changed, in: folder))
      }
    }
  }

  private static func readOrRefuse(_ file: FileReader) throws {
    guard ContainerRegistry.container(of: file) == Keras.self else { return }
    do throws(CrosswalkError) {
      let contents = try Keras.open(file) { (weights) throws(CrosswalkError) in
        try HDF5ContainmentTests.open(
          weights, limits: .init(byteCount: 2 << 30, processorSeconds: 2, seconds: 10))
      }
      for (_, tensor) in contents.tensors where tensor.byteCount < 1 << 20 {
        _ = try tensor.bytes()
      }
    } catch {
      #expect(error.place.file == file.path)
    }
  }
}
