import Containers
import Crosswalk
import Diagnostics
import Documents
import Engine
import Foundation
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct AttentionTablesTests {
  /// What the original framework recorded of a model.
  private func recorded(_ model: String) throws -> Trace {
    let contents = try Checkpoint(opening: Shelf.fixture("models/\(model)/fixture.h5")).contents
    var trace = Trace()
    for (name, tensor) in contents.tensors {
      let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
      if parts.first == "inputs" { try trace.inputs.append(parts[1], tensor) }
      if parts.first == "attention" { try trace.attention.append(parts[1], tensor) }
    }
    return trace
  }

  private func checkpoint(_ model: String) throws -> ModelCheckpoint {
    try ModelCheckpoint(opening: Shelf.fixture("models/\(model)"))
  }

  @Test(arguments: [
    "bert-bare", "gpt2-bare", "gpt2-left-padding", "transformer-translator", "transformer-decoder",
    "transformer-batch-second",
  ])
  func `a run's attention is what the framework recorded, table by table`(model: String) throws {
    let (checkpoint, trace) = (try checkpoint(model), try recorded(model))
    let ours = try AttentionTables().tables(of: checkpoint, inputs: trace.inputs)
    let theirs = try AttentionTables().tables(of: trace, from: checkpoint)
    #expect(!ours.tables.isEmpty && ours.tables.count == theirs.tables.count)
    for (a, b) in zip(ours.tables, theirs.tables) {
      #expect(a.kind == b.kind && a.layer == b.layer && a.batch == b.batch)
      #expect(a.queries == b.queries && a.keys == b.keys)
      #expect(a.queryPadding == b.queryPadding && a.keyPadding == b.keyPadding)
      for query in a.queries.indices where !a.isPadding(query: query) {
        for head in 0..<a.heads {
          let row = (head * a.queries.count + query) * a.keys.count
          for key in row..<row + a.keys.count {
            guard abs(a.values[key] - b.values[key]) < 2e-5 else {
              Issue.record("\(a.name), head \(head), query \(query)")
              return
            }
          }
        }
      }
    }
  }

  @Test func `the graph tells encoder, decoder and cross attention apart`() throws {
    let trace = try recorded("transformer-translator")
    let report = try AttentionTables().tables(
      of: checkpoint("transformer-translator"), inputs: trace.inputs)
    let first = report.tables.filter { $0.batch == 0 }
    #expect(first.map(\.kind) == [.encoder, .encoder, .decoder, .cross, .decoder, .cross])
    #expect(first.map(\.layer) == [0, 1, 0, 0, 1, 1])
    let sources = try #require(try trace.inputs["src"]?.ints()).prefix(13).map(String.init)
    let targets = try #require(try trace.inputs["tgt"]?.ints()).prefix(12).map(String.init)
    let cross = try #require(first.last)
    #expect(cross.queries == targets && cross.keys == sources)
    #expect(first[0].queries == sources && first[2].keys == targets)
    let padded = try #require(report.tables.last)
    #expect(padded.keyPadding == report.tables.first { $0.batch == 1 }?.keyPadding)
    #expect(padded.keyPadding.contains(true))
  }

  @Test func `names and shapes tell where no graph is`() throws {
    let report = try AttentionTables().tables(of: recorded("transformer-translator"))
    let first = report.tables.filter { $0.batch == 0 }
    #expect(first.map(\.kind) == [.encoder, .encoder, .cross, .decoder, .cross, .decoder])
    #expect(first.map(\.layer) == [0, 1, 0, 0, 1, 1])
    #expect(first[2].queries.count == 12 && first[2].keys.count == 13)
    let causal = try AttentionTables().tables(of: recorded("gpt2-bare"))
    #expect(Set(causal.tables.map(\.kind)) == [.decoder])
  }

  @Test func `padding of either side is marked`() throws {
    let trace = try recorded("gpt2-left-padding")
    let mask = try #require(try trace.inputs["attention_mask"]?.ints())
    let tables = try AttentionTables().tables(
      of: checkpoint("gpt2-left-padding"), inputs: trace.inputs
    )
    .tables
    let length = try #require(tables.first).keys.count
    for table in tables {
      let row = mask[table.batch * length..<(table.batch + 1) * length].map { $0 == 0 }
      #expect(table.keyPadding == (row.contains(true) ? row : []))
      #expect(table.queryPadding == table.keyPadding)
    }
    #expect(tables.contains { !$0.keyPadding.isEmpty })
  }

  @Test func `nodes are chosen by name, and none is an error`() throws {
    var tables = AttentionTables()
    tables.names = Glob("encoder.layers.1.*")
    let trace = try recorded("bert-bare")
    let report = try tables.tables(of: checkpoint("bert-bare"), inputs: trace.inputs)
    #expect(Set(report.tables.map(\.name)) == ["encoder.layers.1.attention"])
    tables.names = Glob("nothing")
    let error = #expect(throws: CrosswalkError.self) {
      try tables.tables(of: checkpoint("bert-bare"), inputs: trace.inputs)
    }
    #expect(error?.kind == .missingTensor)
  }

  @Test func `tables go into HDF5 with their tokens`() throws {
    let trace = try recorded("bert-bare")
    let report = try AttentionTables().tables(of: checkpoint("bert-bare"), inputs: trace.inputs)
    try Scratch.withFolder { folder in
      for ending in ["safetensors", "h5"] {
        let path = "\(folder)/attention.\(ending)"
        try report.writeTensors(to: path)
        let contents = try Checkpoint(opening: path).contents
        let table = try #require(report.tables.last)
        let tensor = try #require(contents.tensors["attention/\(table.name)/\(table.batch)"])
        #expect(tensor.shape == [table.heads, table.queries.count, table.keys.count])
        #expect(try tensor.floats() == table.values)
        if let objects = contents.metadata["objects"] {
          let attributes = objects["/attention/\(table.name)/\(table.batch)"]
          #expect(attributes?["keys"] == .array(table.keys.map(JSON.string)))
          #expect(attributes?["kind"] == "encoder")
        }
      }
    }
  }
}

@Suite struct VocabularyTests {
  private func vocabulary(_ name: String, _ text: String) throws -> Vocabulary {
    try Scratch.withFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      return try Vocabulary(reading: "\(folder)/\(name)")
    }
  }

  @Test func `a text file has a token a line`() throws {
    let words = try vocabulary("vocab.txt", "[PAD]\r\n[CLS]\nthe\n##ing\n")
    #expect(words.count == 4)
    #expect(words[0] == "[PAD]" && words[2] == "the" && words[3] == "##ing" && words[4] == nil)
  }

  @Test func `every form of tokenizer file is read`() throws {
    let wordPiece = try vocabulary(
      "tokenizer.json",
      #"{"added_tokens":[{"id":9,"content":"<new>"}],"model":{"type":"WordPiece","vocab":{"a":0,"b":1}}}"#
    )
    #expect(wordPiece[1] == "b" && wordPiece[9] == "<new>")
    let unigram = try vocabulary(
      "tokenizer.json", #"{"model":{"type":"Unigram","vocab":[["<unk>",0],["▁the",-2.5]]}}"#)
    #expect(unigram[0] == "<unk>" && unigram[1] == " the")
    let plain = try vocabulary("vocab.json", #"{"Ġthe":0,"Ã©":1,"Ċ":2,"ĠĠ":3,"Ã":4,"plain":5}"#)
    #expect((0..<6).map { plain[$0] } == [" the", "é", "\\n", "␣␣", "Ã", "plain"])
  }

  @Test func `JSON without a vocabulary is refused`() throws {
    let error = #expect(throws: CrosswalkError.self) {
      try vocabulary("tokenizer.json", #"{"model":{"type":"BPE"}}"#)
    }
    #expect(error?.kind == .malformed)
  }
}
