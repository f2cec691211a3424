import Architectures
import Containers
import Crosswalk
import Diagnostics
import Documents
import TestSupport
import Tensors
import Testing

/// What users' own files have that the fixtures' files have not.
@Suite struct ForeignHabitsTests {
  /// The fixture's tensors, changed, beside the fixture's config.
  private func opened(
    _ name: String, config: JSON = [:],
    _ change: ([(String, StoredTensor)]) throws -> [(String, StoredTensor)]
  ) throws -> ModelCheckpoint {
    let folder = Shelf.fixture("models/\(name)")
    let tensors = try Checkpoint(opening: folder).contents.tensors.map { ($0, $1) }
    var options = ModelCheckpoint.Options()
    options.config = folder + "/config.json"
    options.overrides = config.objectValue ?? JSONObject()
    return try Scratch.withCheckpoint(change(tensors)) {
      try ModelCheckpoint(opening: $0, options: options)
    }
  }

  @Test(arguments: [
    ("bert-masked-lm", "module._orig_mod."), ("bert-masked-lm", "backbone.text."),
    ("bert-masked-lm", "encoder."), ("gpt2-lm", "state_dict._orig_mod."),
    ("transformer-encoder", "_orig_mod."), ("transformer-post-norm", "state_dict."),
  ])
  func `whatever stands before all names is seen`(name: String, wrapper: String) throws {
    let model = try opened(name) { $0.map { (wrapper + $0, $1) } }
    #expect(model.account.unused.isEmpty && model.account.missing.isEmpty)
    #expect(model.provenance.wrapper == wrapper)
  }

  @Test func `a decoder that is not tied has its own bias, which is the one that is read`() throws {
    let bias = try StoredTensor((0..<64).map(Float.init), shape: [64])
    let model = try opened("bert-masked-lm", config: ["tie_word_embeddings": false]) { tensors in
      let word = tensors.first { $0.0.hasSuffix("word_embeddings.weight") }
      return tensors.filter { !$0.0.hasPrefix("cls.predictions.decoder") }
        + [
          ("cls.predictions.decoder.weight", try #require(word).1),
          ("cls.predictions.decoder.bias", bias),
        ]
    }
    #expect(try model.parameters["predictions.decoder.bias"]?.bytes() == bias.bytes())
    #expect(model.kept.names == ["cls.predictions.bias"])
  }

  @Test(
    arguments: [
      ("bert-bare", "sbert_ce_default_activation_function", "torch.nn.modules.linear.Identity"),
      ("bert-bare", "language", "english"), ("gpt2-lm", "conversational", ["max_length": 1000]),
      ("gpt2-lm", "is_decoder", true), ("bert-bare", "adapters", ["config_map": [:]]),
    ] as [(String, String, JSON)])
  func `keys of configs on the Hub that change no number are let pass`(
    name: String, key: String, value: JSON
  ) throws {
    var config = JSONObject()
    config[key] = value
    _ = try opened(name, config: .object(config)) { $0 }
  }

  @Test func `what the framework calls an argument is known, and a hint is left out`() throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/transformer-post-norm"))
    var given = TensorTable()
    let one = try StoredTensor([Float(1)], shape: [1])
    for name in ["src", "src_padding_mask", "tgt_is_causal", "trg", "bogus"] {
      try given.append(name, one)
    }
    #expect(try model.inputs(given).names == ["src", "src_key_padding_mask", "tgt", "bogus"])
    let encoder = try ModelCheckpoint(opening: Shelf.fixture("models/transformer-encoder"))
    var mask = TensorTable()
    try mask.append("src_mask", one)
    #expect(try encoder.inputs(mask).names == ["mask"])
  }

  @Test func `tables of positions apart for source and target are two parameters`() throws {
    func table(_ rows: Int) throws -> StoredTensor {
      try StoredTensor([Float](repeating: 0, count: rows * 32), shape: [rows, 32])
    }
    let model = try opened("transformer-post-norm", config: ["scale_embedding": false]) { tensors in
      try tensors.map { ("transformer." + $0, $1) } + [
        ("src_word_embedding.weight", table(9)), ("trg_word_embedding.weight", table(8)),
        ("src_position_embedding.weight", table(20)), ("trg_position_embedding.weight", table(30)),
      ]
    }
    #expect(model.parameters["source.position.weight"]?.shape == [20, 32])
    #expect(model.parameters["target.position.weight"]?.shape == [30, 32])
  }

  @Test func `a position encoding that is not told is asked for by its own name`() throws {
    let error = #expect(throws: CrosswalkError.self) {
      try opened("transformer-post-norm", config: ["scale_embedding": true]) { tensors in
        let table = try StoredTensor([Float](repeating: 0, count: 9 * 32), shape: [9, 32])
        return tensors.map { ("transformer." + $0, $1) } + [("embedding.weight", table)]
      }
    }
    #expect(error?.description.contains("--set positional_encoding=…") == true)
  }

  @Test func `one row of position ids is for the whole batch`() throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/bert-bare")).model()
    var inputs = TensorTable()
    try inputs.append("input_ids", StoredTensor([Int64(1), 2, 3, 4], shape: [2, 2]))
    try inputs.append("position_ids", StoredTensor([Int64(1), 0], shape: [1, 2]))
    let once = try model.run(inputs).outputs
    var twice = TensorTable()
    try twice.append("input_ids", StoredTensor([Int64(1), 2, 3, 4], shape: [2, 2]))
    try twice.append("position_ids", StoredTensor([Int64(1), 0, 1, 0], shape: [2, 2]))
    #expect(
      try once["last_hidden_state"]?.bytes()
        == model.run(twice).outputs["last_hidden_state"]?.bytes())
  }

  @Test(arguments: ["transformer-encoder", "transformer-post-norm"])
  func `a model that makes its causal mask itself is told so by the config`(name: String) throws {
    let model = try opened(name, config: ["causal": true]) { $0 }
    let causal = model.architecture.nodes.compactMap { ($0.operation as? Attention)?.causal }
    #expect(causal.filter(\.self).count == 2)
  }

  @Test func `a folder is a name without an ending`() throws {
    try Scratch.withFolder { folder in
      var conversion = Conversion()
      conversion.target = .dialect("pytorch")
      _ = try conversion.convert(Shelf.fixture("models/bert-bare"), to: folder + "/back")
      #expect(
        Scratch.names(in: folder + "/back") == ["config.json", "model.safetensors"])
    }
  }
}
