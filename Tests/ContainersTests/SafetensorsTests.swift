import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct SafetensorsTests {
  static let files = Expectation.all(of: "safetensors").filter { $0.name.hasSuffix(".safetensors") }

  @Test(arguments: files) func `files of the reference are read or refused`(file: Expectation)
    throws
  {
    try file.check { () throws(CrosswalkError) in
      let reader = try FileReader(file.path)
      #expect(Safetensors.recognises(reader))
      let contents = try Safetensors.open(reader)
      for (key, value) in file.metadata?.members ?? [] { #expect(contents.metadata[key] == value) }
      return contents
    }
  }

  @Test(arguments: files.filter { $0.error == nil })
  func `what was read is written and read again`(file: Expectation) throws {
    let contents = try Safetensors.open(try FileReader(file.path))
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: Safetensors.self, to: folder + "/again")
      #expect(again.metadata == contents.metadata)
      try file.check { () throws(CrosswalkError) in again }
    }
  }

  @Test func `a file is cut at every byte and refused`() throws {
    let path = Shelf.fixture("containers/safetensors/metadata.safetensors")
    let bytes = try FileReader(path).head(.max)
    try Scratch.withFolder { folder in
      for count in bytes.indices {
        let error = #expect(throws: CrosswalkError.self) {
          try Safetensors.open(try Scratch.file(Array(bytes[..<count]), in: folder))
        }
        #expect(error?.place.file != nil)
      }
    }
  }

  @Test func `what safetensors cannot hold is refused by name`() throws {
    var contents = Contents(tensors: TensorTable())
    try contents.tensors.append("spectrum", StoredTensor.filled(.c128, [2], value: 0))
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try Scratch.write(contents, as: Safetensors.self, to: folder + "/complex")
      }
      #expect(error?.kind == .unsupported)
      #expect(error?.description.contains("spectrum") == true)
    }
  }

  @Test func `metadata that is no string becomes its text`() throws {
    let contents = Contents(tensors: TensorTable(), metadata: ["epoch": 3, "format": "pt"])
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: Safetensors.self, to: folder + "/metadata")
      #expect(again.metadata == ["epoch": "3", "format": "pt"])
    }
  }
}
