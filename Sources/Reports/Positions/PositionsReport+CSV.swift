public import Diagnostics
import Documents

extension PositionsReport {
  /// Writes the report as CSV, a record for each value of the tables and of the similarities.
  ///
  /// The column `what` tells them apart: `value` has a position and a dimension, `cosine` and
  /// `dot` have two positions; `setting.NAME`, `formula.NAME` and `verdict.NAME` have a value alone.
  ///
  /// - Throws: what the closure throws.
  public func writeCSV(_ sink: @escaping ([UInt8]) throws(CrosswalkError) -> Void)
    throws(CrosswalkError)
  {
    var writer = CSVWriter(sink: sink)
    try writer.write(["table", "what", "position", "other", "value"])
    for table in tables {
      try table.writeValues(to: &writer)
      let similarity = table.similarity()
      try table.write(similarity, to: &writer)
      try table.write(table.settings, as: "setting", to: &writer)
      try table.write(table.formula, as: "formula", to: &writer)
      try table.write(table.verdict(of: similarity)?.json, as: "verdict", to: &writer)
    }
    try writer.finish()
  }
}

extension PositionsReport.Table {
  fileprivate func writeValues(to writer: inout CSVWriter) throws(CrosswalkError) {
    for position in 0..<positions {
      for dimension in 0..<width {
        let value = values[position * width + dimension]
        try writer.write([name, "value", "\(position)", "\(dimension)", "\(value)"])
      }
    }
  }

  /// What is said of the table, a record for each.
  fileprivate func write(
    _ facts: JSONObject?, as what: String, to writer: inout CSVWriter
  ) throws(CrosswalkError) {
    for (key, value) in facts?.members ?? [] {
      let text = value.stringValue ?? value.text(indented: false)
      try writer.write([name, "\(what).\(key)", "", "", text])
    }
  }

  fileprivate func write(_ similarity: Similarity, to writer: inout CSVWriter)
    throws(CrosswalkError)
  {
    let count = similarity.positions.count
    for (row, first) in similarity.positions.enumerated() {
      for (column, second) in similarity.positions.enumerated() {
        let cosine = similarity.cosine[row * count + column]
        try writer.write([name, "cosine", "\(first)", "\(second)", "\(cosine)"])
        try writer.write(
          [name, "dot", "\(first)", "\(second)", "\(similarity.dot(row, column))"])
      }
    }
  }
}
