public import Documents

extension InspectReport {
  /// The report as JSON, a member for each tensor in order.
  public var json: JSON {
    [
      "format": "crosswalk.inspection", "version": 1, "path": .string(path),
      "container": .string(container), "files": .texts(files), "family": .text(family),
      "metadata": metadata, "tensor_count": .count(tensors.count),
      "element_count": .count(totalElements), "byte_count": .count(totalBytes),
      "tensors": .array(tensors.map(\.json)),
    ]
  }

  /// The elements of all tensors; `Int.max` when they do not fit.
  public var totalElements: Int { saturatedSum(tensors.map(\.elements)) }

  /// The bytes of all tensors; `Int.max` when they do not fit.
  public var totalBytes: Int { saturatedSum(tensors.map(\.bytes)) }

  private func saturatedSum(_ counts: [Int]) -> Int {
    counts.reduce(0) { sum, count in
      let (value, overflow) = sum.addingReportingOverflow(count)
      return overflow ? Int.max : value
    }
  }
}

extension InspectReport.Tensor {
  fileprivate var json: JSON {
    var object = JSONObject([
      ("name", .string(name)), ("dtype", .string(dtype)), ("shape", .counts(shape)),
      ("bytes", .count(bytes)),
    ])
    if let twin { object["same_as"] = .string(twin) }
    if let note { object["note"] = .string(note) }
    if let statistics { object["statistics"] = statistics.json }
    if let values { object["values"] = .array(values.map(\.json)) }
    return .object(object)
  }
}

extension InspectReport.Value {
  /// A number; of complex ones both parts in an array.
  fileprivate var json: JSON {
    switch self {
    case .real(let value): .number(value)
    case .integer(let value): .integer(value)
    case .unsigned(let value): Int64(exactly: value).map(JSON.integer) ?? .unsigned(value)
    case .complex(let real, let imaginary): [.number(real), .number(imaginary)]
    }
  }
}

extension InspectReport.Statistics {
  fileprivate var json: JSON {
    let quantiles: [JSON] = self.quantiles.map {
      ["fraction": .number($0.fraction), "value": .number($0.value)]
    }
    return [
      "min": .measured(minimum), "max": .measured(maximum), "mean": .measured(mean),
      "std": .measured(standardDeviation), "l2": .measured(norm), "zeros": .count(zeros),
      "nan": .count(nans), "infinite": .count(infinities), "quantiles": .array(quantiles),
      "histogram": histogram?.json ?? .null, "constant": .bool(isConstant),
      "all_zero": .bool(isConstant && minimum == 0), "narrower_dtype": .text(narrowerDType),
    ]
  }
}

extension InspectReport.Histogram {
  fileprivate var json: JSON {
    ["lower": .number(lower), "upper": .number(upper), "counts": .counts(counts)]
  }
}
