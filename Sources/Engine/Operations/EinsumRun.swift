import Architectures
import Diagnostics
import Tensors

extension Einsum: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    var tensors: [Tensor<S>] = []
    for value in call.all("input") { tensors.append(try value.numbers()) }
    let labels = try equation.labels(ranks: tensors.map(\.shape.count))
    var extents: [Int: Int] = [:]
    for (label, extent) in zip(labels.inputs.joined(), tensors.map(\.shape).joined()) {
      let known = extents[label] ?? 1
      guard known == extent || known == 1 || extent == 1 else {
        throw CrosswalkError(
          .invalidInput, "an axis of two extents", expected: "\(known)", found: "\(extent)")
      }
      extents[label] = known == 1 ? extent : known
    }
    var factors: [Factor<S>] = []
    for (tensor, own) in zip(tensors, labels.inputs) {
      factors.append(try Factor(tensor, own, extents))
    }
    guard var product = factors.first else {
      throw CrosswalkError(.invalidInput, "nothing flows into 'input'")
    }
    for next in factors.indices.dropFirst() {
      let later = factors[(next + 1)...].flatMap(\.labels)
      product = try product.times(factors[next], keeping: Set(labels.output + later))
    }
    product = try product.summed(keeping: Set(labels.output))
    let order = labels.output.compactMap { product.labels.firstIndex(of: $0) }
    return Outcome(try product.tensor.permuted(order))
  }
}

/// A tensor whose axes have labels, each once.
private struct Factor<S: Scalar> {
  let tensor: Tensor<S>
  let labels: [Int]

  /// A tensor's diagonals where a label stands twice, and without axes that are only broadcast.
  init(_ tensor: Tensor<S>, _ labels: [Int], _ extents: [Int: Int]) throws(CrosswalkError) {
    var (own, shape, strides): ([Int], [Int], [Int]) = ([], [], [])
    for (axis, step) in Shape.strides(tensor.shape).enumerated() {
      let (label, extent) = (labels[axis], tensor.shape[axis])
      if extent == 1, extents[label] != 1 { continue }
      if let place = own.firstIndex(of: label) {
        strides[place] += step
      } else {
        own.append(label)
        shape.append(extent)
        strides.append(step)
      }
    }
    self.labels = own
    self.tensor =
      own.count == labels.count ? tensor : try tensor.strided(shape, by: strides)
  }

  private init(tensor: Tensor<S>, labels: [Int]) {
    self.tensor = tensor
    self.labels = labels
  }

  private func extent(_ label: Int) -> Int {
    labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1
  }

  private func extent(_ labels: [Int]) -> Int { labels.reduce(1) { $0 * extent($1) } }

  /// The same with these labels' axes in this order.
  private func ordered(_ order: [Int]) throws(CrosswalkError) -> Tensor<S> {
    try tensor.permuted(order.compactMap { labels.firstIndex(of: $0) })
  }

  /// The sums over all labels but some.
  func summed(keeping kept: Set<Int>) throws(CrosswalkError) -> Factor {
    let gone = labels.filter { !kept.contains($0) }
    guard !gone.isEmpty else { return self }
    let left = labels.filter(kept.contains)
    let result = try Tensor<S>(shape: left.map { extent($0) })
    add(try ordered(left + gone), extent(gone), into: result)
    return Factor(tensor: result, labels: left)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func add(_ rows: Tensor<S>, _ width: Int, into result: Tensor<S>) {
    for row in 0..<result.count {
      var sum = 0.0
      for place in (row * width)..<((row + 1) * width) { sum += Double(rows.elements[place]) }
      result.elements[row] = S(sum)
    }
  }

  /// The product with another, summed over what no one needs any more: one matrix product for each
  /// index of what both share and keep.
  func times(_ other: Factor, keeping kept: Set<Int>) throws(CrosswalkError) -> Factor {
    let a = try summed(keeping: kept.union(other.labels))
    let b = try other.summed(keeping: kept.union(a.labels))
    let shared = a.labels.filter { b.labels.contains($0) && kept.contains($0) }
    let inner = a.labels.filter { b.labels.contains($0) && !kept.contains($0) }
    let rows = a.labels.filter { !b.labels.contains($0) }
    let columns = b.labels.filter { !a.labels.contains($0) }
    let (m, n, k) = (a.extent(rows), b.extent(columns), a.extent(inner))
    guard max(m, n, k) <= Int32.max else {
      throw CrosswalkError(.tooLarge, "a matrix larger than 32 bits count")
    }
    let (left, leftIsTurned) = try a.laid(shared, rows, inner)
    let (right, rightIsTurned) = try b.laid(shared, inner, columns)
    let batch = a.extent(shared)
    let result = try Tensor<S>(
      shape: shared.map { a.extent($0) } + rows.map { a.extent($0) } + columns.map { b.extent($0) })
    guard result.count > 0, k > 0 else {
      result.elements.update(repeating: 0)
      return Factor(tensor: result, labels: shared + rows + columns)
    }
    func multiply(_ item: Int, _ lines: Range<Int>) {
      let start = left.start + item * m * k
      let own =
        leftIsTurned
        ? Matrix(start: start + lines.lowerBound, stride: m).transposed
        : Matrix(start: start + lines.lowerBound * k, stride: k)
      let theirs = Matrix(start: right.start + item * k * n, stride: rightIsTurned ? k : n)
      S.kernels.multiplyMatrices(
        own, rightIsTurned ? theirs.transposed : theirs,
        Matrix(start: result.start + item * m * n + lines.lowerBound * n, stride: n),
        lines.count, n, k, 1)
    }
    if batch == 1 {
      Workers.share(m, cost: n * k, unit: 16) { multiply(0, $0) }
    } else {
      Workers.share(batch, cost: m * n * k) { items in for item in items { multiply(item, 0..<m) } }
    }
    return Factor(tensor: result, labels: shared + rows + columns)
  }

  /// The numbers as matrices (first, second), one for each of what is shared; or as their transposes
  /// where they lie so already.
  private func laid(_ shared: [Int], _ first: [Int], _ second: [Int]) throws(CrosswalkError)
    -> (Tensor<S>, isTurned: Bool)
  {
    if labels == shared + second + first { return (tensor, labels != shared + first + second) }
    return (try ordered(shared + first + second), false)
  }
}
