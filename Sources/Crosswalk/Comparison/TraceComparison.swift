import Architectures
import Diagnostics
import Engine
import Reports
import Tensors

/// Pairs of values of two traces, gathered first and then compared in order.
struct TraceComparison {
  let reference: Fixture
  let tolerance: Tolerance?
  /// What the reference has and the other side lacks, or the other way round.
  var missing: [String] = []
  var unexpected: [String] = []
  var notes: [String] = []
  private var pairs: [Comparand] = []

  init(reference: Fixture, tolerance: Tolerance?) {
    self.reference = reference
    self.tolerance = tolerance
  }

  /// Adds a recorded value and what a run gave for it.
  ///
  /// - Throws: `wrongShape` where the family's table says to reorder axes that are not there.
  mutating func add(_ match: TraceMatching.Match, ours: Trace, architecture: Architecture)
    throws(CrosswalkError)
  {
    let role: TraceRole = match.role == .attention ? .attention : match.isOutput ? .output : .node
    let tensors = match.names.compactMap { role.table(of: ours)[$0] }
    var axes =
      role == .attention ? AxisNames.attention : AxisNames.of(architecture.type(of: match.value))
    var tensor = tensors.count == match.names.count ? tensors.first : nil
    if tensors.count > 1, tensor != nil { tensor = try join(tensors, groups: match.layout.groups) }
    if let step = match.layout.step, let plain = tensor {
      let axis = role == .attention ? 2 : 1
      let recorded = role.table(of: reference.trace)[match.recorded]?.shape ?? []
      // What was recorded may be all steps, joined as ours are.
      if recorded != plain.shape { tensor = try Self.step(step, of: plain, axis: axis) }
    }
    if let heads = match.layout.heads, let plain = tensor {
      let width = plain.shape.last ?? 1
      tensor = try plain.reshaped(plain.shape.dropLast() + [heads, width / heads])
      axes = axes.dropLast() + ["head", "width"]
    }
    if let order = match.layout.axes, let plain = tensor {
      tensor = try plain.permuted(order)
      axes = axes.count == order.count ? order.map { axes[$0] } : []
    }
    if match.layout.isFlat, let plain = tensor {
      tensor = try plain.reshaped([plain.shape.dropLast().reduce(1, *), plain.shape.last ?? 1])
      axes = []
    }
    if role == .node, let row = tensor {
      tensor = try Self.repeated(row, as: role.table(of: reference.trace)[match.recorded]?.shape)
    }
    let name = match.names.joined(separator: " + ")
    add(match.role, name: name, recorded: match.recorded, tensor, axes: axes)
  }

  /// One step of all; nil where there are not so many.
  private static func step(_ step: Int, of tensor: StoredTensor, axis: Int) throws(CrosswalkError)
    -> StoredTensor?
  {
    guard tensor.shape.count > axis, (0..<tensor.shape[axis]).contains(step) else { return nil }
    return try tensor.sliced(axis: axis, range: step..<(step + 1))
  }

  /// The tensors side by side along the last axis, each cut into so many parts that take turns.
  private func join(_ tensors: [StoredTensor], groups: Int) throws(CrosswalkError) -> StoredTensor {
    let axis = tensors[0].shape.count - 1
    var parts: [StoredTensor] = []
    for group in 0..<groups {
      for tensor in tensors {
        let width = (tensor.shape.last ?? 0) / groups
        parts.append(
          try tensor.sliced(axis: axis, range: (group * width)..<((group + 1) * width)))
      }
    }
    return try StoredTensor.concatenated(parts, axis: axis)
  }

  /// What is the same for each row of the batch, such as a table of positions, as often as it was
  /// recorded.
  private static func repeated(_ row: StoredTensor, as shape: [Int]?) throws(CrosswalkError)
    -> StoredTensor
  {
    guard let shape, let count = shape.first, row.shape.first == 1, count > 1,
      row.shape.dropFirst() == shape.dropFirst()
    else { return row }
    return try StoredTensor.concatenated(Array(repeating: row, count: count), axis: 0)
  }

  /// Adds a recorded value and its counterpart; without one it is missing.
  mutating func add(
    _ role: TraceRole, name: String, recorded: String, _ tensor: StoredTensor?,
    axes: [String] = []
  ) {
    guard let tensor, let expected = role.table(of: reference.trace)[recorded] else {
      missing.append("\(role.group)/\(recorded)")
      return
    }
    pairs.append(
      Comparand(
        name: name, counterpart: recorded == name ? nil : recorded, role: role.rawValue,
        axes: axes, tensor: tensor, reference: expected,
        exact: reference.exact.flatMap { role.table(of: $0)[recorded] }))
  }

  /// Compares all pairs.
  func report(_ subject: String, observer: any Observer) throws(CrosswalkError)
    -> DifferenceReport
  {
    observer.observe(.began(activity: "Comparing", total: pairs.count, unit: .items))
    defer { observer.observe(.finished) }
    var comparator = Comparator(yardstick: tolerance.map(Yardstick.given) ?? .rounding)
    if tolerance == nil { comparator.largestFloor = try largestFloor() }
    var rows: [DifferenceReport.Row] = []
    let inputs = Comparator(yardstick: .equality)
    for pair in pairs {
      rows.append(try (pair.role == TraceRole.input.rawValue ? inputs : comparator).row(pair))
      observer.observe(.advanced(by: 1, item: pair.name))
    }
    return DifferenceReport(
      subject: subject, rows: rows, missing: missing, unexpected: unexpected,
      notes: judgement(rows.count) + notes)
  }

  private func largestFloor() throws(CrosswalkError) -> Rounding? {
    var largest: Rounding?
    for pair in pairs {
      guard let exact = pair.exact, exact.shape == pair.reference.shape,
        pair.reference.dtype.isFloating, exact.dtype.isFloating,
        let floor = Rounding(explaining: try Distance(of: pair.reference, from: exact))
      else { continue }
      largest = largest?.atLeast(floor) ?? floor
    }
    return largest
  }

  /// By what the rows are judged, in a sentence or two.
  private func judgement(_ count: Int) -> [String] {
    guard count > 0 else { return [] }
    if let tolerance {
      return [
        "Passes where |difference| <= \(tolerance.absolute) + \(tolerance.relative) x |recorded|, "
          + "for every element."
      ]
    }
    let exact = pairs.count { $0.exact != nil }
    var notes: [String] = []
    if exact > 0 {
      notes.append(
        "\(exact) of \(count) values are judged by the float64 recording: one differs where it is "
          + "over 10 times as far from that as the float32 recording is.")
    }
    if exact < count {
      notes.append(
        "\(count - exact) of \(count) values have no float64 recording and are judged by the "
          + "rounding of a deep float32 model: relative RMS 5e-6.")
    }
    return notes
  }
}
