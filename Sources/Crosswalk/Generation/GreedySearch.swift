import Diagnostics
import Engine

/// Takes the most probable token at each step (transformers' greedy search).
struct GreedySearch {
  let rules: GenerationRules
  let tokenRules: TokenRules
  let observer: any Observer

  func search(_ run: GrowingRun, _ prompt: GenerationPrompt) throws(CrosswalkError)
    -> GenerationResult
  {
    var prompt = prompt
    var sequences = prompt.ids
    var isFinished = [Bool](repeating: false, count: sequences.count)
    while true {
      var (rows, width, scores) = try run.last()
      guard rows == sequences.count else { throw prompt.otherRows(rows) }
      if sequences[0].count == rules.prompt { try tokenRules.check(vocabulary: width) }
      var chosen: [Int] = []
      for row in 0..<rows {
        tokenRules.apply(
          to: &scores[(row * width)..<((row + 1) * width)], after: sequences[row], row: row)
        let best = Self.first(scores[(row * width)..<((row + 1) * width)])
        chosen.append(isFinished[row] ? rules.padding ?? best : best)
        sequences[row].append(chosen[row])
        isFinished[row] = isFinished[row] || rules.ends.contains(chosen[row])
      }
      observer.observe(.advanced(by: 1, item: ""))
      guard sequences[0].count < rules.longest, isFinished.contains(false) else { break }
      try run.grow(prompt.next(chosen))
    }
    return GenerationResult(
      sequences: sequences, prompt: rules.prompt, scores: nil, finished: isFinished)
  }

  /// Where the largest number stands, the first of equal ones; NaN is largest.
  private static func first(_ numbers: ArraySlice<Float>) -> Int {
    numbers.withUnsafeBufferPointer { numbers in
      var best = 0
      for place in numbers.indices {
        if numbers[place].isNaN { return place }
        if numbers[place] > numbers[best] { best = place }
      }
      return best
    }
  }
}
