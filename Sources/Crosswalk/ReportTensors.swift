public import Diagnostics
import Containers
import Documents
public import Reports
import Tensors

// Reports as tensors in a container: HDF5, by the ending of the destination's name.

extension AttentionReport {
  /// Writes each table as a dataset `attention/NODE/ROW` (heads, queries, keys).
  ///
  /// Its attributes are `kind`, `layer`, `batch`, the tokens in `queries` and `keys`, and where
  /// there is padding `query_padding` and `key_padding`. In a container without attributes they are
  /// one JSON text, `tables`, by dataset.
  ///
  /// - Throws: `unsupported` for an ending that no container has, `outputExists`, `cannotWrite`.
  public func writeTensors(
    to path: String, replacing: Bool = false, observer: any Observer = Silence()
  ) throws(CrosswalkError) {
    var file = ReportTensors(format: "crosswalk.attention", title: title)
    for table in tables {
      let shape = [table.heads, table.queries.count, table.keys.count]
      try file.append(
        "attention/\(table.name)/\(table.batch)", table.values, shape, table.attributes)
    }
    try file.write(to: path, replacing: replacing, observer: observer)
  }
}

extension AttentionReport.Table {
  fileprivate var attributes: JSONObject {
    var attributes = JSONObject([("kind", .string(kind.rawValue))])
    attributes["layer"] = layer.map { .integer(Int64($0)) }
    attributes["batch"] = .integer(Int64(batch))
    attributes["queries"] = .array(queries.map(JSON.string))
    attributes["keys"] = .array(keys.map(JSON.string))
    if !queryPadding.isEmpty { attributes["query_padding"] = .array(queryPadding.map(JSON.bool)) }
    if !keyPadding.isEmpty { attributes["key_padding"] = .array(keyPadding.map(JSON.bool)) }
    return attributes
  }
}

extension PositionsReport {
  /// Writes each table as a dataset `positions/NODE` (positions, width), with attributes `kind`,
  /// `rows`, `notes`, `settings` and, where there are, `formula` and `verdict`; and `dot/NODE`, the
  /// dot products between its attribute `positions`.
  ///
  /// - Throws: `unsupported` for an ending that no container has, `outputExists`, `cannotWrite`.
  public func writeTensors(
    to path: String, replacing: Bool = false, observer: any Observer = Silence()
  ) throws(CrosswalkError) {
    var file = ReportTensors(format: "crosswalk.positions", title: title)
    for table in tables {
      var attributes = JSONObject([
        ("kind", .string(table.kind)), ("rows", .string(table.rows.rawValue)),
        ("notes", .string(table.notes.joined(separator: "\n"))),
        ("settings", .string(JSON.object(table.settings).text(indented: false))),
      ])
      attributes["formula"] = table.formula.map { .string(JSON.object($0).text(indented: false)) }
      let similarity = table.similarity()
      attributes["verdict"] = table.verdict(of: similarity)
        .map { .string(JSON.object($0.json).text(indented: false)) }
      try file.append(
        "positions/\(table.name)", table.values, [table.positions, table.width], attributes)
      let count = similarity.positions.count
      let dots = (0..<count).flatMap { row in (0..<count).map { similarity.dot(row, $0) } }
      try file.append(
        "dot/\(table.name)", dots, [count, count],
        JSONObject([("positions", .array(similarity.positions.map { .integer(Int64($0)) }))]))
    }
    try file.write(to: path, replacing: replacing, observer: observer)
  }
}

/// A report on its way into a container.
private struct ReportTensors {
  private var tensors = TensorTable()
  private var root: JSONObject
  private var objects = JSONObject()

  init(format: String, title: String) {
    root = JSONObject([
      ("format", .string(format)), ("version", 1), ("title", .string(title)),
    ])
  }

  mutating func append(
    _ name: String, _ values: [Float], _ shape: [Int], _ attributes: JSONObject
  ) throws(CrosswalkError) {
    try tensors.append(name, StoredTensor(values, shape: shape))
    objects["/" + name] = .object(attributes)
  }

  func write(to path: String, replacing: Bool, observer: any Observer) throws(CrosswalkError) {
    let container = try ContainerRegistry.writable(for: path)
    var flat = root
    flat["tables"] = .object(objects)
    let metadata: JSON =
      container.isHierarchical
      ? ["attributes": .object(root), "objects": .object(objects)] : .object(flat)
    let file = try FileWriter(path, replacing: replacing)
    try container.write(
      Contents(tensors: tensors, metadata: metadata), to: file, options: WriteOptions(),
      observer: observer)
    try file.commit()
    observer.observe(.wrote(path: path))
  }
}
