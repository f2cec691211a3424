import Architectures
import Diagnostics
import Documents
import Engine
import Reports
import Tensors

/// Rows that are learned for positions or distances and kept in other ways than one plain table: made
/// of several parameters, or read by an operation of relative positions.
struct StoredRows: Equatable {
  /// What the rows are.
  enum Kind: Equatable {
    /// A table that several make together, by the extents of each: rows and columns of a grid.
    case axial([[Int]])
    /// Rows by the distance of a key from its query, as an operation takes them from `middle` on.
    case relative(RelativeRows)
    /// Rows that queries and keys attend to, that of distance 0 in the middle.
    case disentangled(span: Int, buckets: Int, maximum: Int)

    static func == (a: Self, b: Self) -> Bool {
      switch (a, b) {
      case (.axial(let a), .axial(let b)): a == b
      case (.relative(let a), .relative(let b)):
        (a.reach, a.first, a.clips) == (b.reach, b.first, b.clips)
      case (.disentangled(let a, let b, let c), .disentangled(let d, let e, let f)):
        (a, b, c) == (d, e, f)
      default: false
      }
    }
  }

  let kind: Kind
  /// What makes the rows, and the name of the value.
  private let graph: Architecture?
  /// The parameter that the rows are, where nothing makes them.
  private let parameter: String?
  /// The name of what the rows are.
  let source: String

  static func == (a: Self, b: Self) -> Bool { a.kind == b.kind && a.source == b.source }

  /// The rows that a node reads, if it reads such.
  init?(_ node: Node, in architecture: Architecture) {
    switch node.operation {
    case is Take:
      guard let rows = node.arguments["input"]?.first, let ids = node.arguments["ids"]?.first,
        Self.node(ids, architecture)?.operation is Arange
      else { return nil }
      self.init(rows, in: architecture) { .axial($0) }
    case let scores as RelativeScores:
      guard let learned = scores.learned else { return nil }
      self.init(.relative(learned), of: node)
    case let values as RelativeValues: self.init(.relative(values.rows), of: node)
    case let bias as DisentangledBias:
      guard
        var rows = (node.arguments["position_key"] ?? node.arguments["position_query"])?.first
      else { return nil }
      // What each layer makes of the rows is its own; the rows are the model's.
      while let maker = Self.node(rows, architecture), maker.operation is Linear,
        let input = maker.arguments["input"]?.first
      {
        rows = input
      }
      self.init(rows, in: architecture) { _ in
        .disentangled(span: bias.span, buckets: bias.buckets, maximum: bias.maximum)
      }
    default: return nil
    }
  }

  private init?(_ kind: Kind, of node: Node) {
    guard let weight = node.parameters.first(where: { $0.role == "weight" }) else { return nil }
    (self.kind, graph, parameter, source) = (kind, nil, weight.name, weight.name)
  }

  private init?(_ value: Int, in architecture: Architecture, _ kind: ([[Int]]) -> Kind) {
    guard let graph = architecture.part(makingConstant: value), !graph.parameters.isEmpty else {
      return nil
    }
    self.kind = kind(graph.parameters.map(\.shape))
    (self.graph, parameter, source) = (graph, nil, architecture.name(of: value))
  }

  private static func node(_ value: Int, _ architecture: Architecture) -> Node? {
    value < architecture.inputs.count ? nil : architecture.nodes[value - architecture.inputs.count]
  }

  /// The table, a row for each position or distance.
  func table(
    name: String, of parameters: TensorTable, count wanted: Int?, notes: [String]
  ) throws(CrosswalkError) -> PositionsReport.Table {
    let tensor = try rows(of: parameters)
    let shape = tensor.shape.drop { $0 == 1 }
    guard tensor.dtype.isFloating, shape.count == 2, let height = shape.first,
      let width = shape.last
    else {
      throw CrosswalkError(
        .wrongShape, "not a table of positions", at: Place(.tensor(source)),
        expected: "floating point, (positions, width)",
        found: "\(tensor.dtype.rawValue) \(tensor.shape)")
    }
    let isOfPositions = rowsAre == .positions
    let count = isOfPositions ? min(height, max(0, wanted ?? height)) : height
    var values = [Float](repeating: 0, count: try PositionEncoding.size(count: count, width: width))
    let numbers = try tensor.cast(to: .f32)
    try values.withUnsafeMutableBufferPointer { (buffer) throws(CrosswalkError) in
      try numbers.read(0..<buffer.count, into: UnsafeMutableRawBufferPointer(buffer))
    }
    let less = count < height ? ["The first \(count) of \(height) positions."] : []
    return try PositionsReport.Table(
      name: name, kind: word, positions: count, width: width, values: values,
      notes: notes + less + [meaning], settings: settings, rows: rowsAre)
  }

  private func rows(of parameters: TensorTable) throws(CrosswalkError) -> StoredTensor {
    func given(_ name: String) throws(CrosswalkError) -> StoredTensor {
      guard let tensor = parameters[name] else {
        throw CrosswalkError(
          .missingTensor, "no tensor fills the parameter", at: Place(.tensor(name)))
      }
      return tensor
    }
    guard let graph else { return try given(parameter ?? source) }
    let model = try Model(graph) { (name) throws(CrosswalkError) in try given(name) }
    guard let made = try model.run(TensorTable()).outputs.first(where: { _ in true })?.1 else {
      throw CrosswalkError(.missingTensor, "nothing makes the rows", at: Place(.node(source)))
    }
    return made
  }

  // MARK: what is said of them

  private var rowsAre: PositionsReport.Table.Rows {
    if case .axial = kind { .positions } else { .distances }
  }

  private var word: String {
    switch kind {
    case .axial(let shapes): shapes.count > 1 ? "axial" : "learned"
    case .relative: "relative-rows"
    case .disentangled: "disentangled"
    }
  }

  private var meaning: String {
    switch kind {
    case .axial(let shapes):
      "Made of \(shapes.count == 1 ? "a parameter" : "parameters") of "
        + shapes.map { $0.map(String.init).joined(separator: " × ") }.joined(separator: " and ")
        + "."
    case .relative(let rows):
      "Row n is for a key n - \(rows.reach) positions "
        + (rows.first == .before ? "after its query" : "before its query")
        + (rows.clips ? "; keys beyond have the last rows." : "; keys beyond are refused.")
    case .disentangled(let span, let buckets, let maximum):
      "Row n is for a key \(span) - n \(buckets > 0 ? "buckets" : "positions") after its query"
        + (buckets > 0
          ? "; up to \(buckets / 2) a bucket is one position, then they widen, to \(maximum)."
          : ".")
    }
  }

  private var settings: JSONObject {
    switch kind {
    case .axial(let shapes):
      let lists = shapes.map { JSON.array($0.map { .integer(Int64($0)) }) }
      return JSONObject([("shapes", .array(lists))])
    case .relative(let rows):
      return JSONObject([
        ("reach", .integer(Int64(rows.reach))), ("first_row", .string(rows.first.rawValue)),
        ("clip", .bool(rows.clips)),
      ])
    case .disentangled(let span, let buckets, let maximum):
      return JSONObject([
        ("span", .integer(Int64(span))), ("buckets", .integer(Int64(buckets))),
        ("maximum", .integer(Int64(maximum))),
      ])
    }
  }
}
