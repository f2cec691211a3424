/// The positions of the largest numbers of a row, with torch.topk's choice among equal ones.
///
/// torch.topk calls C++'s nth_element, and what that leaves in front decides. It is libstdc++'s,
/// an introspective selection (Musser 1997), that is followed here step by step.
struct TopSelection<S: Scalar> {
  private let values: UnsafeMutablePointer<S>
  private var order: [Int]

  /// Looks at `values[0..<count]`.
  private init(_ values: UnsafeMutablePointer<S>, count: Int) {
    self.values = values
    order = Array(0..<count)
  }

  /// The positions of the `top` largest of `count` numbers, in no order; NaN is largest.
  static func positions(_ top: Int, of values: UnsafeMutablePointer<S>, count: Int)
    -> ArraySlice<Int>
  {
    var selection = TopSelection(values, count: count)
    // Where few are wanted of many, torch goes through them once, and the first ones stay.
    if top * 64 <= count || !selection.bringForward(top - 1) { selection.sort() }
    return selection.order[..<top]
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (a, b) = (values[a], values[b])
    return (a.isNaN && !b.isNaN) || a > b
  }

  private mutating func sort() {
    order = order.sorted { isBefore($0, $1) || (!isBefore($1, $0) && $0 < $1) }
  }

  /// Puts what belongs before position `nth` there; false when that takes too many rounds.
  private mutating func bringForward(_ nth: Int) -> Bool {
    var (first, last) = (0, order.count)
    var rounds = 2 * (Int.bitWidth - 1 - order.count.leadingZeroBitCount)
    while last - first > 3 {
      guard rounds > 0 else { return false }
      rounds -= 1
      let cut = partition(first, last)
      if cut <= nth { first = cut } else { last = cut }
    }
    for next in min(first + 1, last)..<last {
      var place = next
      while place > first, isBefore(order[place], order[place - 1]) {
        order.swapAt(place, place - 1)
        place -= 1
      }
    }
    return true
  }

  /// Parts a range around the median of three of its members; returns where the second part starts.
  private mutating func partition(_ first: Int, _ last: Int) -> Int {
    order.swapAt(first, median(first + 1, first + (last - first) / 2, last - 1))
    let pivot = order[first]
    var (low, high) = (first + 1, last)
    while true {
      while isBefore(order[low], pivot) { low += 1 }
      high -= 1
      while isBefore(pivot, order[high]) { high -= 1 }
      guard low < high else { return low }
      order.swapAt(low, high)
      low += 1
    }
  }

  private func median(_ a: Int, _ b: Int, _ c: Int) -> Int {
    func before(_ x: Int, _ y: Int) -> Bool { isBefore(order[x], order[y]) }
    if before(a, b) { return before(b, c) ? b : before(a, c) ? c : a }
    return before(a, c) ? a : before(b, c) ? c : b
  }
}
