import Architectures
import Containers
import Crosswalk
import Diagnostics
import Documents
import Families
import TestSupport
import Tensors
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: models)
  func `a table that read a checkpoint writes it back to the bit`(name: String) throws {
    let source = try Checkpoint(opening: Shelf.fixture("models/\(name)")).contents.tensors
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/\(name)"))
    let crossing = try #require(model.crossing)
    var kept = TensorTable()
    for (name, fate) in model.account.tensors {
      if case .ignored = fate { try kept.append(name, #require(source[name])) }
    }
    let restored = try crossing.restore(
      source.names, under: "", from: model.parameters, kept: kept)
    #expect(restored.names == source.names)
    for (name, tensor) in source {
      let again = try #require(restored[name])
      #expect(again.shape == tensor.shape)
      #expect(again.dtype == tensor.dtype)
      #expect(try again.bytes() == tensor.bytes(), "\(name)")
    }
  }

  @Test(arguments: models.filter { !$0.contains("old-style") })
  func `a dialect's own writing loads as the framework loads it`(name: String) throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/\(name)"))
    let crossing = try #require(model.crossing)
    let written = try crossing.write(model.parameters, recorded: model.provenance.tensors)
    let read = try crossing.read(written)
    #expect(read.account.unused.isEmpty)
    #expect(read.account.missing.isEmpty)
    #expect(read.account.misshapen.isEmpty)
  }
}

@Suite struct StrictnessTests {
  private func error(_ name: String, set overrides: JSON) -> CrosswalkError? {
    var options = ModelCheckpoint.Options()
    options.overrides = overrides.objectValue ?? JSONObject()
    return #expect(throws: CrosswalkError.self) {
      try ModelCheckpoint(opening: Shelf.fixture("models/\(name)"), options: options)
    }
  }

  @Test func `what no config says and shapes cannot tell is asked for by name`() throws {
    let file = Shelf.fixture("models/transformer-encoder")
    let weights = try Checkpoint(opening: file).files[0]
    var options = ModelCheckpoint.Options()
    options.config = Shelf.fixture("empty.json")
    let error = #expect(throws: CrosswalkError.self) {
      try ModelCheckpoint(opening: weights, options: options)
    }
    #expect(error?.description.contains("nhead, activation, norm_first") == true)
    #expect(error?.description.contains("--set nhead=…") == true)
    let told: JSON = ["nhead": 4, "activation": "relu", "norm_first": false]
    options.overrides = told.objectValue ?? JSONObject()
    _ = try ModelCheckpoint(opening: weights, options: options)
  }

  @Test func `a config key that is not handled is an error that names it`() {
    #expect(error("bert-bare", set: ["rope_theta": 1.0])?.kind == .invalidConfig)
    let kind = error("bert-bare", set: ["position_embedding_type": "rotary"])
    #expect(kind?.description.contains("position_embedding_type") == true)
    #expect(error("bert-bare", set: ["hidden_act": "xielu"])?.kind == .invalidConfig)
    #expect(error("gpt2-lm", set: ["n_head": -2])?.kind == .invalidConfig)
  }

  @Test func `a config that disagrees with the weights is told tensor by tensor`() {
    let more = error("bert-bare", set: ["num_hidden_layers": 3])
    #expect(more?.kind == .incompleteMapping)
    #expect(more?.description.contains("missing") == true)
    let fewer = error("bert-bare", set: ["num_hidden_layers": 1])
    #expect(fewer?.description.contains("unused") == true)
    #expect(
      error("bert-bare", set: ["vocab_size": 63])?.description.contains("misshapen") == true)
  }

  @Test func `a copy that is none is refused`() {
    let error = error("gpt2-untied", set: ["tie_word_embeddings": true])
    #expect(error?.description.contains("--set tie_word_embeddings=false") == true)
  }
}

@Suite struct ConversionTests {
  @Test(arguments: models)
  func `a checkpoint goes to HDF5 and comes back to the bit`(name: String) throws {
    try Scratch.withFolder { folder in
      let source = try Checkpoint(opening: Shelf.fixture("models/\(name)")).contents.tensors
      var conversion = Conversion()
      let native = try conversion.convert(Shelf.fixture("models/\(name)"), to: folder + "/a.h5")
      #expect(native.target == .native)
      conversion.target = .source
      _ = try conversion.convert(folder + "/a.h5", to: folder + "/b.safetensors")
      let back = try Checkpoint(opening: folder + "/b.safetensors").contents.tensors
      #expect(Set(back.names) == Set(source.names))
      for (name, tensor) in source {
        let again = try #require(back[name])
        #expect(again.dtype == tensor.dtype && again.shape == tensor.shape)
        #expect(try again.bytes() == tensor.bytes(), "\(name)")
      }
    }
  }

  @Test func `an existing destination is kept, and no temporary is left`() throws {
    try Scratch.withFolder { folder in
      let conversion = Conversion()
      _ = try conversion.convert(Shelf.fixture("models/bert-bare"), to: folder + "/a.h5")
      let error = #expect(throws: CrosswalkError.self) {
        try conversion.convert(Shelf.fixture("models/gpt2-bare"), to: folder + "/a.h5")
      }
      #expect(error?.kind == .outputExists)
      #expect(try ModelCheckpoint(opening: folder + "/a.h5").architecture.family == "bert")
      #expect(Scratch.names(in: folder) == ["a.h5"])
    }
  }

  @Test func `a folder is not converted onto its own weights`() throws {
    try Scratch.withFolder { folder in
      var conversion = Conversion()
      conversion.target = .same
      _ = try conversion.convert(Shelf.fixture("models/bert-bare"), to: folder + "/")
      conversion.replacing = true
      let error = #expect(throws: CrosswalkError.self) {
        try conversion.convert(folder, to: folder + "/")
      }
      #expect(error?.description.contains("source and destination are one file") == true)
      _ = try ModelCheckpoint(opening: folder)
    }
  }

  @Test func `a native checkpoint outlives the version of the family that made it`() throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/bert-masked-lm"))
    let family = try #require(model.crossing).family
    for name in model.provenance.values.keys {
      var values = model.provenance.values
      values[name] = nil
      // What a later version asks and this file was never asked is no reason not to read it.
      _ = try Crossing(
        family, dialect: "pytorch", values: values, prefix: nil, architecture: model.architecture)
    }
  }

  @Test func `a native checkpoint carries its vocabulary wherever it goes`() throws {
    try Scratch.withFolder { folder in
      let source = folder + "/source/"
      var conversion = Conversion()
      conversion.target = .same
      _ = try conversion.convert(Shelf.fixture("models/bert-bare"), to: source)
      let file = try FileWriter(source + "vocab.txt")
      try file.append(Array("[PAD]\n[CLS]\n##ing\n".utf8))
      try file.commit()
      _ = try Conversion().convert(source, to: folder + "/a.h5")
      let checkpoint = try Checkpoint(opening: folder + "/a.h5")
      let found = try Vocabulary.of(checkpoint, given: nil)
      let vocabulary = try #require(found)
      #expect((0..<4).map { vocabulary[$0] } == ["[PAD]", "[CLS]", "##ing", nil])
    }
  }
}
