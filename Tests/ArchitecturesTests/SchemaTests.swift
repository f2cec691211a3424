import Architectures
import Documents
import TestSupport
import Testing

@Suite struct SchemaTests {
  @Test func `the schema knows the operations, and what flows into each`() throws {
    let schema = try Document(reading: Shelf.root + "/Schemas/architecture.schema.json").cursor
    let definitions = try schema.require("$defs")
    let names = Operations.all.map { $0.name }
    #expect(
      try definitions.require("operation").require("enum").array().map(\.value.stringValue) == names
    )
    let operations = try definitions.require("operations")
    #expect(try operations.members().map(\.key) == names)
    for operation in Operations.all {
      let schema = try operations.require(operation.name)
      let required = try schema.require("required").array().map(\.value.stringValue)
      for role in operation.roles {
        #expect(
          try schema.require("properties").optional(role.name) != nil,
          "\(operation.name): \(role.name)")
        #expect(
          required.contains(role.name) == (role.arity != .optional),
          "\(operation.name): \(role.name)")
      }
    }
  }

  @Test func `the schema knows the words of each setting`() throws {
    func words(_ operation: String, _ setting: String) throws -> [String?] {
      try Document(reading: Shelf.root + "/Schemas/architecture.schema.json").cursor
        .require("$defs").require("operations").require(operation).require("properties")
        .require(setting).require("enum").array().map(\.value.stringValue)
    }
    let functions = try Document(reading: Shelf.root + "/Schemas/architecture.schema.json").cursor
      .require("$defs").require("function_name").require("enum").array().map(\.value.stringValue)
    #expect(functions == Activation.Function.allCases.map(\.rawValue))
    #expect(try Set(words("softmax", "function")) == names(of: Softmax.Function.self))
    #expect(try Set(words("pad", "mode")) == names(of: Pad.Mode.self))
    #expect(try Set(words("resize", "mode")) == names(of: Resize.Mode.self))
    #expect(try Set(words("cast", "dtype")) == names(of: Cast.Sort.self))
    #expect(try Set(words("recurrent", "kind")) == names(of: Recurrent.Kind.self))
    #expect(try Set(words("reduce", "function")) == names(of: Reduce.Function.self))
    #expect(try Set(words("pool", "function")) == names(of: Pool.Function.self))
    #expect(try Set(words("arithmetic", "function")) == names(of: Arithmetic.Function.self))
    #expect(try Set(words("compare", "function")) == names(of: Compare.Function.self))
    #expect(try Set(words("layer_norm", "spread")) == names(of: LayerNorm.Spread.self))
    #expect(try Set(words("attention", "score")) == names(of: Attention.Score.self))
    #expect(try Set(words("attention", "score_weight")) == names(of: Attention.ScoreWeight.self))
    #expect(try Set(words("attention", "fully_masked")) == names(of: Attention.FullyMasked.self))
    #expect(try Set(words("attention_mask", "nonzero")) == names(of: AttentionMask.Meaning.self))
    #expect(
      try Set(words("sinusoidal_positions", "exponent"))
        == names(of: SinusoidalPositions.Exponent.self))
    #expect(
      try Set(words("sinusoidal_positions", "angles")) == names(of: SinusoidalPositions.Angles.self)
    )
    #expect(try Set(words("alibi", "precision")) == names(of: Alibi.Precision.self))
    #expect(try Set(words("rotary", "pairs")) == names(of: Rotary.Pairs.self))
    #expect(try Set(words("rotary", "angles")) == names(of: Rotary.Angles.self))
    #expect(try Set(words("experts", "routing")) == names(of: Experts.Routing.self))
    #expect(
      try Set(words("sinusoidal_positions", "layout")) == names(of: SinusoidalPositions.Layout.self)
    )
  }

  @Test func `the schema knows the options of each function`() throws {
    let properties = try Document(reading: Shelf.root + "/Schemas/architecture.schema.json").cursor
      .require("$defs").require("operations").require("activation").require("properties").members()
    let options = Activation.Function.allCases.flatMap { $0.options.map(\.key) }
    #expect(Set(properties.map(\.key)) == Set(options + ["input", "function"]))
  }

  private func names<Word: CaseIterable & RawRepresentable<String>>(of type: Word.Type) -> Set<
    String?
  > {
    Set(type.allCases.map(\.rawValue))
  }
}
