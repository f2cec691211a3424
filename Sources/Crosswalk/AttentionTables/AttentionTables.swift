import Architectures
import Containers
public import Diagnostics
import Documents
public import Engine
import Families
public import Reports
public import Tensors

/// How to write attention as tables.
public struct AttentionTables: Sendable {
  /// The vocabulary that labels the tokens; nil for the one beside the weights.
  public var vocabulary: String?
  /// Which attention nodes are shown; nil for all.
  public var names: Glob?
  /// The report's title; nil for one that names the checkpoint.
  public var title: String?

  /// All attention, labelled as well as can be.
  public init() {}

  /// Runs a model and tabulates the attention of every head, for each row of the batch.
  ///
  /// The run is in float32 and keeps nothing but attention. Tokens are labelled from the vocabulary
  /// beside the checkpoint, or by their ids where there is none.
  ///
  /// - Parameter inputs: tensors by input name.
  /// - Throws: `missingTensor` when there is no attention to show, and what loading, running and
  ///   reading the vocabulary meet.
  public func tables(
    of checkpoint: ModelCheckpoint, inputs: TensorTable, observer: any Observer = Silence()
  ) throws(CrosswalkError) -> AttentionReport {
    // Refused before the run, which may be long.
    let names = try chosen(GraphSites(checkpoint.architecture).sites.map(\.name))
    _ = try Vocabulary.of(nil, given: vocabulary)
    let trace = try checkpoint.model(observer: observer)
      .run(checkpoint.inputs(inputs), capture: .named(Set(names)), observer: observer)
    return try tables(of: trace, from: checkpoint)
  }

  /// Tabulates the attention that a trace holds.
  ///
  /// - Parameters:
  ///   - trace: a run of ours, or one that a framework recorded.
  ///   - checkpoint: the model that ran, if it is at hand. It tells encoder, decoder and cross
  ///     attention apart by the graph, and what labels the tokens; without it the trace's own
  ///     `architecture` does, or names and shapes.
  /// - Throws: `missingTensor` when there is no attention to show, and what reading meets.
  public func tables(of trace: Trace, from checkpoint: ModelCheckpoint? = nil)
    throws(CrosswalkError) -> AttentionReport
  {
    let labels = TokenLabels(
      inputs: trace.inputs,
      vocabulary: try Vocabulary.of(checkpoint?.checkpoint, given: vocabulary))
    let chosen = Set(try chosen(trace.attention.names))
    var report = AttentionReport(title: title ?? Self.title(of: checkpoint, trace), tables: [])
    for (name, site) in try sites(of: trace, checkpoint) where chosen.contains(name) {
      guard let tensor = trace.attention[name] else { continue }
      do throws(CrosswalkError) {
        report.tables += try tables(of: tensor, name, site, labels)
      } catch { throw error.inside(.node(name)) }
    }
    return report
  }

  private func chosen(_ all: [String]) throws(CrosswalkError) -> [String] {
    let chosen = names.map { names in all.filter(names.matches) } ?? all
    guard chosen.isEmpty else { return chosen }
    throw CrosswalkError(
      .missingTensor,
      all.isEmpty ? "there is no attention to show" : "no attention node's name fits",
      remedy: all.isEmpty
        ? "record or run with attention captured"
        : "there are \(all.count), such as \(all.prefix(3).joined(separator: ", "))")
  }

  private static func title(of checkpoint: ModelCheckpoint?, _ trace: Trace) -> String {
    let path = checkpoint?.checkpoint.path.split(separator: "/").last.map(String.init)
    return "Attention of " + (path ?? trace.metadata["producer"]?.stringValue ?? "a trace")
  }

  // MARK: Sites

  /// The trace's tables in graph order, as far as a graph is known.
  private func sites(of trace: Trace, _ checkpoint: ModelCheckpoint?) throws(CrosswalkError)
    -> [(String, AttentionSite)]
  {
    let known = try Self.architecture(of: trace, checkpoint).map { GraphSites($0).sites } ?? []
    let order = Dictionary(
      known.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [(order: Int, name: String, site: AttentionSite)] = []
    for (name, tensor) in trace.attention {
      if let position = order[try Self.node(of: name, checkpoint)] {
        found.append((position, name, known[position].site))
      } else {
        let site = NamedSites(trace).site(of: name, tensor)
        found.append((known.count + (site.kind == .encoder ? 0 : 1), name, site))
      }
    }
    found.sort { a, b in a.order == b.order ? a.name.precedesNaturally(b.name) : a.order < b.order }
    return found.map { ($0.name, $0.site) }
  }

  private static func architecture(of trace: Trace, _ checkpoint: ModelCheckpoint?)
    throws(CrosswalkError) -> Architecture?
  {
    if let checkpoint { return checkpoint.architecture }
    guard let text = trace.metadata["architecture"]?.stringValue else { return nil }
    return try Architecture(Document(parsing: text))
  }

  /// The node that a recorded name means.
  private static func node(of name: String, _ checkpoint: ModelCheckpoint?) throws(CrosswalkError)
    -> String
  {
    let meaning = try checkpoint?.crossing?.attention(ofModule: name)
    guard case .nodes(let nodes, _)? = meaning, let node = nodes.first, nodes.count == 1 else {
      return name
    }
    return node
  }

  // MARK: Tables

  private func tables(
    of tensor: StoredTensor, _ name: String, _ site: AttentionSite, _ labels: TokenLabels
  ) throws(CrosswalkError) -> [AttentionReport.Table] {
    guard tensor.shape.count == 4 else {
      throw CrosswalkError(
        .wrongShape, "not an attention table", expected: "axes batch, heads, queries, keys",
        found: "\(tensor.shape)")
    }
    let (batches, heads, queries, keys) = (
      tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3]
    )
    let values = try tensor.floats()
    let size = batches > 0 ? values.count / batches : 0
    var tables: [AttentionReport.Table] = []
    for batch in 0..<batches {
      tables.append(
        try AttentionReport.Table(
          name: name, kind: site.kind, layer: site.layer, batch: batch, heads: heads,
          queries: labels.labels(site.queries, batch, of: batches, queries),
          keys: labels.labels(site.keys, batch, of: batches, keys),
          values: Array(values[batch * size..<(batch + 1) * size]),
          queryPadding: labels.padding(site.queryPadding, batch, of: batches, queries),
          keyPadding: labels.padding(site.keyPadding, batch, of: batches, keys)))
    }
    return tables
  }
}

extension String {
  /// Whether a name stands before another when numbers in them count as numbers.
  fileprivate func precedesNaturally(_ other: String) -> Bool {
    let (a, b) = (split(separator: "."), other.split(separator: "."))
    for (x, y) in zip(a, b) where x != y {
      if let m = Int(x), let n = Int(y), m != n { return m < n }
      return x < y
    }
    return a.count < b.count
  }
}
