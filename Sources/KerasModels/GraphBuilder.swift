import Architectures
import Diagnostics
import Documents
import Families

/// The graph as it grows, layer by layer.
///
/// What flows is known by the name of the node or input that makes it.
final class GraphBuilder {
  let library: LayerLibrary
  private(set) var nodes: [JSON] = []
  private(set) var types: [String: TensorType] = [:]
  /// The masks that go along with what flows, as Keras attaches them.
  var masks: [String: String] = [:]
  /// What each call of a layer put out, under the layer's name as a trace has it.
  var modules: [(name: String, node: String)] = []
  /// Which node makes the attention table of a layer.
  var tables: [(name: String, node: String)] = []
  /// The layers that have been called, by what configs call them wherever they stand, each with the
  /// name of its first call.
  var shared: [Int: (layer: LayerConfig, owner: String)] = [:]
  /// The parameters of all nodes.
  private(set) var parameters: Set<String> = []
  /// The nodes that have parameters.
  private(set) var owners: Set<String> = []
  /// The inputs that ids are looked up with.
  private(set) var looksUp: Set<String> = []

  init(_ library: LayerLibrary) { self.library = library }

  /// What flows through an argument of a call.
  indirect enum Value {
    case tensor(String)
    case list([Value])
    case constant(JSON)

    var tensors: [String] {
      switch self {
      case .tensor(let name): [name]
      case .list(let items): items.flatMap(\.tensors)
      case .constant: []
      }
    }
  }

  /// Where a call's nodes stand, and under whose name their parameters go.
  struct Site {
    /// The name of the call: `dense`, and `dense@1` for the second.
    let name: String
    /// The name of the first call, whose parameters all calls have.
    let owner: String

    func within(_ part: String) -> Site {
      Site(
        name: name.isEmpty ? part : "\(name).\(part)",
        owner: owner.isEmpty ? part : "\(owner).\(part)")
    }
  }

  /// Something that flows into the graph.
  func input(_ name: String, _ type: TensorType) { types[name] = type }

  /// Adds a node whose references are settled, and says what it puts out.
  func append(_ node: JSONObject, at site: Site) throws(CrosswalkError) {
    guard let word = node["operation"]?.stringValue, let kind = Operations.named(word) else {
      throw CrosswalkError(
        .unsupported, "the graph has no operation '\(node["operation"]?.stringValue ?? "")'")
    }
    var node = node
    var settings = node
    for key in ["name", "operation"] { settings[key] = nil }
    var inputs: [String: [TensorType]] = [:]
    for role in kind.roles {
      let names =
        node[role.name]?.arrayValue?.compactMap(\.stringValue)
        ?? [node[role.name]?.stringValue].compactMap { $0 }
      inputs[role.name] = names.compactMap { types[$0] }
      settings[role.name] = nil
      if word == Embedding.name { looksUp.formUnion(names) }
    }
    var reader = Settings(settings)
    let operation = try kind.init(&reader)
    try reader.finish()
    let signature = try operation.signature(InputTypes(types: inputs))
    parameters.formUnion(signature.parameters.map { "\(site.owner).\($0.role)" })
    node["name"] = .string(site.name)
    if site.owner != site.name, !signature.parameters.isEmpty {
      node["parameters"] = .object(
        JSONObject(signature.parameters.map { ($0.role, .string("\(site.owner).\($0.role)")) }))
    }
    guard types.updateValue(signature.output, forKey: site.name) == nil else {
      throw CrosswalkError(.unsupported, "two layers become a node '\(site.name)'")
    }
    for (name, type) in signature.others { types["\(site.name).\(name)"] = type }
    if !signature.parameters.isEmpty { owners.insert(site.name) }
    nodes.append(.object(node))
  }
}
