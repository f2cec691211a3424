/// The largest of many scores, largest first, in the order that `torch.topk` gives them.
///
/// Equal scores are common where tokens are forced or forbidden, and the one that comes first is
/// then followed. `torch.topk` orders them as the C++ library's `partial_sort` does, or where many
/// of few are asked for, its `nth_element` and `sort`; so these are followed here step by step
/// (heaps, and Musser's introspective selection and sorting, as GNU's library has them).
struct TopScores {
  /// A score, and where it stood.
  typealias Item = (score: Float, place: Int)

  private let count: Int
  /// Whether a heap of the best so far is enough.
  private let isHeap: Bool
  private var items: [Item] = []

  /// - Parameters:
  ///   - count: how many are asked for, at least one.
  ///   - total: of how many.
  init(_ count: Int, of total: Int) {
    self.count = count
    isHeap = total / 64 >= count
    items.reserveCapacity(isHeap ? count : total)
  }

  /// The largest of a few scores.
  static func ranked(_ count: Int, of scores: [Float]) -> [Item] {
    var top = TopScores(count, of: scores.count)
    for (place, score) in scores.enumerated() { top.offer(score, place) }
    return top.ranked()
  }

  /// Takes the next score.
  mutating func offer(_ score: Float, _ place: Int) {
    if !isHeap || items.count < count {
      items.append((score, place))
      if isHeap, items.count == count { items.makeHeap(0, count) }
    } else if precedes(score, items[0].score) {
      items.sift(0, 0, count, (score, place))
    }
  }

  /// Those asked for, in order.
  func ranked() -> [Item] {
    var items = items
    if isHeap {
      items.sortHeap(0, items.count)
    } else {
      items.select(count - 1)
      items.sort(0, count - 1, depth: 2 * (count - 1).logarithm)
    }
    return Array(items.prefix(count))
  }
}

/// Whether a score comes before another: it is larger, or no number.
private func precedes(_ a: Float, _ b: Float) -> Bool { a > b || (a.isNaN && !b.isNaN) }

extension Int {
  /// The logarithm to the base two, rounded down.
  fileprivate var logarithm: Int { self > 0 ? bitWidth - 1 - leadingZeroBitCount : 0 }
}

extension [TopScores.Item] {
  private func precedes(_ a: Int, _ b: Int) -> Bool {
    Crosswalk.precedes(self[a].score, self[b].score)
  }

  // MARK: Heaps, whose first item is the last in order

  fileprivate mutating func makeHeap(_ first: Int, _ count: Int) {
    guard count > 1 else { return }
    for parent in (0...((count - 2) / 2)).reversed() {
      sift(first, parent, count, self[first + parent])
    }
  }

  /// Lets an item into a heap that has a hole.
  fileprivate mutating func sift(_ first: Int, _ start: Int, _ count: Int, _ item: Element) {
    var hole = start
    var child = start
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if precedes(first + child, first + child - 1) { child -= 1 }
      self[first + hole] = self[first + child]
      hole = child
    }
    if count % 2 == 0, child == (count - 2) / 2 {
      child = 2 * child + 1
      self[first + hole] = self[first + child]
      hole = child
    }
    while hole > start {
      let parent = (hole - 1) / 2
      guard Crosswalk.precedes(self[first + parent].score, item.score) else { break }
      self[first + hole] = self[first + parent]
      hole = parent
    }
    self[first + hole] = item
  }

  fileprivate mutating func sortHeap(_ first: Int, _ end: Int) {
    for last in stride(from: end - 1, to: first, by: -1) {
      let item = self[last]
      self[last] = self[first]
      sift(first, 0, last - first, item)
    }
  }

  /// Makes the first items a heap of the foremost of all.
  private mutating func selectHeap(_ first: Int, _ middle: Int, _ end: Int) {
    makeHeap(first, middle - first)
    for place in middle..<end where precedes(place, first) {
      let item = self[place]
      self[place] = self[first]
      sift(first, 0, middle - first, item)
    }
  }

  // MARK: Selecting and sorting

  /// Puts the item of a rank in its place, those before it before it.
  fileprivate mutating func select(_ rank: Int) {
    var (first, end, depth) = (0, count, 2 * count.logarithm)
    while end - first > 3 {
      if depth == 0 {
        selectHeap(first, rank + 1, end)
        swapAt(first, rank)
        return
      }
      depth -= 1
      let cut = partition(first, end)
      if cut <= rank { first = cut } else { end = cut }
    }
    insert(first, end)
  }

  fileprivate mutating func sort(_ first: Int, _ end: Int, depth: Int) {
    divide(first, end, depth)
    insert(first, Swift.min(end, first + Self.few))
    for place in stride(from: first + Self.few, to: end, by: 1) { insertBackwards(place) }
  }

  /// So few items are sorted by insertion.
  private static var few: Int { 16 }

  /// Sorts but for stretches of few items.
  private mutating func divide(_ first: Int, _ end: Int, _ depth: Int) {
    var (end, depth) = (end, depth)
    while end - first > Self.few {
      if depth == 0 {
        selectHeap(first, end, end)
        sortHeap(first, end)
        return
      }
      depth -= 1
      let cut = partition(first, end)
      divide(cut, end, depth)
      end = cut
    }
  }

  /// Divides by the median of three items, and says where.
  private mutating func partition(_ first: Int, _ end: Int) -> Int {
    let (a, b, c) = (first + 1, first + (end - first) / 2, end - 1)
    let median =
      precedes(a, b)
      ? (precedes(b, c) ? b : precedes(a, c) ? c : a)
      : (precedes(a, c) ? a : precedes(b, c) ? c : b)
    swapAt(first, median)
    var (low, high) = (first + 1, end)
    while true {
      while precedes(low, first) { low += 1 }
      high -= 1
      while precedes(first, high) { high -= 1 }
      guard low < high else { return low }
      swapAt(low, high)
      low += 1
    }
  }

  private mutating func insert(_ first: Int, _ end: Int) {
    for place in stride(from: first + 1, to: end, by: 1) {
      if precedes(place, first) {
        let item = remove(at: place)
        insert(item, at: first)
      } else {
        insertBackwards(place)
      }
    }
  }

  /// Moves an item before those that it precedes, of which the first is not one.
  private mutating func insertBackwards(_ start: Int) {
    let item = self[start]
    var place = start
    while Crosswalk.precedes(item.score, self[place - 1].score) {
      self[place] = self[place - 1]
      place -= 1
    }
    self[place] = item
  }
}
