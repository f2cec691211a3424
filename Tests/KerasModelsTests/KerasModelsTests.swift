import Diagnostics
import Documents
import Families
import Tensors
import Testing

@testable import KerasModels

@Suite struct KerasModelsTests {
  @Test func `every table of a layer can be read, and no class has two`() throws {
    var seen: Set<String> = []
    for table in try LayerLibrary.tables() {
      #expect(!table.classes.isEmpty && !table.summary.isEmpty)
      for name in table.classes { #expect(seen.insert(name).inserted, "\(name)") }
    }
    #expect(seen.contains("Dense"))
  }

  @Test(arguments: [
    ("MultiHeadAttention", "multi_head_attention"), ("PReLU", "p_re_lu"), ("LSTM", "lstm"),
    ("GlobalAveragePooling1D", "global_average_pooling1d"), ("ELU", "elu"), ("GRUCell", "gru_cell"),
    ("RMSNormalization", "rms_normalization"), ("Conv1DTranspose", "conv1d_transpose"),
    ("ReLU", "re_lu"), ("TFOpLambda", "tf_op_lambda"),
  ])
  func `classes are called as Keras calls their layers`(name: String, word: String) {
    #expect(name.snakeCased == word)
  }

  /// A sequence of two layers, the second with settings of the test's.
  private func family(_ layer: String) throws -> Family {
    let config = """
      { "class_name": "Sequential", "config": { "name": "m", "layers": [
        { "class_name": "InputLayer", "config": { "batch_shape": [null, 5, 3], "name": "x" } },
        \(layer)
      ] } }
      """
    return try KerasModels.family(
      of: KerasModels.Description(config: Document(parsing: config, file: "config.json")),
      tensors: TensorTable())
  }

  @Test func `a layer becomes nodes, and its weights rows of both dialects`() throws {
    let family = try family(
      #"{ "class_name": "Dense", "config": { "name": "d", "units": 4, "activation": "relu" } }"#)
    let root = family.document.root
    let nodes = try #require(root["architecture"]?["nodes"]?.arrayValue)
    #expect(nodes.compactMap { $0["name"]?.stringValue } == ["d", "d.activation"])
    #expect(root["architecture"]?["outputs"]?["d"] == "d.activation")
    #expect(
      root["dialects"]?["keras"]?["weights"]?.arrayValue?.map { $0["theirs"] }
        == ["layers/dense/vars/0", "layers/dense/vars/1"])
    #expect(
      root["dialects"]?["keras-legacy"]?["weights"]?.arrayValue?.map { $0["theirs"] }
        == ["model_weights/d/d/kernel", "model_weights/d/d/bias"])
  }

  @Test func `the other version's config is written in its own words`() throws {
    let family = try family(
      #"{ "class_name": "LeakyReLU", "config": { "name": "l", "negative_slope": 0.1 } }"#)
    let dialect = try #require(family.document.root["dialects"]?["tf-keras"])
    let said = dialect["config"]?["write"]?.arrayValue?.first?["said"]
    let layers = try #require(said?["config"]?["layers"]?.arrayValue)
    #expect(layers[0]["config"]?["batch_input_shape"] == [.null, 5, 3])
    #expect(layers[1]["config"]?["alpha"] == 0.1)
    #expect(layers[1]["config"]?["negative_slope"] == nil)
  }

  @Test func `what the other version computes otherwise is no dialect of the model`() throws {
    let family = try family(
      #"{ "class_name": "Activation", "config": { "name": "a", "activation": "hard_sigmoid" } }"#)
    let refusal = family.document.root["dialects"]?["tf-keras"]?["refuse"]?.stringValue
    #expect(refusal?.contains("in 'a'") == true, "\(refusal ?? "")")
  }

  @Test(arguments: [
    (
      #"{ "class_name": "Lambda", "config": { "name": "mine" } }"#,
      "layer 'mine' (Lambda)"
    ),
    (
      #"{ "class_name": "Dense", "config": { "name": "d", "units": 4, "twist": 1 } }"#,
      "does not handle: twist"
    ),
    (
      #"{ "class_name": "Dense", "config": { "name": "d", "units": 4, "activation": "bent" } }"#,
      "does not handle the value"
    ),
    (#"{ "class_name": "Dense", "config": { "name": "d" } }"#, "units"),
    (
      #"{ "class_name": "RMSNormalization", "config": { "name": "n", "axis": 1 } }"#,
      "layer 'n' (RMSNormalization)"
    ),
  ])
  func `what is not handled is refused with the layer's name`(layer: String, words: String) {
    let error = #expect(throws: CrosswalkError.self) { try family(layer) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("/config/layers/1") == true)
  }
}
