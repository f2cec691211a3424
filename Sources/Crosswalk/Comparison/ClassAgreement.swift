import Diagnostics
import Reports
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far two tables of scores are apart as what they are for: predictions of classes, which lie
/// along the last axis.
struct ClassAgreement {
  private var classes: Int
  private var rows = 0
  private var divergence = 0.0
  private var largestDivergence = 0.0
  private var firstAgrees = 0
  private var shared = 0

  /// How many of the likeliest classes are compared as a set.
  private static let most = 5

  /// Compares two tables of one shape, (…, classes); nil where there are no classes to choose among.
  ///
  /// - Throws: whatever reading meets.
  init?(of tensor: StoredTensor, from reference: StoredTensor) throws(CrosswalkError) {
    guard let classes = reference.shape.last, classes > 1, classes <= 1 << 20,
      reference.dtype.isFloating, tensor.dtype.isFloating, reference.count > 0
    else { return nil }
    self.classes = classes
    var agreement = self
    try TensorPair(tensor, reference).forEachPiece { _, scores, expected in
      // Pieces are whole rows, as a row fits into one.
      for start in stride(from: 0, to: scores.count - classes + 1, by: classes) {
        agreement.add(scores[start..<start + classes], expected[start..<start + classes])
      }
    }
    self = agreement
  }

  private typealias Scores = Slice<UnsafeBufferPointer<Double>>

  private mutating func add(_ scores: Scores, _ expected: Scores) {
    let (a, b) = (Self.logSum(scores), Self.logSum(expected))
    guard a.isFinite, b.isFinite else { return }
    rows += 1
    var sum = 0.0
    for (score, reference) in zip(scores, expected) {
      let probability = exp(reference - b)
      if probability > 0 { sum += probability * ((reference - b) - (score - a)) }
    }
    let divergence = max(0, sum)
    self.divergence += divergence
    largestDivergence = max(largestDivergence, divergence)
    let (ours, theirs) = (Self.likeliest(scores), Self.likeliest(expected))
    if ours.first == theirs.first { firstAgrees += 1 }
    shared += theirs.count { ours.contains($0) }
  }

  private static func logSum(_ scores: Scores) -> Double {
    let largest = scores.max() ?? 0
    return largest + log(scores.reduce(0) { $0 + exp($1 - largest) })
  }

  /// The places of the highest scores, the highest first; of equals the first.
  private static func likeliest(_ scores: Scores) -> [Int] {
    var best: [(place: Int, score: Double)] = []
    for (place, score) in scores.enumerated() {
      guard best.count < most || score > best[best.count - 1].score else { continue }
      let index = best.firstIndex { score > $0.score } ?? best.count
      best.insert((place, score), at: index)
      if best.count > most { best.removeLast() }
    }
    return best.map(\.place)
  }

  /// The agreement as reports have it; nil where no row could be compared.
  var metrics: DifferenceReport.Classes? {
    guard rows > 0 else { return nil }
    let most = min(Self.most, classes)
    return DifferenceReport.Classes(
      divergence: divergence / Double(rows), largestDivergence: largestDivergence,
      first: Double(firstAgrees) / Double(rows), most: most,
      shared: Double(shared) / Double(rows * most))
  }
}
