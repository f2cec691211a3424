import Architectures
import Diagnostics
import Documents
import Engine
import TestSupport
import Tensors
import Testing

/// Graphs of a few nodes, and what PyTorch computed for them in float64
/// (`Fixtures/recipes/operations`).
@Suite struct OperationFixtureTests {
  @Test(
    arguments: Scratch.names(in: Shelf.fixture("operations")).filter { $0.hasSuffix(".json") },
    Precision.allCases)
  func `operations compute what PyTorch computes`(file: String, precision: Precision) throws {
    let cases = try Document(reading: Shelf.fixture("operations/" + file)).cursor.array()
    #expect(!cases.isEmpty)
    for fixture in cases {
      let name = try "\(file): \(fixture.require("name").string())"
      do { try check(fixture, name, precision) } catch { Issue.record(error, "\(name)") }
    }
  }

  private func check(_ fixture: DocumentCursor, _ name: String, _ precision: Precision) throws {
    let parameters =
      try fixture.optional("parameters").map(OperationFixture.tensors) ?? TensorTable()
    let model = try Model(
      Architecture(Document(fixture.require("architecture").value)), precision: precision
    ) { (name) throws(CrosswalkError) in
      guard let tensor = parameters[name] else {
        throw CrosswalkError(.missingTensor, "no '\(name)'")
      }
      return tensor
    }
    let trace = try model.run(OperationFixture.tensors(fixture.require("inputs")), capture: .all)
    let outputs = try OperationFixture.tensors(fixture.require("outputs"))
    let attention = try fixture.optional("attention").map(OperationFixture.tensors) ?? TensorTable()
    let tolerance = try fixture.optional("tolerance")?.double() ?? 1
    let pairs =
      outputs.map { ($0, trace.outputs[$0], $1) } + attention.map { ($0, trace.attention[$0], $1) }
    for (output, found, expected) in pairs {
      let found = try #require(found, "\(name): \(output)")
      #expect(found.shape == expected.shape, "\(name): \(output)")
      #expect(found.dtype.isFloating == expected.dtype.isFloating, "\(name): \(output)")
      guard found.shape == expected.shape else { continue }
      let distance = try zip(found.doubles(), expected.doubles()).map { found, expected in
        found == expected ? 0 : abs(found - expected) / max(1, abs(expected))
      }.max { $1.isNaN || $0 < $1 }
      let limit = tolerance * (precision == .float32 ? 2e-6 : 1e-13)
      #expect(distance ?? 0 <= limit, "\(name): \(output)")
    }
  }
}

/// How a fixture writes tensors down.
enum OperationFixture {
  static func tensors(_ json: DocumentCursor) throws -> TensorTable {
    var table = TensorTable()
    for (name, value) in try json.members() {
      let shape = try value.require("shape").array().map { try $0.int() }
      let values = try value.require("values").array()
      let tensor =
        try value.require("dtype").string() == "integer"
        ? StoredTensor(values.map { Int64(try $0.int()) }, shape: shape)
        : StoredTensor(values.map(number), shape: shape)
      try table.append(name, tensor)
    }
    return table
  }

  private static func number(_ json: DocumentCursor) throws -> Double {
    switch json.value.stringValue {
    case "inf": .infinity
    case "-inf": -.infinity
    default: try json.double()
    }
  }
}
