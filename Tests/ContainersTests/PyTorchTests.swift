import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct PyTorchTests {
  static let files = Expectation.all(of: "pytorch")

  @Test(arguments: files) func `files of torch are read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in
      let reader = try FileReader(file.path)
      #expect(PyTorch.recognises(reader))
      let contents = try PyTorch.open(reader)
      for (path, value) in file.metadata?.members ?? [] {
        #expect(contents.metadata["values"]?.at(path) == value, "\(path)")
      }
      return contents
    }
  }

  @Test(arguments: files.filter { $0.error == nil })
  func `what was read is written and read again`(file: Expectation) throws {
    let contents = try PyTorch.open(try FileReader(file.path))
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: PyTorch.self, to: folder + "/again.pt")
      #expect(again.metadata["values"] == contents.metadata["values"])
      #expect(again.tensors.names == contents.tensors.names)
      try file.check { () throws(CrosswalkError) in again }
    }
  }

  @Test func `tied tensors stay tied`() throws {
    let path = Shelf.fixture("containers/pytorch/views.pt")
    let tensors = try PyTorch.open(try FileReader(path)).tensors
    #expect(tensors["tied"]?.storage == tensors["whole"]?.storage)
    #expect(tensors["grid"]?.storage != tensors["whole"]?.storage)
    #expect(tensors["grid"]?.storage?.key == tensors["whole"]?.storage?.key)
    try Scratch.withFolder { folder in
      let again = try Scratch.write(
        Contents(tensors: tensors), as: PyTorch.self, to: folder + "/again.pt")
      #expect(again.tensors["tied"]?.storage == again.tensors["whole"]?.storage)
      let zip = try ZipReader(try FileReader(folder + "/again.pt"))
      let storages = zip.members.filter { $0.name.hasPrefix("again/data/") }
      #expect(storages.count == tensors.count - 1)
      #expect(storages.allSatisfy { $0.dataOffset.isMultiple(of: 64) })
    }
  }

  @Test func `an archive tells of itself`() throws {
    let path = Shelf.fixture("containers/pytorch/module.pt")
    let archive = try PyTorch.open(try FileReader(path)).metadata["archive"]
    #expect(archive?["byteorder"] == "little")
    #expect(archive?["version"] == "3")
    #expect(archive?["format_version"] == "1")
    #expect(archive?["prefix"] == "module")
    #expect(archive?["serialization_id"]?.stringValue?.count == 40)
  }

  @Test(arguments: ["legacy", "big-endian", "protocol-4"])
  func `older and rarer forms are read`(name: String) throws {
    let file = try #require(Self.files.first { $0.name == name + ".pt" })
    let tensors = try PyTorch.open(try FileReader(file.path)).tensors
    #expect(try tensors["weight"]?.floats() == [-3, -2, -1, 0, 1, 2])
  }

  @Test func `metadata of other containers is kept beside torch's`() throws {
    let contents = Contents(
      tensors: TensorTable(), metadata: ["format": "pt", "deep": [1, ["a": .null]]])
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: PyTorch.self, to: folder + "/again.pt").metadata
      #expect(again["format"] == "pt" && again["deep"] == [1, ["a": .null]])
    }
  }

  @Test func `what is unsafe says so, by its name and with a remedy`() throws {
    let path = Shelf.fixture("containers/pytorch/command.pt")
    let error = #expect(throws: CrosswalkError.self) { try PyTorch.open(try FileReader(path)) }
    #expect(error?.kind == .unsafe)
    #expect(error?.remedy?.contains("state_dict") == true)
    #expect(error?.place.steps.first == .entry("archive/data.pkl"))
  }
}

extension JSON {
  /// The value at a dotted path through objects and arrays.
  func at(_ path: String) -> JSON? {
    path.split(separator: ".").reduce(self as JSON?) { value, key in
      switch value {
      case .array(let elements)?:
        Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      default: value?[String(key)] ?? nil
      }
    }
  }
}
