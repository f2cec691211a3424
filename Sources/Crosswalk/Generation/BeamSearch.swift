import Diagnostics
import Engine

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Follows several sequences at once and keeps the most probable (transformers' beam search).
///
/// Scores are binary32 as there, so that equal ones are equal here too: what is out of the running
/// has a score near -1e9, at which small differences are lost.
struct BeamSearch {
  let rules: GenerationRules
  let tokenRules: TokenRules
  let observer: any Observer

  private static let outside: Float = -1e9

  /// A sequence under way or finished.
  private struct Beam {
    var tokens: [Int]
    var score: Float
    var isFinished = false
    /// The row of the run that it goes on from.
    var row = 0
  }

  func search(_ run: GrowingRun, _ prompt: GenerationPrompt) throws(CrosswalkError)
    -> GenerationResult
  {
    var prompt = prompt
    let batch = prompt.ids.count
    var running = prompt.ids.map { ids in
      (0..<rules.beams).map { Beam(tokens: ids, score: $0 == 0 ? 0 : Self.outside) }
    }
    var finished = prompt.ids.map { ids in
      (0..<rules.beams).map { _ in Beam(tokens: ids, score: Self.outside) }
    }
    var mayImprove = [Bool](repeating: true, count: batch)
    var length = rules.prompt
    while true {
      let (rows, width, numbers) = try run.last()
      guard rows == batch * rules.beams || (length == rules.prompt && rows == batch) else {
        throw prompt.otherRows(rows)
      }
      if length == rules.prompt { try tokenRules.check(vocabulary: width) }
      var isOver = true
      for item in 0..<batch {
        let best = try continuations(of: running[item], item, numbers, width, rows / batch)
        let ends = best.map { isAtEnd($0.tokens, length + 1) }
        isOver = isOver && !ends.contains(false)
        finish(best, ends, &finished[item], mayImprove[item], length)
        running[item] = goOn(best, ends)
      }
      observer.observe(.advanced(by: 1, item: ""))
      length += 1
      for item in 0..<batch {
        mayImprove[item] =
          mayImprove[item] && canImprove(running[item], finished[item], length)
      }
      let isFull = finished.allSatisfy { $0.allSatisfy(\.isFinished) }
      guard mayImprove.contains(true), !(isFull && rules.earlyStopping == .yes), !isOver else {
        break
      }
      let beams = running.flatMap { $0 }
      try run.select(beams.map(\.row), of: rows)
      prompt.select(beams.map(\.row), of: rows)
      try run.grow(prompt.next(beams.map { $0.tokens[length - 1] }))
    }
    return result(finished)
  }

  private func isAtEnd(_ tokens: [Int], _ length: Int) -> Bool {
    length >= rules.longest || tokens.last.map(rules.ends.contains) ?? false
  }

  /// The best ways in which the sequences of one item of the batch go on, best first: enough that
  /// as many as there are beams remain when all that can end do.
  private func continuations(
    of beams: [Beam], _ item: Int, _ numbers: [Float], _ width: Int, _ rowsPerItem: Int
  ) throws(CrosswalkError) -> [Beam] {
    let count = max(2, 1 + rules.ends.count) * rules.beams
    guard count <= beams.count * width else {
      throw CrosswalkError(
        .unsupported, "a vocabulary too small for so many beams",
        expected: "\(count) tokens over all beams", found: "\(beams.count * width)",
        remedy: "give fewer --beams")
    }
    var best = TopScores(count, of: beams.count * width)
    for (place, beam) in beams.enumerated() {
      // At first there is one row for all the beams of an item.
      let row = item * rowsPerItem + (rowsPerItem == 1 ? 0 : place)
      var scores = logProbabilities(numbers[(row * width)..<((row + 1) * width)])[...]
      tokenRules.apply(to: &scores, after: beam.tokens, row: item)
      scores.withUnsafeBufferPointer { scores in
        for token in scores.indices {
          best.offer(scores[token] + beam.score, place * width + token)
        }
      }
    }
    return best.ranked().map { score, place in
      let beam = place / width
      return Beam(
        tokens: beams[beam].tokens + [place % width], score: score,
        row: item * rowsPerItem + (rowsPerItem == 1 ? 0 : beam))
    }
  }

  /// Those that go on, best first.
  private func goOn(_ best: [Beam], _ ends: [Bool]) -> [Beam] {
    let scores = zip(best, ends).map { $0.score + ($1 ? 1 : 0) * Self.outside }
    return TopScores.ranked(rules.beams, of: scores).map { score, place in
      var beam = best[place]
      beam.score = score
      return beam
    }
  }

  /// Puts those among the first that have ended beside those that ended before, and keeps the best.
  private func finish(
    _ best: [Beam], _ ends: [Bool], _ finished: inout [Beam], _ mayImprove: Bool, _ length: Int
  ) {
    let isClosed = finished.allSatisfy(\.isFinished) && rules.earlyStopping == .yes
    let divisor = Float(pow(Double(length + 1 - rules.prompt), rules.lengthPenalty))
    var candidates = finished
    for (place, beam) in best.enumerated() {
      var candidate = beam
      candidate.isFinished = ends[place] && place < rules.beams
      candidate.score = beam.score / divisor
      candidate.score += (isClosed ? 1 : 0) * Self.outside
      candidate.score += (mayImprove ? 0 : 1) * Self.outside
      candidate.score += (candidate.isFinished ? 0 : 1) * Self.outside
      candidates.append(candidate)
    }
    finished = TopScores.ranked(rules.beams, of: candidates.map(\.score)).map {
      candidates[$0.place]
    }
  }

  /// Whether what is under way may become better than the worst that has ended.
  private func canImprove(_ running: [Beam], _ finished: [Beam], _ length: Int) -> Bool {
    let reached =
      rules.earlyStopping == .never && rules.lengthPenalty > 0
      ? rules.longest - rules.prompt : length - rules.prompt
    let possible = running[0].score / Float(pow(Double(reached), rules.lengthPenalty))
    let worst = finished.map(\.score).min() ?? Self.outside
    return finished.contains { possible > ($0.isFinished ? worst : Self.outside) }
  }

  private func result(_ finished: [[Beam]]) -> GenerationResult {
    let chosen = finished.flatMap { $0.prefix(rules.sequences) }
    let length = chosen.map(\.tokens.count).max() ?? 0
    // Here transformers takes an id of 0 for none.
    let padding = rules.padding.flatMap { $0 == 0 ? nil : $0 } ?? rules.ends.first ?? -1
    return GenerationResult(
      sequences: chosen.map {
        $0.tokens + Array(repeating: padding, count: length - $0.tokens.count)
      },
      prompt: rules.prompt, scores: chosen.map(\.score),
      finished: chosen.map { $0.tokens.last.map(rules.ends.contains) ?? false })
  }
}
