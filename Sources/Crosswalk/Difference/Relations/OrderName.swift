/// The words for an order: how things here stand in the reference.
///
/// What is compared are hashes of the things, so that equal ones, such as rows of zeros, fit wherever
/// a regular order has them.
struct OrderName {
  private let ours: [UInt64]
  private let theirs: [UInt64]
  /// What is ordered: `rows`.
  private let unit: String

  /// - Returns: nil where the one is no reordering of the other, or is the other.
  static func of(_ ours: [UInt64], in theirs: [UInt64], unit: String) -> String? {
    guard ours.count == theirs.count, ours != theirs, ours.sorted() == theirs.sorted() else {
      return nil
    }
    let name = OrderName(ours: ours, theirs: theirs, unit: unit)
    return name.rotated ?? name.reversed ?? name.grid ?? name.blocks
  }

  private var reversed: String? { ours == theirs.reversed() ? "\(unit) in reverse" : nil }

  /// All moved on by some places, as positions that begin elsewhere.
  private var rotated: String? {
    let count = ours.count
    guard let start = theirs.firstIndex(of: ours[0]), start > 0,
      ours.indices.allSatisfy({ ours[$0] == theirs[($0 + start) % count] })
    else { return nil }
    return 2 * start == count
      ? "the two halves of \(unit) exchanged"
      : "\(unit) moved on by \(start), the first ones last"
  }

  // MARK: grids

  /// Blocks of things that stand row by row here and column by column there.
  private struct Grid {
    let outer: Int
    let rows: Int
    let columns: Int
    let inner: Int

    @inline(__always)
    func place(of index: Int) -> Int {
      let block = index / inner
      let (group, within) = (block / (rows * columns), block % (rows * columns))
      let (row, column) = (within / columns, within % columns)
      return ((group * columns + column) * rows + row) * inner + index % inner
    }
  }

  private var grid: String? {
    let count = ours.count
    for inner in Self.divisors(count) {
      let blocks = count / inner
      for outer in Self.divisors(blocks) where blocks / outer >= 4 {
        let size = blocks / outer
        for rows in Self.divisors(size) where rows > 1 && rows < size {
          let grid = Grid(outer: outer, rows: rows, columns: size / rows, inner: inner)
          if ours.indices.allSatisfy({ ours[$0] == theirs[grid.place(of: $0)] }) {
            return words(grid)
          }
        }
      }
    }
    return nil
  }

  private func words(_ grid: Grid) -> String {
    let size = grid.rows * grid.columns
    if grid.inner == 1, grid.rows == 2 || grid.columns == 2 {
      let heads = grid.outer == 1 ? "" : " in each head of \(size)"
      if size == 4 {
        return "\(unit) in rotary halves on one side, interleaved on the other\(heads)"
      }
      return grid.rows == 2
        ? "\(unit) in rotary halves here, interleaved there\(heads)"
        : "\(unit) interleaved here, in rotary halves there\(heads)"
    }
    let what = grid.inner == 1 ? unit : "blocks of \(grid.inner) \(unit)"
    let group = grid.outer == 1 ? "" : ", in each group of \(size * grid.inner)"
    return
      "\(what) by \(grid.rows)×\(grid.columns) here, by \(grid.columns)×\(grid.rows) there\(group)"
  }

  private static func divisors(_ number: Int) -> [Int] {
    let small = (1...max(1, Int(Double(number).squareRoot()))).filter { number.isMultiple(of: $0) }
    let large = small.reversed().map { number / $0 }
    return small + (large.first == small.last ? Array(large.dropFirst()) : large)
  }

  // MARK: blocks

  /// The largest blocks that keep their inner order, as heads or gates, in some other order.
  private var blocks: String {
    let count = ours.count
    for size in Self.divisors(count).reversed() where size < count {
      let (a, b) = (Self.hashes(ours, size), Self.hashes(theirs, size))
      guard a.sorted() == b.sorted() else { continue }
      let order = Self.order(of: a, in: b)
      let shown = order.prefix(12).map { "\($0)" }.joined(separator: ", ")
      let rest = order.count > 12 ? ", …" : ""
      let what = size == 1 ? unit : "blocks of \(size) \(unit)"
      return "\(what) in the reference's order \(shown)\(rest)"
    }
    return "\(unit) in another order"
  }

  private static func hashes(_ values: [UInt64], _ size: Int) -> [UInt64] {
    stride(from: 0, to: values.count, by: size).map { start in
      (0..<size).reduce(UInt64(0)) { $0 &+ values[start + $1] &* Hash.weight($1) }
    }
  }

  /// Where each thing stands in the reference; of equal ones each is taken once.
  static func order(of ours: [UInt64], in theirs: [UInt64]) -> [Int] {
    var places: [UInt64: [Int]] = [:]
    for (place, hash) in theirs.enumerated().reversed() { places[hash, default: []].append(place) }
    return ours.compactMap { places[$0]?.popLast() }
  }
}
