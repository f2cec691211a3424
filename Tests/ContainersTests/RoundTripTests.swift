import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

/// What is written by any container comes back as it was.
@Suite struct RoundTripTests {
  /// All but word vectors, which hold a table and its words, and nothing else.
  static let names = ContainerRegistry.all.compactMap { $0 as? any WritableContainer.Type }
    .filter { $0 != WordVectors.self }.map { $0.name }

  /// Tensors of random dtypes and shapes, of random bytes, views among them.
  static func contents(_ random: inout Mutations, without excluded: [DType]) throws -> Contents {
    var tensors = TensorTable()
    for index in 0..<Int.random(in: 1...8, using: &random) {
      let dtypes = DType.allCases.filter { !excluded.contains($0) }
      let dtype = dtypes.randomElement(using: &random) ?? .f32
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Int.random(in: 0...4, using: &random)
      }
      let count = try Shape.byteCount(shape, dtype)
      let most: UInt8 = dtype == .bool ? 1 : 255
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...most, using: &random) }
      var tensor = try StoredTensor(dtype, shape, source: MemorySource(bytes, of: dtype))
      if Bool.random(using: &random) {
        tensor = try tensor.permuted(shape.indices.shuffled(using: &random))
      }
      try tensors.append("block.\(index).größe", tensor)
    }
    return Contents(tensors: tensors)
  }

  static func excluded(by container: any Container.Type) -> [DType] {
    if container == Safetensors.self { return [.c128] }
    if container == NumPy.self {
      return [.bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0]
    }
    return container == GGUF.self ? DType.allCases.filter { GGUFType.plain($0) == nil } : []
  }

  @Test(arguments: names) func `random tensors are the same after writing and reading`(name: String)
    throws
  {
    let container = try #require(
      ContainerRegistry.all.first { $0.name == name } as? any WritableContainer.Type)
    var random = Mutations(seed: UInt64(name.utf8.count))
    try Scratch.withFolder { folder in
      for round in 0..<30 {
        let excluded = Self.excluded(by: container)
        var contents = try Self.contents(&random, without: excluded)
        // An archive of Keras is one of a model, whichever.
        if container == Keras.self { contents.metadata = ["config": [:]] }
        let path = "\(folder)/\(round).\(container.fileExtensions[0])"
        try Shards.write(contents, as: container, to: path, ofAtMost: .max)
        let again = try Checkpoint(opening: path)
        #expect(again.container == name)
        #expect(Set(again.contents.tensors.names) == Set(contents.tensors.names))
        for (name, tensor) in contents.tensors {
          let read = try #require(again.contents.tensors[name])
          #expect(read.dtype == tensor.dtype && read.shape == tensor.shape)
          #expect(try read.bytes() == tensor.bytes())
        }
      }
    }
  }
}
