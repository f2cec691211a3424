import Documents
import Tensors
import Testing

@testable import Families

@Suite struct ExpressionTests {
  struct Known: Environment {
    func value(of name: String) -> JSON? { ["width": 12, "heads": 4, "none": .null][name] }
  }

  @Test(arguments: [
    ("width / heads", JSON.integer(3)), ("heads / width", .number(4.0 / 12)),
    ("1 + 2 * 3 - 4 % 3", 6), ("none ?? 7", 7), ("none + 1", .null),
    ("width > 3 && !(heads == 5)", true), ("heads == 4 ? 'a' + heads : 'b'", "a4"),
    ("[1, 2, 3][2]", 3), ("max(width, 20)", 20), ("-heads + 1", -3),
    ("[][0] ?? 7", 7), ("[1][1] ?? heads", 4), ("[1][0] ?? heads", 1),
    ("contains([1, 4], heads)", true), ("matches('gelu_new', 'gelu*')", true),
    ("matches(['A', 'BForC'], '*ForC')", true), ("matches([], '*')", false),
  ]) func `formulas give what a spreadsheet would`(text: String, value: JSON) throws {
    #expect(try Expression(text).evaluate(in: Known()) == value)
  }

  @Test(arguments: [
    "first([1, 2, 3], 2) == [1, 2]", "rest([1, 2, 3], 2) == [3]", "length(rest([], 2)) == 0",
    "joined([1], 2, [3, 4]) == [1, 2, 3, 4]", "flattened([[1, [2]], null, 3]) == [1, 2, 3]",
    "length(flattened(none)) == 0", "count(['a', 'b', 'a'], 'a') == 2",
    "pick([5, 6, 7], [2, 0, 9]) == [7, 5, null]", "product([2, 3]) == 6",
    "product([2, none]) == null",
    "product([]) == 1", "axes(-1, 4) == [3]", "axes([1, -2], 4) == [1, 2]",
    "sorted([2, 1]) == [1, 2]",
    "moved(4, [1, 2]) == [0, 3, 1, 2]", "inverse([0, 3, 1, 2]) == [0, 2, 3, 1]",
    "spread([2, 6, 7], [1]) == [1, 6, 1]",
  ]) func `formulas know lists and axes`(text: String) throws {
    #expect(try Expression(text).evaluate(in: Known()) == .bool(true))
  }

  @Test(arguments: [
    "1 +", "(1", "foo(", "a ? b", "1 2", String(repeating: "(", count: 500),
    String(repeating: "1+", count: 100_000) + "1",
  ])
  func `what is no formula is refused`(text: String) {
    #expect(throws: (any Error).self) { try Expression(text) }
  }
}

@Suite struct PatternTests {
  @Test func `an index is a whole number, and layer 1 is not layer 10`() throws {
    let pattern = try Pattern("{prefix}layer.{i}.{weight|gamma}")
    #expect(pattern.match("bert.layer.10.gamma", prefix: "bert.") == ["i": 10])
    #expect(pattern.match("layer.10.gamma", prefix: "bert.") == nil)
    #expect(pattern.match("bert.layer.01.gamma", prefix: "bert.") == nil)
    #expect(pattern.match("bert.layer.1.gamma2", prefix: "bert.") == nil)
    #expect(try pattern.name(["i": 3], prefix: "") == "layer.3.weight")
  }

  @Test func `a pattern that could be tried for ever is refused`() {
    #expect(throws: (any Error).self) { try Pattern(String(repeating: "{a|a}", count: 30) + "b") }
  }

  @Test func `an index is the same everywhere in a name`() throws {
    let pattern = try Pattern("a.{i}.b.{i}")
    #expect(pattern.match("a.2.b.2", prefix: "") == ["i": 2])
    #expect(pattern.match("a.2.b.3", prefix: "") == nil)
  }
}

extension PatternTests {
  @Test func `Keras's counter is nothing for 0, and _1 for 1`() throws {
    let pattern = try Pattern("{prefix}layers/block{_i}/dense/vars/0")
    #expect(pattern.match("layers/block/dense/vars/0", prefix: "") == ["i": 0])
    #expect(pattern.match("layers/block_12/dense/vars/0", prefix: "") == ["i": 12])
    for name in ["block_0", "block_01", "block_", "block_1x", "block1"] {
      #expect(pattern.match("layers/\(name)/dense/vars/0", prefix: "") == nil)
    }
    for index in [0, 1, 30] {
      let name = try pattern.name(["i": index], prefix: "a/")
      #expect(pattern.match(name, prefix: "a/") == ["i": index])
    }
  }

  @Test func `anything matches, and makes no name`() throws {
    let pattern = try Pattern("{*}/seed/vars/{n}")
    #expect(pattern.match("a/b/seed/vars/0", prefix: "") == ["n": 0])
    #expect(pattern.match("a/b/seed/vars", prefix: "") == nil)
    #expect(!pattern.isInvertible)
    #expect(throws: (any Error).self) { try pattern.name(["n": 0], prefix: "") }
  }
}

@Suite struct StepTests {
  struct Nothing: Environment {
    func value(of name: String) -> JSON? { nil }
  }

  /// Three groups, each of two queries, a key and a value of two numbers.
  private static let steps = """
    [{ "reshape": [3, -1], "from": [24] }, { "split": 1, "sizes": [4, 2, 2] },
     { "reshape": [-1], "from": [3, -1] }]
    """

  @Test func `groups of queries, keys and values come apart and together again`() throws {
    let document = try Document(parsing: Self.steps)
    let steps = try document.cursor.array().map { try Step($0) }
    let fused = try StoredTensor(Array(Int64(0)..<24), shape: [24])
    var parts = [fused]
    for step in steps { parts = try step.apply(parts, in: Nothing()) }
    #expect(
      try parts.map { try $0.ints() } == [
        [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19], [4, 5, 12, 13, 20, 21],
        [6, 7, 14, 15, 22, 23],
      ])
    for step in steps.reversed() { parts = try step.invert(parts, in: Nothing()) }
    #expect(try parts.map { try $0.ints() } == [try fused.ints()])
  }

  @Test func `rows that nothing reads stand before a table, and a shared row is folded in`() throws
  {
    let table = try StoredTensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    let pad = try #require(
      try Document(parsing: #"[{ "pad": 0, "before": [2] }]"#).cursor.array().map { try Step($0) }
        .first)
    let padded = try pad.apply([table], in: Nothing())
    #expect(padded[0].shape == [5, 2])
    #expect(try padded[0].floats().prefix(4).allSatisfy { $0 == 0 })
    #expect(try pad.invert(padded, in: Nothing())[0].floats() == table.floats())
    let fold = try #require(
      try Document(parsing: #"[{ "fold": [2] }]"#).cursor.array().map { try Step($0) }.first)
    let parts = try fold.apply([table], in: Nothing())
    #expect(parts.map(\.shape) == [[5, 2], [1, 2]])
    #expect(try fold.invert(parts, in: Nothing())[0].floats() == table.floats())
    let row = try StoredTensor([Float(10), 20], shape: [1, 2])
    #expect(
      try fold.invert([parts[0], row], in: Nothing())[0].floats() == [11, 22, 13, 24, 15, 26])
  }

  @Test(arguments: [[23], [3, 8]]) func `a tensor of another shape is refused`(shape: [Int]) throws
  {
    let document = try Document(parsing: Self.steps)
    let step = try Step(document.cursor.array()[0])
    let tensor = try StoredTensor(
      Array(repeating: Int64(0), count: shape.reduce(1, *)), shape: shape)
    #expect(throws: (any Error).self) { try step.apply([tensor], in: Nothing()) }
  }
}

@Suite struct OverlayTests {
  @Test func `a new node stands after the one it names, and a known one keeps its settings`() throws
  {
    let lower = try Document(
      parsing: #"{"nodes": [{"name": "a", "after": 1}, {"name": "b"}]}"#)
    let upper = try Document(
      parsing: #"{"nodes": [{"name": "c", "after": "a"}, {"name": "a", "after": "=2"}]}"#)
    let merged = try Document(
      parsing: #"{"nodes": [{"name": "a", "after": "=2"}, {"name": "c"}, {"name": "b"}]}"#)
    #expect(Overlay.lay(upper.root, on: lower.root) == merged.root)
  }
}

@Suite struct RecognitionTests {
  @Test(arguments: [
    ("roberta.", "lm_head.dense.weight", "roberta"), ("roberta.", "classifier.weight", "roberta"),
    ("longformer.", "longformer.encoder.layer.0.attention.self.query_global.weight", "longformer"),
    ("electra.", "electra.embeddings_project.weight", "electra"),
    ("module.bert.", "module.classifier.weight", "bert"), ("", "pooler.dense.weight", "bert"),
    ("backbone.bert.", "backbone.bert.pooler.dense.weight", "bert"),
  ]) func `names alone tell BERT from its offspring`(prefix: String, other: String, family: String)
    throws
  {
    let names = [
      "embeddings.word_embeddings.weight", "embeddings.token_type_embeddings.weight",
      "encoder.layer.0.attention.self.query.weight", "encoder.layer.0.intermediate.dense.weight",
    ]
    var tensors = TensorTable()
    for name in names.map({ prefix + $0 }) + [other] {
      try tensors.append(name, StoredTensor([Int64(0)], shape: [1]))
    }
    #expect(try FamilyLibrary.recognise(config: nil, tensors: tensors).name == family)
  }
}
