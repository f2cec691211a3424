import Diagnostics
import Documents
import Tensors

/// Which positions of a sequence a recording has kept of its values, to be small.
///
/// The root attribute `positions` lists samples: `axis`, the length `of` it, the positions `kept`,
/// and the `names` of the tensors, such as `nodes/encoder.layer.0`.
struct SampledPositions: Sendable {
  private var samples: [String: Sample] = [:]

  private struct Sample {
    let axis: Int
    let length: Int
    let kept: [Int]
  }

  /// Nothing is sampled.
  init() {}

  /// Reads the attribute.
  ///
  /// - Throws: `invalidDocument` or `malformed` where it is broken.
  init(_ attributes: JSONObject) throws(CrosswalkError) {
    guard let value = attributes[TraceFormat.positions] else { return }
    let list: [JSON]?
    do {
      list =
        try value.stringValue.map { text throws(CrosswalkError) in
          try Document(parsing: text).root
        }?.arrayValue ?? value.arrayValue
    } catch { throw error.inside(.key(TraceFormat.positions)) }
    for entry in list ?? [] {
      guard let members = entry.objectValue, let axis = members["axis"]?.intValue,
        let length = members["of"]?.intValue, axis >= 0, length > 0,
        let kept = members["kept"]?.arrayValue?.map(\.intValue), !kept.isEmpty,
        kept.allSatisfy({ $0.map((0..<length).contains) ?? false }),
        let names = members["names"]?.arrayValue
      else {
        throw CrosswalkError(
          .malformed, "positions that were not kept as they should be",
          at: Place(.key(TraceFormat.positions)),
          expected: #"{"axis": 1, "of": 48, "kept": [0, 7], "names": ["nodes/NODE"]}"#,
          found: entry.text(indented: false), remedy: "record the trace again")
      }
      let sample = Sample(axis: axis, length: length, kept: kept.compactMap { $0 })
      for name in names.compactMap(\.stringValue) { samples[name] = sample }
    }
  }

  /// What a recording of a whole tensor would have kept; the tensor itself where it is not sampled,
  /// or has another length.
  func kept(of tensor: StoredTensor, as name: String) throws(CrosswalkError) -> StoredTensor {
    guard let sample = samples[name], tensor.shape.indices.contains(sample.axis),
      tensor.shape[sample.axis] == sample.length
    else { return tensor }
    var parts: [StoredTensor] = []
    for position in sample.kept {
      parts.append(try tensor.sliced(axis: sample.axis, range: position..<(position + 1)))
    }
    return try StoredTensor.concatenated(parts, axis: sample.axis)
  }
}
