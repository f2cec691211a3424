import Architectures
import Diagnostics
import Documents
import Engine
import Reports
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An encoding that acts on pairs of positions: queries and keys turned by angles, or numbers
/// added to scores.
enum RelativeEncoding: Equatable {
  /// `turned` numbers of each head are turned.
  case rotary(Rotary, turned: Int)
  case alibi(Alibi)
  case buckets(RelativeBias, parameter: String)

  /// The encoding that a node makes, if it makes one.
  init?(_ node: Node) {
    switch node.operation {
    case let rotary as Rotary:
      let headWidth = (node.output.width ?? 0) / rotary.heads
      self = .rotary(rotary, turned: rotary.width ?? max(0, headWidth - rotary.start))
    case let alibi as Alibi: self = .alibi(alibi)
    case let bias as RelativeBias:
      guard let weight = node.parameters.first(where: { $0.role == "weight" }) else { return nil }
      self = .buckets(bias, parameter: weight.name)
    default: return nil
    }
  }

  /// The table: angles by position, or what each head adds by distance.
  ///
  /// - Parameters:
  ///   - count: how many positions are wanted, nil for all.
  ///   - longest: how many there are where the encoding itself has no end.
  func table(
    name: String, of parameters: TensorTable, count wanted: Int?, longest: Int, notes: [String]
  ) throws(CrosswalkError) -> PositionsReport.Table {
    let count = wanted ?? longest
    switch self {
    case .rotary(let rotary, let turned):
      _ = try PositionEncoding.size(count: count, width: turned)
      return try PositionsReport.Table(
        name: name, kind: "rotary", positions: count, width: turned / 2 * 2,
        values: Self.circles(rotary.angles(count: count, turned: turned), pairs: turned / 2),
        notes: notes + [
          "The cosines of each position's angles, then the sines: the dot product of two rows is "
            + "what a pair of equal numbers adds to a score at that distance."
        ],
        settings: rotary.settings(turned: turned))
    case .alibi(let alibi):
      _ = try PositionEncoding.size(count: count, width: alibi.heads)
      let slopes = (0..<alibi.heads).map { alibi.slope(of: $0) * alibi.scale }
      return try PositionsReport.Table(
        name: name, kind: "alibi", positions: count, width: alibi.heads,
        values: (0..<count).flatMap { distance in slopes.map { Float(-Double(distance) * $0) } },
        notes: notes + ["Row n is what each head adds for a key n positions before the query."],
        settings: JSONObject([
          ("heads", .integer(Int64(alibi.heads))), ("max_bias", .number(alibi.maxBias)),
          ("slopes", .array(slopes.map(JSON.number))),
        ]), rows: .distances)
    case .buckets(let bias, let parameter):
      // Farther than its reach all distances share one bucket.
      let reach = min(wanted ?? .max, bias.maxDistance + 1)
      return try learned(bias, parameter, name: name, of: parameters, reach: reach, notes: notes)
    }
  }

  private static func circles(_ angles: [Double], pairs: Int) -> [Float] {
    guard pairs > 0 else { return [] }
    return stride(from: 0, to: angles.count, by: pairs).flatMap { row in
      angles[row..<(row + pairs)].map { Float(cos($0)) }
        + angles[row..<(row + pairs)].map { Float(sin($0)) }
    }
  }

  private func learned(
    _ bias: RelativeBias, _ parameter: String, name: String, of parameters: TensorTable, reach: Int,
    notes: [String]
  ) throws(CrosswalkError) -> PositionsReport.Table {
    guard let tensor = parameters[parameter] else {
      throw CrosswalkError(
        .missingTensor, "no tensor fills the parameter", at: Place(.tensor(parameter)))
    }
    let rows = bias.bidirectional && reach > 0 ? 2 * reach - 1 : reach
    _ = try PositionEncoding.size(count: rows, width: bias.heads)
    guard tensor.shape == [bias.buckets, bias.heads] else {
      throw CrosswalkError(
        .wrongShape, "not a bias for each bucket and head",
        expected: "\([bias.buckets, bias.heads])", found: "\(tensor.shape)")
    }
    var weight = [Float](repeating: 0, count: bias.buckets * bias.heads)
    let numbers = try tensor.cast(to: .f32)
    try weight.withUnsafeMutableBufferPointer { (buffer) throws(CrosswalkError) in
      try numbers.read(0..<buffer.count, into: UnsafeMutableRawBufferPointer(buffer))
    }
    let differences =
      bias.bidirectional ? Array((1 - reach)..<max(1, reach)) : (0..<reach).map { -$0 }
    let values = differences.prefix(rows).flatMap { difference in
      let bucket = bias.bucket(of: difference)
      return weight[bucket * bias.heads..<(bucket + 1) * bias.heads]
    }
    let meaning =
      bias.bidirectional
      ? "Row n is what each head adds for a key n - \(max(0, reach - 1)) positions after the query."
      : "Row n is what each head adds for a key n positions before the query."
    return try PositionsReport.Table(
      name: name, kind: "relative", positions: rows, width: bias.heads, values: values,
      notes: notes + [meaning],
      settings: JSONObject([
        ("heads", .integer(Int64(bias.heads))), ("buckets", .integer(Int64(bias.buckets))),
        ("max_distance", .integer(Int64(bias.maxDistance))),
        ("bidirectional", .bool(bias.bidirectional)),
        ("bucket", .array(differences.prefix(rows).map { .integer(Int64(bias.bucket(of: $0))) })),
      ]), rows: .distances)
  }
}

extension RelativeEncoding {
  static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.rotary(let a, let width), .rotary(let b, let other)):
      width == other && a.base == b.base && a.scaling == b.scaling
    case (.alibi(let a), .alibi(let b)):
      a.heads == b.heads && a.maxBias == b.maxBias && a.scale == b.scale
    case (.buckets(_, let a), .buckets(_, let b)): a == b
    default: false
    }
  }
}
