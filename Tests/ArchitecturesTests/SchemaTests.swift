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
}
