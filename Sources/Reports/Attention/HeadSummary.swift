#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What one head does, in a few numbers; means over the queries that are not padding.
///
/// A query without attention to give (its row has no positive finite sum) is counted in
/// ``emptyRows`` and left out of the means, which are nil when no query is left.
public struct HeadSummary: Sendable, Equatable {
  /// The head's index.
  public let head: Int
  /// The mean entropy of a row, in bits: 0 looks at one key, log2(keys) at all alike.
  public let entropy: Double?
  /// The mean distance between query and key, in tokens; nil where keys are other tokens.
  public let meanDistance: Double?
  /// The mean attention to the first key.
  public let firstToken: Double?
  /// The mean attention of a token to itself.
  public let diagonal: Double?
  /// The mean attention of a token to the one before it, over the tokens that have one.
  public let previous: Double?
  /// The mean attention of a token to the one after it, over the tokens that have one.
  public let next: Double?
  /// The largest distance of a row's sum from 1, nil when there are no rows.
  public let rowSumError: Double?
  /// Queries whose row has nothing to give: all zero, negative or not numbers.
  public let emptyRows: Int
}

extension AttentionReport.Table {
  /// The summary of each head.
  public var summaries: [HeadSummary] {
    (0..<heads).map { head in
      var sums = HeadSums(isSelf: isSelfAttention)
      for query in queries.indices where !isPadding(query: query) {
        sums.add(row: row(head: head, query: query), of: query)
      }
      return sums.summary(of: head)
    }
  }

  /// The attention of one query of one head over the keys.
  func row(head: Int, query: Int) -> ArraySlice<Float> {
    let start = (head * queries.count + query) * keys.count
    return values[start..<start + keys.count]
  }
}

/// The sums from which a head's summary comes.
private struct HeadSums {
  let isSelf: Bool
  var rows = 0
  var empty = 0
  var rowSumError = 0.0
  var entropy = 0.0
  var distance = 0.0
  var first = 0.0
  var diagonal = 0.0
  var previous = Tally()
  var next = Tally()

  /// A sum with its own count.
  struct Tally {
    var sum = 0.0
    var count = 0
    var mean: Double? { count > 0 ? sum / Double(count) : nil }
  }

  init(isSelf: Bool) { self.isSelf = isSelf }

  mutating func add(row: ArraySlice<Float>, of query: Int) {
    let total = row.reduce(0.0) { $0 + Double($1) }
    if total.isFinite { rowSumError = max(rowSumError, abs(total - 1)) }
    guard total.isFinite, total > 0, row.allSatisfy({ $0 >= 0 }) else {
      empty += 1
      return
    }
    rows += 1
    for (key, value) in row.enumerated() where value > 0 {
      let share = Double(value) / total
      entropy -= share * log2(share)
      distance += share * Double(abs(key - query))
    }
    add(places: row, of: query)
  }

  /// Adds the attention to the first key, the token itself and its neighbours.
  private mutating func add(places row: ArraySlice<Float>, of query: Int) {
    func value(_ key: Int) -> Double? {
      key >= 0 && key < row.count ? Double(row[row.startIndex + key]) : nil
    }
    first += value(0) ?? 0
    diagonal += value(query) ?? 0
    if let value = value(query - 1) {
      previous.sum += value
      previous.count += 1
    }
    if let value = value(query + 1) {
      next.sum += value
      next.count += 1
    }
  }

  func summary(of head: Int) -> HeadSummary {
    func mean(_ sum: Double) -> Double? { rows > 0 ? sum / Double(rows) : nil }
    return HeadSummary(
      head: head, entropy: mean(entropy), meanDistance: isSelf ? mean(distance) : nil,
      firstToken: mean(first), diagonal: isSelf ? mean(diagonal) : nil,
      previous: isSelf ? previous.mean : nil, next: isSelf ? next.mean : nil,
      rowSumError: rows + empty > 0 ? rowSumError : nil, emptyRows: empty)
  }
}
