import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct HDF5Tests {
  static let files = Expectation.all(of: "hdf5")

  @Test(arguments: files) func `h5py's files are read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in
      let reader = try FileReader(file.path)
      #expect(HDF5.recognises(reader))
      let contents = try HDF5.open(reader)
      for (name, value) in file.metadata?.members ?? [] {
        let found = contents.metadata["attributes"]?[name]
        #expect((found ?? contents.metadata["objects"]?["/" + name]) == value)
      }
      return contents
    }
  }

  @Test(arguments: files.filter { $0.error == nil }, [nil, 4])
  func `what was read is written and read again`(file: Expectation, compression: Int?) throws {
    let contents = try HDF5.open(try FileReader(file.path))
    try Scratch.withFolder { folder in
      let again = try Self.write(contents, to: folder + "/again.h5", compression: compression)
      for key in ["attributes", "objects", "links"] {
        #expect(again.metadata[key] == contents.metadata[key])
      }
      try file.check { () throws(CrosswalkError) in again }
    }
  }

  @Test func `what is no tensor is listed with its reason`() throws {
    let path = Shelf.fixture("containers/hdf5/groups.h5")
    let contents = try HDF5.open(try FileReader(path))
    #expect(
      contents.metadata["skipped"] == [
        "/fixed_words": "strings of 2 bytes", "/nullspace": "an empty dataspace",
        "/pairs": "compounds", "/words": "strings of variable length",
      ])
    #expect(contents.metadata["objects"]?["/nothing"] == [:])
  }

  @Test func `names of one dataset share its storage`() throws {
    let contents = try HDF5.open(try FileReader(Shelf.fixture("containers/hdf5/groups.h5")))
    let first = try #require(contents.tensors["encoder/layers/0/weight"]?.storage)
    let second = try #require(contents.tensors["encoder/layers/1/weight"]?.storage)
    #expect(contents.tensors["soft"]?.storage == first)
    #expect(contents.tensors["hard"]?.storage == second)
    #expect(first != second)
  }

  @Test func `dots of a parameter are groups of a file`() {
    let name = HDF5.storedName(ofParameter: "encoder.layers.0.attention.query.weight")
    #expect(name == "encoder/layers/0/attention/query/weight")
    #expect(
      HDF5.parameter(ofStoredName: name) == "encoder.layers.0.attention.query.weight")
  }

  static func write(_ contents: Contents, to path: String, compression: Int? = nil) throws
    -> Contents
  {
    let writer = try FileWriter(path)
    try HDF5.write(
      contents, to: writer, options: WriteOptions(compression: compression), observer: Silence())
    try writer.commit()
    return try HDF5.open(try FileReader(path))
  }
}
