import Testing

@testable import Crosswalk

/// Expected orders are those that `torch.topk(scores, k)[1]` gave, by PyTorch 2.13 on Linux.
struct TopScoresTests {
  /// Scores of which many are equal.
  static func scores(_ count: Int, _ kinds: Int) -> [Float] {
    (0..<count).map { Float(($0 * 7919 + $0 * $0) % kinds) }
  }

  @Test(arguments: [
    (300, 7, [20, 6, 27, 13]), (130, 1, [0, 1]), (5, 2, [2]), (9, 3, [8, 2, 5, 4, 7, 6, 0, 3, 1]),
    (
      2000, 11,
      [
        18, 49, 73, 16, 5, 117, 29, 106, 40, 95, 7, 71, 82, 115, 126, 51, 84, 38, 128, 27, 62, 137,
        104, 93, 60,
      ]
    ),
    (
      120, 6,
      [
        26, 95, 35, 98, 32, 29, 101, 116, 11, 113, 38, 14, 110, 8, 17, 107, 20, 23, 2, 104, 83, 71,
        74, 68, 65, 77, 62, 80, 59, 56, 119, 53, 86, 50, 47, 89, 44, 92, 41, 5,
      ]
    ),
  ])
  func equalScoresInTorchsOrder(count: Int, kinds: Int, expected: [Int]) {
    let found = TopScores.ranked(expected.count, of: Self.scores(count, kinds))
    #expect(found.map(\.place) == expected)
  }

  @Test func whatIsNoNumberComesFirst() {
    var scores = Self.scores(40, 5)
    (scores[3], scores[17], scores[30]) = (.nan, -.infinity, .nan)
    let found = TopScores.ranked(10, of: scores)
    #expect(found.map(\.place) == [3, 30, 22, 12, 34, 32, 19, 29, 27, 14])
  }

  @Test(arguments: [1, 17, 100, 640, 641])
  func theLargestOfAll(count: Int) {
    let scores = (0..<641).map { Float(($0 * 389) % 641) }
    let found = TopScores.ranked(count, of: scores)
    #expect(found.map(\.score) == scores.sorted(by: >).prefix(count).map { $0 })
    #expect(found.allSatisfy { scores[$0.place] == $0.score })
  }
}
