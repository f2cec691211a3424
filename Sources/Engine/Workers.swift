import CBLAS
import Dispatch

/// The processors that a forward pass is shared among.
///
/// OpenBLAS's own threads spin between products, in the way of everything else that is shared, and
/// cut even the small products of one attention head in two. Here each piece of work is a product
/// on one thread, and OpenBLAS is told to leave it so.
enum Workers {
  /// As many as OpenBLAS would have used: the processors, or what its environment variables say.
  static let count: Int = {
    let count = max(1, Int(openblas_get_num_threads()))
    openblas_set_num_threads(1)
    return count
  }()

  /// Shares `0..<total` out in ranges of nearly equal length, and returns when all are done.
  ///
  /// - Parameters:
  ///   - cost: what one of them takes, in multiplications or thereabouts.
  ///   - unit: all lengths but the last are multiples of this.
  static func share(_ total: Int, cost: Int, unit: Int = 1, _ body: (Range<Int>) -> Void) {
    let pieces = pieces(total, cost: cost, unit: unit)
    each(pieces) { piece in
      let range = range(of: piece, among: pieces, total, unit: unit)
      if !range.isEmpty { body(range) }
    }
  }

  /// How many ranges ``share(_:cost:unit:_:)`` would make.
  static func pieces(_ total: Int, cost: Int, unit: Int = 1) -> Int {
    let (work, overflow) = total.multipliedReportingOverflow(by: max(1, cost))
    guard count > 1, overflow || work >= leastWork else { return 1 }
    return max(
      1, min(count, (overflow ? Int.max : work) / (leastWork / 2), total / unit))
  }

  /// The range of one piece.
  static func range(of piece: Int, among pieces: Int, _ total: Int, unit: Int = 1) -> Range<Int> {
    let units = (total + unit - 1) / unit
    let start = min(total, units * piece / pieces * unit)
    return start..<min(total, units * (piece + 1) / pieces * unit)
  }

  /// Does so many pieces of work at once.
  static func each(_ pieces: Int, _ body: (Int) -> Void) {
    guard pieces > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      // Pieces write to places of their own, and all are done before this returns.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: pieces) { body($0) }
    }
  }

  /// What is less is done sooner than another thread wakes.
  private static let leastWork = 1 << 17
}
