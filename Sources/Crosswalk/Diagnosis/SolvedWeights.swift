import Architectures
import Diagnostics
import Tensors

// What the recorded input and output of one node say of its parameters.
extension WeightHypotheses {
  /// Parameters that follow from what was recorded: a bias, a factor, an order of rows.
  func solved(_ position: Int, _ evidence: Evidence) throws(CrosswalkError) -> [Hypothesis] {
    guard let (ours, recorded) = try evidence.outputs(of: position), let width = ours.shape.last,
      width > 0
    else { return [] }
    let (made, wanted) = (try ours.doubles(), try recorded.doubles())
    guard made.count > 0, (made + wanted).allSatisfy(\.isFinite) else { return [] }
    var found: [Hypothesis] = []
    found += try factor(made, wanted, position, evidence)
    found += try bias(made, wanted, width, position, evidence)
    found += try order(made, wanted, width, position, evidence)
    return found
  }

  /// All is so many times what it should be.
  private func factor(_ made: [Double], _ wanted: [Double], _ position: Int, _ evidence: Evidence)
    throws(CrosswalkError) -> [Hypothesis]
  {
    let squares = made.reduce(0) { $0 + $1 * $1 }
    let factor = zip(made, wanted).reduce(0) { $0 + $1.0 * $1.1 } / squares
    let node = evidence.architecture.nodes[position]
    guard squares > 0, factor.isFinite, factor != 0, abs(factor - 1) > 1e-5 else { return [] }
    var changed: [String: StoredTensor] = [:]
    for (role, name) in node.parameters {
      guard let tensor = evidence.parameters[name] else { continue }
      changed[role] = try StoredTensor(tensor.doubles().map { $0 * factor }, shape: tensor.shape)
    }
    return [
      try hypothesis(
        "factor", "the values are \(Self.words(factor)) times ours", position, changed,
        how: "times \(factor)", rank: 3, evidence)
    ]
  }

  private static func words(_ factor: Double) -> String {
    let root = (factor * factor).rounded()
    if root > 1, abs(root.squareRoot() - abs(factor)) < 1e-4 { return "sqrt(\(Int(root)))" }
    let inverse = (1 / (factor * factor)).rounded()
    if inverse > 1, abs(1 / inverse.squareRoot() - abs(factor)) < 1e-5 {
      return "1/sqrt(\(Int(inverse)))"
    }
    return "\(factor)"
  }

  /// Each channel is off by one number.
  private func bias(
    _ made: [Double], _ wanted: [Double], _ width: Int, _ position: Int, _ evidence: Evidence
  ) throws(CrosswalkError) -> [Hypothesis] {
    let node = evidence.architecture.nodes[position]
    guard let bias = parameter("bias", of: node, evidence), bias.shape == [width] else { return [] }
    var sums = [Double](repeating: 0, count: width)
    for index in made.indices { sums[index % width] += wanted[index] - made[index] }
    let rows = Double(made.count / width)
    let old = try bias.doubles()
    let solved = zip(old, sums).map { $0 + $1 / rows }
    let isMissing = old.allSatisfy { $0 == 0 }
    return [
      try hypothesis(
        "bias", isMissing ? "a bias is missing" : "the bias is another", position,
        ["bias": StoredTensor(solved, shape: [width])], how: "bias from the recording", rank: 4,
        evidence)
    ]
  }

  /// Our columns in another order are theirs.
  private func order(
    _ made: [Double], _ wanted: [Double], _ width: Int, _ position: Int, _ evidence: Evidence
  ) throws(CrosswalkError) -> [Hypothesis] {
    let node = evidence.architecture.nodes[position]
    guard node.operationName == "linear", width > 1, width <= 65_536,
      let weight = parameter("weight", of: node, evidence), weight.shape.first == width
    else { return [] }
    var found: [Hypothesis] = []
    let bias = try parameter("bias", of: node, evidence)?.doubles()
    for joint in bias == nil ? [true] : [true, false] {
      var (ours, theirs) = (made, wanted)
      if !joint, let bias {
        for index in made.indices {
          ours[index] -= bias[index % width]
          theirs[index] -= bias[index % width]
        }
      }
      guard let places = ColumnMatching(ours, theirs, width).places,
        places != Array(0..<width)
      else { continue }
      var changed = ["weight": try weight.taking(places, axis: 0)]
      if joint, let tensor = parameter("bias", of: node, evidence) {
        changed["bias"] = try tensor.taking(places, axis: 0)
      }
      found.append(
        try hypothesis(
          "row-order", "the rows are in another order", position, changed, how: "rows as recorded",
          rank: 2,
          evidence))
    }
    return found
  }
}

/// Which of our columns each of theirs is.
struct ColumnMatching {
  /// For each of their columns the number of ours; nil where they are not the same columns.
  let places: [Int]?

  init(_ ours: [Double], _ theirs: [Double], _ width: Int) {
    let rows = ours.count / width
    let scale = (theirs.reduce(0) { $0 + $1 * $1 } / Double(max(theirs.count, 1))).squareRoot()
    let tolerance = 1e-4 * scale
    // Sorted by the first row, so that few candidates are near.
    let sorted = (0..<width).sorted { ours[$0] < ours[$1] }
    var places: [Int] = []
    var taken = [Bool](repeating: false, count: width)
    for column in 0..<width {
      let wanted = theirs[column]
      var low = sorted.partitionPoint { ours[$0] < wanted - tolerance }
      var best: (place: Int, distance: Double)?
      while low < width, ours[sorted[low]] <= wanted + tolerance {
        let place = sorted[low]
        low += 1
        guard !taken[place] else { continue }
        var distance = 0.0
        for row in 0..<rows {
          distance += abs(ours[row * width + place] - theirs[row * width + column])
        }
        if distance < best?.distance ?? .infinity { best = (place, distance) }
      }
      guard let best, best.distance <= tolerance * Double(rows) else {
        self.places = nil
        return
      }
      taken[best.place] = true
      places.append(best.place)
    }
    self.places = places
  }
}

extension [Int] {
  /// The first place at which a condition that holds first and then no more fails.
  fileprivate func partitionPoint(_ holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
