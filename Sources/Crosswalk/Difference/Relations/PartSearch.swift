/// Finds tensors that are several others as one: fused projections, stacked layers, experts.
///
/// Names that differ in one part are tried first, all of them and the small subsets; then any two and
/// three tensors, where there are not too many.
struct PartSearch {
  private let wholes: ContentPool
  private let parts: ContentPool
  private var found: [(whole: String, parts: [String])] = []
  private var usedWholes: Set<String> = []
  private var usedParts: Set<String> = []

  /// Larger groups are tried as a whole only.
  private static let subsetLimit = 10
  /// The most sums that are tried whatever the names.
  private static let sumLimit = 3e7

  /// Wholes with their parts, in the order of the parts' table.
  static func run(_ wholes: ContentPool, _ parts: ContentPool) -> [(whole: String, parts: [String])]
  {
    var search = PartSearch(wholes: wholes, parts: parts)
    search.tryGroups()
    search.tryAny()
    return search.found
  }

  private init(wholes: ContentPool, parts: ContentPool) {
    self.wholes = wholes
    self.parts = parts
  }

  // MARK: by names

  private mutating func tryGroups() {
    for group in groups() {
      tryPart(of: group)
      guard group.count > 2, group.count <= Self.subsetLimit else { continue }
      for size in 2..<min(5, group.count) {
        for subset in Self.subsets(group, size) { tryPart(of: subset) }
      }
    }
  }

  private mutating func tryPart(of names: [String]) {
    guard names.count > 1, names.allSatisfy({ !usedParts.contains($0) }) else { return }
    let sum = names.compactMap(parts.sum).reduce(ContentSum(), +)
    take(names, as: sum)
  }

  private mutating func take(_ names: [String], as sum: ContentSum) {
    guard let whole = wholes.names(sum, constant: false)?.first(where: { !usedWholes.contains($0) })
    else { return }
    found.append((whole, names))
    usedWholes.insert(whole)
    usedParts.formUnion(names)
  }

  /// Names that differ in one part, the last parts first: `layers.0.*.weight`.
  private func groups() -> [[String]] {
    var groups: [String: [String]] = [:]
    var order: [String] = []
    for name in parts.names(constant: false) {
      let words = NameParts.of(name)
      for index in words.indices.reversed() {
        var pattern = words
        pattern[index] = "*"
        let key = pattern.joined(separator: ".")
        if groups[key] == nil { order.append(key) }
        groups[key, default: []].append(name)
      }
    }
    return order.compactMap { groups[$0] }.filter { $0.count > 1 }
  }

  private static func subsets(_ names: [String], _ size: Int) -> [[String]] {
    guard size > 0 else { return [[]] }
    guard names.count >= size else { return [] }
    let rest = Array(names.dropFirst())
    return subsets(rest, size - 1).map { [names[0]] + $0 } + subsets(rest, size)
  }

  // MARK: whatever the names

  private mutating func tryAny() {
    let names = parts.names(constant: false).filter { !usedParts.contains($0) }
    let sums = names.compactMap { name in parts.sum(name).map { (name, $0) } }
    let wanted = wholes.names(constant: false).filter { !usedWholes.contains($0) }
    let index = Dictionary(sums.map { ($1, $0) }) { first, _ in first }
    let sumCount = Double(wanted.count) * Double(sums.count) * Double(sums.count)
    guard sumCount <= Self.sumLimit else { return }
    for whole in wanted {
      guard let sum = wholes.sum(whole) else { continue }
      let smaller = sums.filter { $0.1.count < sum.count && !usedParts.contains($0.0) }
      if let names = pair(sum, smaller, index) ?? triple(sum, smaller, index) {
        let order = Dictionary(uniqueKeysWithValues: names.map { ($0, self.place(of: $0)) })
        take(names.sorted { (order[$0] ?? 0) < (order[$1] ?? 0) }, as: sum)
      }
    }
  }

  private func place(of name: String) -> Int { parts.names.firstIndex(of: name) ?? 0 }

  private func pair(
    _ sum: ContentSum, _ sums: [(String, ContentSum)], _ index: [ContentSum: String]
  ) -> [String]? {
    for (name, part) in sums {
      if let other = index[sum - part], other != name, !usedParts.contains(other) {
        return [name, other]
      }
    }
    return nil
  }

  private func triple(
    _ sum: ContentSum, _ sums: [(String, ContentSum)], _ index: [ContentSum: String]
  ) -> [String]? {
    for (place, (name, part)) in sums.enumerated() {
      let rest = sum - part
      for (second, other) in sums[(place + 1)...] where other.count < rest.count {
        if let third = index[rest - other], third != name, third != second,
          !usedParts.contains(third)
        {
          return [name, second, third]
        }
      }
    }
    return nil
  }
}
