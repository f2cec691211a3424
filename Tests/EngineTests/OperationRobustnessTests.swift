import Architectures
import Diagnostics
import Documents
import Engine
import TestSupport
import Tensors
import Testing

/// The graphs of `Fixtures/operations`, each setting and each input changed in turn: what no longer
/// fits is refused by an error, and nothing ends the process.
@Suite(.serialized) struct OperationRobustnessTests {
  private static let numbers: [Int64] = [-3, 0, 1, 3, 1 << 40, .max]

  @Test(
    arguments: Scratch.names(in: Shelf.fixture("operations")).filter { $0.hasSuffix(".json") })
  func `no setting of an operation and no input that is another ends the process`(file: String)
    throws
  {
    var (ran, refused) = (0, 0)
    for fixture in try Document(reading: Shelf.fixture("operations/" + file)).cursor.array() {
      guard let architecture = try fixture.require("architecture").value.objectValue,
        let nodes = architecture["nodes"]?.arrayValue
      else { continue }
      let inputs = try OperationFixture.tensors(fixture.require("inputs"))
      let parameters =
        try fixture.optional("parameters").map(OperationFixture.tensors) ?? TensorTable()
      for (position, node) in nodes.enumerated() {
        for changed in Self.changes(node.objectValue ?? JSONObject(), inputs.names) {
          var (nodes, architecture) = (nodes, architecture)
          nodes[position] = .object(changed)
          architecture["nodes"] = .array(nodes)
          do throws(CrosswalkError) {
            let model = try Model(Architecture(Document(.object(architecture)))) {
              (name) throws(CrosswalkError) in
              guard let tensor = parameters[name] else {
                throw CrosswalkError(.missingTensor, "no '\(name)'")
              }
              return tensor
            }
            _ = try model.run(inputs)
            ran += 1
          } catch { refused += 1 }
        }
      }
    }
    #expect(ran > 0 && refused > 0)
  }

  /// The node with one value in another's place.
  private static func changes(_ node: JSONObject, _ inputs: [String]) -> [JSONObject] {
    var changes: [JSONObject] = []
    for (key, value) in node.members where key != "name" && key != "operation" {
      for other in others(value, inputs) {
        var changed = node
        changed[key] = other
        changes.append(changed)
      }
    }
    return changes
  }

  private static func others(_ value: JSON, _ inputs: [String]) -> [JSON] {
    if let list = value.arrayValue {
      return [.array(Array(list.dropLast()))]
        + list.indices.flatMap { place in
          others(list[place], inputs).map { other in
            var list = list
            list[place] = other
            return JSON.array(list)
          }
        }
    }
    if let object = value.objectValue { return changes(object, inputs).map(JSON.object) }
    if let truth = value.boolValue { return [.bool(!truth)] }
    if value.stringValue != nil { return inputs.map(JSON.string) }
    return numbers.map(JSON.integer)
  }
}
