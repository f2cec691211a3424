import Diagnostics
import Documents
import Tensors
import Testing

@testable import Families

/// Indices that the two sides of a row count in different ways.
@Suite struct RowIndicesTests {
  private static let text = """
    {
      "format": "crosswalk.family", "version": 1, "family": "grid",
      "recognise": { "config": { "model_type": "grid" } },
      "config": {
        "groups": { "type": "integer" },
        "size": { "type": "integer" },
        "width": { "key": [], "default": 2 }
      },
      "architecture": {
        "inputs": { "x": { "dtype": "floating", "axes": ["batch", { "width": "=width" }] } },
        "nodes": [
          {
            "name": "layers.{i}", "repeat": "=groups * size", "input": "x",
            "parameters": "='groups.' + floor(i / size) + '.layers.' + i % size",
            "nodes": [{ "name": "dense", "operation": "linear", "input": "input", "width": "=width", "bias": false }]
          }
        ],
        "outputs": { "y": "layers" }
      },
      "dialects": {
        "flat": {
          "weights": [
            {
              "theirs": "dense{_n}", "ours": "groups.{g}.layers.{j}.dense.weight",
              "through": { "n": { "g": "=groups", "j": "=size" } }
            }
          ]
        }
      }
    }
    """

  private func crossing(_ tensors: TensorTable) throws -> Crossing {
    let family = try Family(Document(parsing: Self.text)) { (_) throws(CrosswalkError) in
      try Document(parsing: "{}")
    }
    return try Crossing(
      family, dialect: "flat",
      config: Document(parsing: #"{ "model_type": "grid", "groups": 2, "size": 3 }"#),
      tensors: tensors)
  }

  private func table(_ names: [String]) throws -> TensorTable {
    var tensors = TensorTable()
    for (number, name) in names.enumerated() {
      let values = [Float](repeating: Float(number), count: 4)
      try tensors.append(name, StoredTensor(values, shape: [2, 2]))
    }
    return tensors
  }

  @Test func `one index counts through two, the last the fastest, and back`() throws {
    let names = ["dense"] + (1..<6).map { "dense_\($0)" }
    let crossing = try crossing(table(names))
    let reading = try crossing.read(table(names))
    let four = try #require(reading.parameters["groups.1.layers.1.dense.weight"])
    #expect(try four.floats() == [4, 4, 4, 4])
    #expect(reading.parameters.names.count == 6)
    let written = try crossing.write(reading.parameters)
    #expect(written.names.sorted() == names.sorted())
    #expect(try #require(written["dense_5"]).floats() == [5, 5, 5, 5])
  }

  @Test func `a number beyond the last is no row's`() throws {
    #expect(try crossing(table(["dense"])).row(of: "dense_6") == nil)
    #expect(try crossing(table(["dense"])).row(of: "dense_5") != nil)
  }
}
