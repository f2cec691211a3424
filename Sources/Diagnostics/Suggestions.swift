/// The candidates nearest to a name by edit distance, best first: "did you mean …".
public func nearest(to name: String, among candidates: some Sequence<String>, limit: Int = 3)
  -> [String]
{
  let target = Array(name.utf8.prefix(200))
  let bound = max(2, target.count / 3)
  var scored: [(distance: Int, name: String)] = []
  for candidate in candidates {
    let other = Array(candidate.utf8.prefix(200))
    guard abs(other.count - target.count) <= bound else { continue }
    let distance = editDistance(target, other)
    if distance <= bound { scored.append((distance, candidate)) }
  }
  let best = scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
  return best.prefix(limit).map(\.name)
}

/// The Levenshtein distance of two byte strings.
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
