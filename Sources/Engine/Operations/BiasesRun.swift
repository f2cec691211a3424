public import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Alibi: Executable {
  static var spreadRoles: Set<String> { ["key"] }

  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let (queries, keys) = try lengths(of: call)
    let positions = call.optional("positions") == nil ? nil : try call.integer("positions")
    if let positions, positions.shape.count != 2 || positions.shape[1] != keys {
      throw CrosswalkError(
        .invalidInput, "positions of other keys", expected: "(batch, \(keys))",
        found: "\(positions.shape)")
    }
    let batch = positions?.shape[0] ?? 1
    let bias = try Tensor<S>(shape: [batch, heads, queries, keys])
    for item in 0..<(batch * heads * queries) {
      let own = item % queries + keys - queries
      let slope: S = rounded(S(slope(of: item / queries % heads)))
      for key in 0..<keys {
        let steps = positions.map { $0.elements[item / (heads * queries) * keys + key] }
        bias.elements[item * keys + key] =
          rounded(slope * rounded(S(steps ?? (key - own)))) * S(scale)
      }
    }
    return Outcome(bias)  // (1 or batch, heads, queries, keys)
  }

  /// The slope of a head: of the largest power of two of heads in it, then every second of twice as
  /// many.
  public func slope(of head: Int) -> Double {
    let power = 1 << (Int.bitWidth - 1 - heads.leadingZeroBitCount)
    return head < power
      ? exp2(-maxBias * Double(head + 1) / Double(power))
      : exp2(-maxBias * Double(2 * (head - power) + 1) / Double(2 * power))
  }

  private func rounded<S: Scalar>(_ value: S) -> S {
    precision == .run ? value : S(bfloat16(Float(value)))
  }
}

/// The nearest number of bfloat16, of two the even one.
private func bfloat16(_ value: Float) -> Float {
  let bits = value.bitPattern
  return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
}

extension RelativeBias: Executable {
  static var spreadRoles: Set<String> { ["key"] }

  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let (queries, keys) = try lengths(of: call)
    let weight = try call.parameter("weight")  // (buckets, heads)
    let bias = try Tensor<S>(shape: [1, heads, queries, keys])
    // The last query stands at the last key; differences run from -(keys - 1) to queries - 1.
    let table = (0..<(queries + keys)).map { bucket(of: $0 - keys) }
    for row in 0..<(heads * queries) {
      let (head, query) = row.quotientAndRemainder(dividingBy: queries)
      let own = query + keys - queries
      for key in 0..<keys {
        bias.elements[row * keys + key] = weight.elements[table[key - own + keys] * heads + head]
      }
    }
    return Outcome(bias)  // (1, heads, queries, keys)
  }

  /// The bucket of a key's position minus a query's, rounded as transformers' T5 rounds.
  public func bucket(of difference: Int) -> Int {
    let side = bidirectional ? buckets / 2 : buckets
    let start = bidirectional && difference > 0 ? side : 0
    let distance = bidirectional ? abs(difference) : max(0, -difference)
    let exact = side / 2
    guard distance >= exact else { return start + distance }
    let ratio = Float(log(Double(Float(distance) / Float(exact))))
    let widest = Float(log(Double(maxDistance) / Double(exact)))
    return start + min(exact + Int(ratio / widest * Float(side - exact)), side - 1)
  }
}

/// How many queries and keys there are.
private func lengths<S: Scalar>(of call: Call<S>) throws(CrosswalkError) -> (Int, Int) {
  guard let query = call.optional("query")?.shape, let key = call.optional("key")?.shape,
    query.count >= 2, key.count >= 2
  else { throw CrosswalkError(.invalidInput, "a bias is of sequences") }
  return (query[1], key[1])
}
