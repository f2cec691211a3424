import Diagnostics
import Tensors
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

  static let archives = files.filter { $0.error == nil && $0.name.hasSuffix(".npz") }

  @Test(arguments: archives) func `what was read is written and read again`(file: Expectation)
    throws
  {
    let contents = try NumPy.open(try FileReader(file.path))
    try Scratch.withFolder { folder in
      let again = try Scratch.write(contents, as: NumPy.self, to: folder + "/again.npz")
      #expect(again.tensors.names == contents.tensors.names)
      try file.check { () throws(CrosswalkError) in again }
    }
  }

  @Test func `a lone array is written as NumPy itself writes it`() throws {
    let path = Shelf.fixture("containers/numpy/version-1.npy")
    let contents = try NumPy.open(try FileReader(path))
    try Scratch.withFolder { folder in
      _ = try Scratch.write(contents, as: NumPy.self, to: folder + "/again.npy")
      #expect(try FileReader(folder + "/again.npy").head(.max) == FileReader(path).head(.max))
    }
  }

  @Test(arguments: [
    "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a\\b", "a\u{0}b", "a\nb",
    String(repeating: "a", count: 65_532),
  ])
  func `names that could be paths are refused`(name: String) throws {
    var tensors = TensorTable()
    try tensors.append(name, StoredTensor([Float(1)], shape: [1]))
    try Self.refuse(tensors, naming: name)
  }

  @Test(arguments: [DType.bf16, .f8e4m3, .f8e5m2])
  func `dtypes that NumPy lacks are refused by name`(dtype: DType) throws {
    var tensors = TensorTable()
    try tensors.append("some.weight", StoredTensor.filled(dtype, [2], value: 0))
    let error = try Self.refuse(tensors, naming: "some.weight")
    #expect(error?.message.contains(dtype.rawValue) == true)
    #expect(error?.remedy?.contains("--dtype f32") == true)
  }

  @Test func `a name that NumPy would confuse with another is refused`() throws {
    var tensors = TensorTable()
    for name in ["a", "a.npy"] {
      try tensors.append(name, StoredTensor([Float(1)], shape: [1]))
    }
    try Self.refuse(tensors, naming: "a.npy")
  }

  @Test func `a file of one array holds neither two nor none`() throws {
    var tensors = TensorTable()
    #expect(try Self.refusal(of: tensors, in: "a.npy")?.kind == .unsupported)
    #expect(try Self.refusal(of: tensors, in: "a.npz")?.kind == .unsupported)
    for name in ["a", "b"] { try tensors.append(name, StoredTensor([Float(1)], shape: [1])) }
    #expect(try Self.refusal(of: tensors, in: "a.npy")?.remedy?.contains(".npz") == true)
  }

  static func refusal(of tensors: TensorTable, in name: String) throws -> CrosswalkError? {
    try Scratch.withFolder { folder in
      #expect(throws: CrosswalkError.self) {
        try Scratch.write(Contents(tensors: tensors), as: NumPy.self, to: folder + "/" + name)
      }
    }
  }

  @discardableResult
  static func refuse(_ tensors: TensorTable, naming name: String) throws -> CrosswalkError? {
    let error = try refusal(of: tensors, in: "a.npz")
    #expect(error?.kind == .unsupported)
    #expect(error?.place.steps.first == .tensor(name))
    return error
  }
}
