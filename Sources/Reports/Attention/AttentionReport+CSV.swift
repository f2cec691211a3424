public import Diagnostics

extension AttentionReport {
  /// Writes the report as CSV, a record for each value, in pieces given to a closure.
  ///
  /// - Throws: what the closure throws.
  public func writeCSV(_ sink: @escaping ([UInt8]) throws(CrosswalkError) -> Void)
    throws(CrosswalkError)
  {
    var writer = CSVWriter(sink: sink)
    try writer.write([
      "table", "kind", "layer", "batch", "head", "query_index", "query", "key_index", "key",
      "attention",
    ])
    for table in tables {
      for head in 0..<table.heads {
        for query in table.queries.indices {
          try table.write(head: head, query: query, to: &writer)
        }
      }
    }
    try writer.finish()
  }
}

extension AttentionReport.Table {
  fileprivate func write(head: Int, query: Int, to writer: inout CSVWriter) throws(CrosswalkError) {
    let common = [
      name, kind.rawValue, layer.map { "\($0)" } ?? "", "\(batch)", "\(head)", "\(query)",
      queries[query],
    ]
    for (key, value) in row(head: head, query: query).enumerated() {
      try writer.write(common + ["\(key)", keys[key], "\(value)"])
    }
  }
}
