import Diagnostics
import Dispatch
import Synchronization

/// Work on many things by all processors at once.
enum Parallel {
  /// Does the work on each item and gives the results in the items' order.
  ///
  /// - Parameter weight: how long an item takes, in any unit; the heaviest begin first, so that none
  ///   is left to one processor at the end.
  /// - Throws: the error of the first item in order among those that failed; later work is left.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], weight: (Item) -> Int,
    _ work: @Sendable (Item) throws(CrosswalkError) -> Result
  ) throws(CrosswalkError) -> [Result] {
    let weights = items.map(weight)
    let order = items.indices.sorted { weights[$0] > weights[$1] }
    let state = Mutex(State<Result>())
    DispatchQueue.concurrentPerform(iterations: items.count) { turn in
      guard state.withLock({ $0.failures.isEmpty }) else { return }
      let index = order[turn]
      do throws(CrosswalkError) {
        let result = try work(items[index])
        state.withLock { $0.results[index] = result }
      } catch {
        state.withLock { $0.failures[index] = error }
      }
    }
    let (results, failures) = state.withLock { ($0.results, $0.failures) }
    if let first = failures.min(by: { $0.key < $1.key }) { throw first.value }
    return items.indices.compactMap { results[$0] }
  }

  private struct State<Result: Sendable>: Sendable {
    var results: [Int: Result] = [:]
    var failures: [Int: CrosswalkError] = [:]
  }
}
