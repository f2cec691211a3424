import Architectures
import Crosswalk
import Diagnostics
import Documents
import Engine
import Reports
import Tensors
import TestSupport
import Testing

/// Known porting faults, put into correct models: each must be seen, and the correct ones must pass.
@Suite struct FaultTests {
  /// One fault: what becomes of the architecture's JSON, and of each parameter.
  struct Fault: CustomStringConvertible, Sendable {
    let model: String
    let description: String
    var architecture: @Sendable (JSON) -> JSON = { $0 }
    var parameters: @Sendable (String, TensorTable) throws -> StoredTensor? = { $1[$0] }
  }

  private static func setting(
    _ key: String, _ value: JSON?, of operation: String? = nil, in model: String
  ) -> Fault {
    Fault(
      model: model, description: "\(model): \(key) \(value?.text(indented: false) ?? "left out")",
      architecture: { $0.setting(key, to: value, of: operation) })
  }

  private static func weight(
    _ description: String, _ name: String, in model: String,
    _ change: @escaping @Sendable (StoredTensor, TensorTable) throws -> StoredTensor?
  ) -> Fault {
    Fault(
      model: model, description: "\(model): \(description)",
      parameters: { wanted, table in
        guard let tensor = table[wanted] else { return nil }
        return wanted == name ? try change(tensor, table) : tensor
      })
  }

  private static func exchanged(_ a: String, _ b: String, in model: String) -> Fault {
    Fault(
      model: model, description: "\(model): \(a) and \(b) exchanged",
      parameters: { $1[$0 == a ? b : $0 == b ? a : $0] })
  }

  private static func zeros(_ tensor: StoredTensor, _: TensorTable) throws -> StoredTensor {
    try .filled(tensor.dtype, tensor.shape, value: 0)
  }

  private static func transposed(_ tensor: StoredTensor, _: TensorTable) throws -> StoredTensor {
    try tensor.transposed()
  }

  static let all: [Fault] = [
    setting("epsilon", 1e-5, in: "bert-bare"),
    setting("function", "gelu_tanh", of: "gelu", in: "bert-bare"),
    setting("heads", 2, in: "bert-bare"),
    setting("key_mask", nil, in: "bert-bare"),
    Fault(
      model: "bert-bare", description: "bert-bare: causal",
      architecture: { $0.adding("causal", true, to: "attention") }),
    weight(
      "query transposed", "encoder.layers.1.attention.query.weight", in: "bert-bare", transposed),
    weight("value bias dropped", "encoder.layers.0.attention.value.bias", in: "bert-bare", zeros),
    weight(
      "output bias dropped", "encoder.layers.1.feed_forward.output.bias", in: "bert-no-pooler",
      zeros),
    exchanged(
      "encoder.layers.0.attention.norm.weight", "encoder.layers.0.feed_forward.norm.weight",
      in: "bert-bare"),
    exchanged(
      "encoder.layers.1.attention.query.weight", "encoder.layers.1.attention.key.weight",
      in: "bert-masked-lm"),
    setting("epsilon", 1e-6, in: "gpt2-lm"),
    setting("function", "gelu", of: "gelu_tanh", in: "gpt2-lm"),
    setting("causal", false, in: "gpt2-lm"),
    setting("epsilon", 1e-6, in: "transformer-post-norm"),
    setting("epsilon", 1e-6, in: "transformer-pre-norm"),
    setting("function", "gelu_tanh", of: "gelu", in: "transformer-pre-norm"),
    setting("function", "gelu_tanh", of: "gelu", in: "transformer-batch-second"),
    setting("heads", 8, in: "transformer-encoder"),
    setting("heads", 2, in: "transformer-decoder"),
  ]

  /// With the float64 recording as the judge, and without.
  @Test(arguments: all) func `a fault is seen`(fault: Fault) throws {
    let folder = Shelf.fixture("models/\(fault.model)")
    let checkpoint = try ModelCheckpoint(opening: folder)
    let fixture = try Fixture(reading: folder + "/fixture.h5")
    let json = fault.architecture(checkpoint.architecture.source)
    let model = try Model(Architecture(Document(json, file: "fault.json"))) {
      (name) throws(CrosswalkError) in
      guard let tensor = try? fault.parameters(name, checkpoint.parameters) else {
        throw CrosswalkError(.missingTensor, name)
      }
      return tensor
    }
    for exact in [fixture.exact, nil] {
      let report = try Verification.verify(
        model, crossing: checkpoint.crossing, against: Fixture(fixture.trace, exact: exact))
      #expect(report.verdict == .differs, "\(fault)")
      #expect(report.divergingRow != nil)
    }
  }
}

@Suite struct ParityTests {
  @Test(arguments: models)
  func `a correct port passes, and everything recorded was compared`(name: String) throws {
    let folder = Shelf.fixture("models/\(name)")
    let checkpoint = try ModelCheckpoint(opening: folder)
    let fixture = try Fixture(reading: folder + "/fixture.h5")
    for exact in [fixture.exact, nil] {
      let report = try Verification.verify(
        checkpoint, against: Fixture(fixture.trace, exact: exact))
      #expect(report.verdict == .close, "\(report.missing) \(report.divergingRow?.name ?? "")")
      let recorded =
        fixture.trace.nodes.count + fixture.trace.outputs.count
        + fixture.trace.attention.count
      #expect(report.rows.count == recorded)
      for row in report.rows { #expect(row.metrics?.maximumAbsolute ?? 1 < 2e-5, "\(row.name)") }
    }
  }
}

extension JSON {
  /// The document with every setting of that key changed, wherever it has the old value.
  func setting(_ key: String, to value: JSON?, of old: String?) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.setting(key, to: value, of: old) })
    case .object(var object):
      {
        for (name, member) in object.members {
          let fits = name == key && (old == nil || member.stringValue == old)
          object[name] = fits ? value : member.setting(key, to: value, of: old)
        }
        return .object(object)
      }()
    default: self
    }
  }

  /// The document with one more setting at every node of that operation.
  func adding(_ key: String, _ value: JSON, to operation: String) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.adding(key, value, to: operation) })
    case .object(var object):
      {
        for (name, member) in object.members {
          object[name] = member.adding(key, value, to: operation)
        }
        if object["operation"]?.stringValue == operation { object[key] = value }
        return .object(object)
      }()
    default: self
    }
  }
}
