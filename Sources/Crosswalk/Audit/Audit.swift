import Architectures
import Diagnostics
import Engine
import Reports
import Tensors

/// Puts faults into a healthy model, one at a time, and judges each as `verify` would.
struct Audit {
  private let model: Model
  private let evidence: Evidence
  private let matching: TraceMatching
  private let fixture: Fixture
  private let tolerance: Tolerance?
  private let base: Trace
  private let floor: Rounding?
  private let rows: [DifferenceReport.Row]
  private let tokens: Int?

  /// A change of more than this is more than rounding, whatever the model.
  private static let change = 1e-2
  /// A change of less is none.
  private static let rounding = 2e-6

  init(
    _ model: Model, _ parameters: TensorTable, _ matching: TraceMatching, _ fixture: Fixture,
    inputs: TensorTable, tolerance: Tolerance?
  ) throws(CrosswalkError) {
    self.model = model
    self.matching = matching
    self.fixture = fixture
    self.tolerance = tolerance
    evidence = try Evidence(auditing: model, parameters, inputs: inputs)
    base = try model.run(inputs, capture: .named(matching.captured))
    var comparison = TraceComparison(reference: fixture, tolerance: tolerance)
    for match in matching.matches {
      try comparison.add(match, ours: base, architecture: model.architecture)
    }
    floor = tolerance == nil ? try comparison.largestFloor() : nil
    let report = try comparison.report("", floor: floor, observer: Silence())
    guard report.verdict.passes else {
      throw CrosswalkError(
        .invalidInput,
        "the model does not compute what was recorded, and an audit needs one that does",
        remedy: "verify --diagnose says what is wrong")
    }
    rows = report.rows
    tokens = inputs.lazy.map(\.1.shape).first { $0.count == 2 }?[1]
  }

  func report(_ subject: String, observer: any Observer) throws(CrosswalkError) -> AuditReport {
    let chosen = try AuditFaults(evidence)
    observer.observe(.began(activity: "Auditing", total: chosen.faults.count, unit: .items))
    defer { observer.observe(.finished) }
    var faults: [AuditReport.Fault] = []
    var values = matching.matches.map { AuditReport.Value(name: $0.recorded, reached: 0, seen: 0) }
    for fault in chosen.faults {
      if Task.isCancelled { throw CrosswalkError(.cancelled, "the audit was cancelled") }
      let name = model.architecture.nodes[fault.node].name
      faults.append(try judge(fault, name, &values))
      observer.observe(.advanced(by: 1, item: name))
    }
    var notes = [
      "Of nodes alike in all layers the first and the last were changed, of each kind of fault one to "
        + "three."
    ]
    if chosen.untried > 0 {
      notes.append(
        "\(chosen.untried) faults were left out evenly, as no more than \(AuditFaults.most) are tried."
      )
    }
    return AuditReport(
      subject: subject, faults: faults, untried: chosen.untried, values: values, notes: notes)
  }
}

// MARK: one fault

extension Audit {
  private func judge(
    _ fault: Hypothesis, _ name: String, _ values: inout [AuditReport.Value]
  ) throws(CrosswalkError) -> AuditReport.Fault {
    var told = AuditReport.Fault(
      cause: fault.cause, says: fault.says, node: name, fate: .refused)
    let names = matching.captured.union([name])
    guard let again = try? evidence.bench.run(fault.change, capture: names) else {
      told.reason = "the graph cannot be so, or it is in a block of steps"
      return told
    }
    var comparison = TraceComparison(reference: fixture, tolerance: tolerance)
    var reached: [Int] = []
    for (number, match) in matching.matches.enumerated() {
      guard let trace = match.merged(again, base) else { continue }
      try comparison.add(match, ours: trace, architecture: model.architecture)
      reached.append(number)
    }
    let rows = try comparison.report("", floor: floor, observer: Silence()).rows
    guard rows.count == reached.count else { return told }
    for (row, number) in zip(rows, reached) {
      values[number].reached += 1
      if !row.verdict.passes { values[number].seen += 1 }
    }
    if let first = rows.first(where: { !$0.verdict.passes }) {
      told.seenBy = first.counterpart ?? first.name
      told.fate = .killed
      // Verify would call that equivalent.
      let value = fault.node + model.architecture.inputs.count
      let isAlone = zip(rows, reached).allSatisfy {
        $0.verdict.passes || matching.matches[$1].value == value
      }
      if fault.cause == "bias", isAlone, isKey(value) {
        told.fate = .invisible
        told.reason = invariance(fault, value)
      }
      return told
    }
    (told.fate, told.reason) = try unseen(fault, again, rows)
    return told
  }

  /// Why no recorded value shows a fault.
  private func unseen(_ fault: Hypothesis, _ again: Trace, _ rows: [DifferenceReport.Row])
    throws(CrosswalkError) -> (AuditReport.Fate, String)
  {
    let node = model.architecture.nodes[fault.node]
    let value = fault.node + model.architecture.inputs.count
    let changed = try change(again.nodes[node.name], evidence.bench.value(value))
    if changed == 0 { return idle(fault) }
    var outputs = 0.0
    for (name, tensor) in again.outputs {
      outputs = max(outputs, try change(tensor, base.outputs[name]))
    }
    if outputs <= Self.rounding, changed >= Self.change {
      return (.invisible, invariance(fault, value))
    }
    if rows.isEmpty { return (.survived, "nothing that it reaches was recorded") }
    let isOfPlaces = fault.cause.hasPrefix("rotary") || fault.cause.hasPrefix("position")
    if isOfPlaces, let tokens {
      return (.survived, "\(tokens) tokens are too few to tell positions apart by it")
    }
    if case .parameters = fault.edit, fault.cause == "bias" || fault.cause == "left-out" {
      return (.survived, "what it holds is too small to matter")
    }
    return (
      .survived, "it changes the node by less than the recorded values can tell from rounding"
    )
  }

  /// Why a fault changes nothing at all.
  private func idle(_ fault: Hypothesis) -> (AuditReport.Fate, String) {
    switch fault.edit {
    case .parameters, .takes:
      let isBias = fault.cause == "bias"
      let reasons = [
        "bias": "the bias is all zeros", "left-out": "the factor is 1 everywhere",
        "exchanged": "both hold the same numbers, such as ones or zeros",
        "transposed": "the matrix is symmetric",
      ]
      return (
        .survived,
        reasons[fault.cause]
          ?? "the parameters in another \(isBias ? "form" : "order") are the same"
      )
    case .arguments where fault.cause == "mask":
      return (.survived, "nothing is hidden in these inputs: no row is padded")
    default:
      return (.idle, "nothing in these inputs comes to it, or it says the same in other words")
    }
  }

  /// Why no output shows what changes a node.
  private func invariance(_ fault: Hypothesis, _ value: Int) -> String {
    if isKey(value), fault.cause == "bias" {
      return
        "a bias of keys adds one number to each row of scores, and the softmax takes it out again"
    }
    return "no output depends on what it changes, and no value that does was recorded"
  }

  /// Whether a value is the keys of an attention, and nothing but that.
  private func isKey(_ value: Int) -> Bool {
    let users = model.architecture.nodes.filter { $0.arguments.values.joined().contains(value) }
    return !users.isEmpty
      && users.allSatisfy { $0.attention != nil && $0.arguments["key"]?.contains(value) ?? false }
  }

  /// The relative RMS of a change; 0 where nothing was computed.
  private func change(_ new: StoredTensor?, _ old: StoredTensor?) throws(CrosswalkError) -> Double {
    guard let new, let old, new.shape == old.shape, new.dtype.isFloating else { return 0 }
    let distance = try Distance(of: new, from: old)
    if distance.nonFinite > 0 { return .infinity }
    return distance.isIdentical ? 0 : distance.relativeRMS
  }
}
