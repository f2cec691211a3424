import Diagnostics
import TestSupport
import Testing

@testable import Containers

@Suite struct NumPyTests {
  static let files = Expectation.all(of: "numpy")

  @Test(arguments: files) func `files of NumPy are read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in
      let reader = try FileReader(file.path)
      #expect(NumPy.recognises(reader))
      #expect(!PyTorch.recognises(reader))
      return try NumPy.open(reader)
    }
  }

  @Test func `there are files`() { #expect(Self.files.count > 20) }

  @Test func `an archive of anything else is not NumPy's`() throws {
    #expect(!NumPy.recognises(try FileReader(Shelf.fixture("containers/pytorch/parameter.pt"))))
  }
}
