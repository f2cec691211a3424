import Architectures
import Diagnostics
import Documents

/// The family of one model, as its file would be written.
struct ModelFamily {
  let model: ModelConfig
  let graph: ModelGraph
  let version: String
  let description: KerasModels.Description
  /// The names of the checkpoint's tensors.
  let names: [String]
  let library: LayerLibrary

  /// The dialects of a version of Keras: attribute paths, `layers/dense/vars/0`, and layers and
  /// weights by name, `dense/dense/kernel:0`.
  ///
  /// - Parameter isOwn: whether the model came from that version.
  private static func dialects(of version: Int, isOwn: Bool) -> (tree: String, lists: String) {
    let tree = version < 3 ? "tf-keras" : "keras"
    return (tree, isOwn ? "keras-legacy" : version < 3 ? "tf-keras-legacy" : "keras-3-legacy")
  }

  func json() throws(CrosswalkError) -> JSON {
    var dialects = try own
    for (name, dialect) in other.members where dialects[name] == nil { dialects[name] = dialect }
    return [
      "format": "crosswalk.family", "version": 1, "family": .string(model.name),
      "summary": .string("the Keras model '\(model.name)', by its config"),
      "config": ["irrelevant": ["*"]],
      "architecture": [
        "inputs": .object(JSONObject(graph.inputs.map { ($0.name, $0.json) })),
        "nodes": .array(graph.builder.nodes),
        "outputs": .object(JSONObject(graph.outputs.map { ($0.name, .string($0.node)) })),
      ],
      "dialects": .object(dialects),
    ]
  }

  // MARK: Dialects

  /// The dialects of the version that the model came from.
  private var own: JSONObject {
    get throws(CrosswalkError) {
      dialects(
        of: try Rendition(description, model, graph, names: names), keras: version, beside: ignored,
        isOwn: true)
    }
  }

  /// Those of the other version, which may be none of this model.
  private var other: JSONObject {
    let wanted = model.version < 3 ? 3 : 2
    do throws(CrosswalkError) {
      let rendition = try Rendition(of: model, graph, in: wanted, library)
      return dialects(
        of: rendition, keras: wanted < 3 ? "2.15.0" : "3.0.0", beside: [], isOwn: false)
    } catch {
      var refused = names(of: [])
      let name = Self.dialects(of: wanted, isOwn: false).tree
      refused["refuse"] = .string("the model cannot be said as '\(name)': \(error.description)")
      return JSONObject([(name, .object(refused))])
    }
  }

  private func dialects(of rendition: Rendition, keras: String, beside: [JSON], isOwn: Bool)
    -> JSONObject
  {
    let words = Self.dialects(of: rendition.version, isOwn: isOwn)
    var tree = names(of: rendition.weights.tree + beside)
    tree["metadata"] = rendition.metadata(keras)
    tree["config"] = ["write": [["said": rendition.config]]]
    tree["endings"] = [".weights.h5": .string(words.tree), ".h5": .string(words.lists)]
    var lists = names(of: rendition.weights.lists + beside)
    lists["metadata"] = rendition.lists(keras)
    lists["endings"] = [".weights.h5": .string(words.tree), ".keras": .string(words.tree)]
    if !rendition.notes.isEmpty {
      tree["notes"] = .array(rendition.notes.map(JSON.string))
      lists["notes"] = tree["notes"]
    }
    return JSONObject([(words.tree, .object(tree)), (words.lists, .object(lists))])
  }

  /// A dialect of these weights, with all that has names of Keras's.
  private func names(of weights: [JSON]) -> JSONObject {
    JSONObject([
      ("weights", .array(weights)), ("inputs", rows(graph.inputNames)), ("nodes", moduleRows),
      ("attention", rows(graph.builder.tables.map { ($0.name, $0.node) })),
    ])
  }

  /// Layers' names, with the nodes that make what they put out.
  private var moduleRows: JSON {
    let inputs = Set(graph.inputs.map(\.name))
    let made = rows(
      graph.builder.modules.filter { !inputs.contains($0.node) }.map { ($0.name, $0.node) })
    let passed = graph.builder.modules.filter { inputs.contains($0.node) }.map { module -> JSON in
      ["theirs": .string(module.name), "ignore": "what flows in, as it is"]
    }
    return .array((made.arrayValue ?? []) + passed)
  }

  private func rows(_ pairs: [(theirs: String, ours: String)]) -> JSON {
    // A name with braces would be a pattern.
    .array(
      pairs.filter { !$0.theirs.contains(where: "{}".contains) }
        .map { ["theirs": .string($0.theirs), "ours": .string($0.ours)] })
  }

  /// What stands beside the weights: the optimizer, metrics, and the states of random numbers.
  private var ignored: [JSON] {
    names.compactMap { name in
      let words = name.split(separator: "/").map(String.init)
      let reason: String? =
        switch words.first {
        case "optimizer", "optimizer_weights": "the optimizer's state"
        case "metrics", "_metrics", "compile_metrics": "a metric's state"
        default:
          words.contains("seed_generator") || words.contains { $0.hasPrefix("_random_generator") }
            || words.last == "seed_generator_state" || words.last == "seed_generator_state:0"
            ? "the state of a random number generator" : nil
        }
      guard let reason, !name.contains(where: "{}".contains) else { return nil }
      return ["theirs": .string(name), "ignore": .string(reason)]
    }
  }
}
