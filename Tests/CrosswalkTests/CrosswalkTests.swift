import Architectures
import Containers
import Crosswalk
import Diagnostics
import Documents
import Engine
import Families
import Tensors
import TestSupport
import Testing

/// The models that real frameworks wrote, by folder.
let models = [
  "bert-bare", "bert-bfloat16", "bert-masked-lm", "bert-next-sentence", "bert-no-pooler",
  "bert-old-style", "bert-pretraining", "bert-question-answering", "bert-sequence-classification",
  "bert-token-classification", "gpt2-bare", "gpt2-classification", "gpt2-inverse-layer",
  "gpt2-left-padding", "gpt2-lm", "gpt2-old-style", "gpt2-sharded-bin", "gpt2-untied",
  "transformer-batch-second", "transformer-decoder", "transformer-encoder",
  "transformer-encoder-no-norm", "transformer-post-norm", "transformer-pre-norm",
  "transformer-translator", "transformer-translator-no-table",
]

@Suite struct ModelCheckpointTests {
  @Test(arguments: models) func `every tensor finds its place`(name: String) throws {
    let model = try ModelCheckpoint(opening: Shelf.fixture("models/\(name)"))
    #expect(model.parameters.count == model.architecture.parameters.count)
    _ = try model.model()
  }
}
