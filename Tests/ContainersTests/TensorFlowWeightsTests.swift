import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct TensorFlowWeightsTests {
  static func open(_ name: String) throws -> Contents {
    try Checkpoint(opening: Shelf.fixture("containers/tf-keras/" + name)).contents
  }

  @Test func `one file and its shards are known, other files of Keras are not`() throws {
    let one = try #require(try TensorFlowWeights(Self.open("bert.h5")))
    let shards = try #require(try TensorFlowWeights(Self.open("tf_model.h5.index.json")))
    #expect(!one.isSharded && shards.isSharded)
    #expect(one.className == "tf_bert_for_masked_lm" && shards.className == one.className)
    for name in ["whole.h5", "weights.h5", "tree.weights.h5"] {
      #expect(try TensorFlowWeights(Self.open(name)) == nil, "\(name)")
    }
  }

  @Test func `one file becomes the shards that transformers writes`() throws {
    let theirs = try Self.open("tf_model.h5.index.json")
    try Scratch.withFolder { folder in
      let path = folder + "/tf_model.h5"
      let written = try Shards.write(
        Self.open("bert.h5"), as: HDF5.self, to: path, ofAtMost: 500)
      #expect(written.files.count > 2)
      let ours = try Checkpoint(opening: path + ".index.json")
      #expect(Set(ours.contents.tensors.names) == Set(theirs.tensors.names))
      for (name, tensor) in theirs.tensors {
        #expect(try ours.contents.tensors[name]?.bytes() == tensor.bytes(), "\(name)")
      }
      let keys = Set(try #require(ours.index?.root["weight_map"]?.objectValue).keys)
      #expect(keys.contains("tf_bert_for_masked_lm/mlm___cls/predictions/bias:0"))
      let shard = try Checkpoint(opening: written.files[0]).contents
      #expect(
        shard.metadata["attributes"]?["layer_names"]?.arrayValue?.count == shard.tensors.count)
      #expect(shard.metadata["attributes"]?["backend"] == "tensorflow")
    }
  }

  @Test func `shards become one file with layers`() throws {
    let one = try Self.open("bert.h5")
    try Scratch.withFolder { folder in
      let path = folder + "/tf_model.h5"
      try Shards.write(
        Self.open("tf_model.h5.index.json"), as: HDF5.self, to: path, ofAtMost: .max)
      let ours = try Checkpoint(opening: path).contents
      #expect(ours.metadata["attributes"]?["layer_names"] == ["bert", "mlm___cls"])
      for (name, tensor) in ours.tensors {
        #expect(try one.tensors[name]?.bytes() == tensor.bytes(), "\(name)")
      }
    }
  }

  @Test func `a shared weight that differs between layers is not dropped`() throws {
    let one = try Self.open("bert.h5")
    let name = try #require(
      one.tensors.names.first {
        $0.hasPrefix("mlm___cls/") && $0.hasSuffix("word_embeddings/weight:0")
      })
    var changed = Contents(tensors: TensorTable(), metadata: one.metadata)
    for (other, tensor) in one.tensors {
      let zeros = [Float](repeating: 0, count: tensor.count)
      try changed.tensors.append(
        other, other == name ? StoredTensor(zeros, shape: tensor.shape) : tensor)
    }
    try Scratch.withFolder { folder in
      let error = #expect(throws: CrosswalkError.self) {
        try Shards.write(changed, as: HDF5.self, to: folder + "/tf_model.h5", ofAtMost: 500)
      }
      #expect(error?.kind == .unsupported)
      #expect(error?.place.description.contains("word_embeddings/weight:0") == true)
      #expect(Scratch.names(in: folder).isEmpty)
    }
  }
}
