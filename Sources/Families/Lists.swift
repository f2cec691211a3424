import Documents

/// What formulas ask of lists, and of axes and shapes, which are lists of numbers.
enum Lists {
  /// `first(list, n)` and `rest(list, n)`, its first elements and the others; `joined(list, …)`, one
  /// after the other; `flattened(value)`, what lists within lists hold, of one thing a list too;
  /// `count(list, value)`; `pick(list, places)`; `product(list)`; and of axes `axes(axis or axes, rank)`, none of them
  /// counted from the end, `sorted(axes)`, `moved(rank, axes)`, the order that puts some last,
  /// `inverse(order)`, the one that puts them back, and `spread(shape, axes)`, 1 for all the others.
  ///
  /// - Returns: nil for any other function, or other values.
  static func call(_ function: String, _ values: [JSON]) -> JSON? {
    let list = values.first?.arrayValue ?? []
    let last = values.last?.intValue
    switch (function, values.count) {
    case ("first", 2): return last.map { .array(Array(list.prefix(max(0, $0)))) }
    case ("rest", 2): return last.map { .array(Array(list.dropFirst(max(0, $0)))) }
    case ("joined", _): return .array(values.flatMap { $0.arrayValue ?? [$0] })
    case ("flattened", 1): return .array(flattened(values[0]))
    case ("count", 2): return .integer(Int64(list.count { $0 == values[1] }))
    case ("pick", 2):
      let places = numbers(values[1]) ?? []
      return .array(places.map { list.indices.contains($0) ? list[$0] : .null })
    case ("product", 1):
      guard let numbers = numbers(values[0]) else { return .null }
      return product(numbers).map { .integer(Int64($0)) } ?? .null
    case ("axes", 2):
      guard let rank = last, let given = numbers(.array(flattened(values[0]))) else { return .null }
      return json(given.map { $0 < 0 ? $0 + rank : $0 })
    case ("sorted", 1): return numbers(values[0]).map { json($0.sorted()) }
    case ("moved", 2):
      guard let rank = values[0].intValue, (0...64).contains(rank), let axes = numbers(values[1])
      else { return nil }
      return json((0..<rank).filter { !axes.contains($0) } + axes)
    case ("spread", 2):
      let axes = numbers(values[1]) ?? []
      return .array(list.indices.map { axes.contains($0) ? list[$0] : 1 })
    case ("inverse", 1):
      guard let order = numbers(values[0]) else { return nil }
      return json(order.indices.compactMap { order.firstIndex(of: $0) })
    default: return nil
    }
  }

  private static func flattened(_ json: JSON) -> [JSON] {
    if json.isNull { return [] }
    return json.arrayValue.map { $0.flatMap(flattened) } ?? [json]
  }

  private static func numbers(_ json: JSON) -> [Int]? {
    let numbers = json.arrayValue?.compactMap(\.intValue)
    return numbers?.count == json.arrayValue?.count ? numbers : nil
  }

  private static func json(_ numbers: [Int]) -> JSON {
    .array(numbers.map { .integer(Int64($0)) })
  }

  /// The product, nil where it is more than there are numbers for.
  private static func product(_ numbers: [Int]) -> Int? {
    var product = 1
    for number in numbers {
      let (next, overflow) = product.multipliedReportingOverflow(by: number)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}
