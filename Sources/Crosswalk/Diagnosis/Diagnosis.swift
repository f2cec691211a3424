import Architectures
import Diagnostics
import Documents
import Engine
import Reports

/// Looks for what is wrong with a model, one node at fault after another.
///
/// A hypothesis is true when the node, fed with what was recorded and changed as it says, gives what
/// was recorded; the error falls by orders of magnitude then, so that several faults of one model do
/// not hide one another: each is judged by itself.
struct Diagnosis {
  private let evidence: Evidence
  private let settings: SettingHypotheses
  private let sources: [any HypothesisSource]
  private var findings: [Finding] = []
  private var change = GraphChange()
  private var tried = 0
  /// Pairs of hypotheses are tried no longer than people wait.
  private static let mostPairs = 1500

  /// A hypothesis that proved true, at all the nodes where it did.
  struct Finding {
    var hypotheses: [Hypothesis]
    var before: Double
    var after: Double

    var first: Hypothesis { hypotheses[0] }
  }

  /// A hypothesis and what it does to the row that it is to explain.
  private struct Trial {
    let hypotheses: [Hypothesis]
    let change: GraphChange
    let error: Double
    let isAccepted: Bool

    var rank: Int { hypotheses.reduce(0) { $0 + $1.rank } }
  }

  init(_ evidence: Evidence) throws(CrosswalkError) {
    self.evidence = evidence
    settings = SettingHypotheses(catalogue: try .builtIn())
    sources = [settings, WeightHypotheses(), WiringHypotheses()]
  }

  /// What was found, and what is to be done about it.
  func result(observer: any Observer) throws(CrosswalkError) -> (DiagnosisReport, Remedy) {
    var search = self
    let report = try search.search(observer)
    let found = search.findings.flatMap(\.hypotheses)
    return (report, Remedy(evidence.architecture, found, search.change))
  }

  private mutating func search(_ observer: any Observer) throws(CrosswalkError) -> DiagnosisReport {
    let failing = evidence.rows.indices.filter { evidence.rows[$0].fails }
    var unexplained: [Int] = []
    observer.observe(.began(activity: "Diagnosing", total: failing.count, unit: .items))
    defer { observer.observe(.finished) }
    for number in failing {
      let row = evidence.rows[number]
      if try isExplained(number) { continue }
      if let trial = try best(for: number) {
        try accept(trial, for: number)
      } else {
        unexplained.append(number)
      }
      observer.observe(.advanced(by: 1, item: row.match.recorded))
    }
    return report(failing: failing.count, unexplained: unexplained)
  }

  /// Whether what was found before explains a row, too.
  private func isExplained(_ number: Int) throws(CrosswalkError) -> Bool {
    guard !findings.isEmpty, let error = try? evidence.error(of: number, after: change) else {
      return false
    }
    return error <= evidence.rows[number].limit
  }

  // MARK: trials

  /// The hypotheses that explain a row best; nil where none do.
  ///
  /// What was found elsewhere is tried first, then what people get wrong daily: settings, alone and
  /// two at once; then weights, wiring, numbers that have to be fitted, and two of all these.
  private mutating func best(for number: Int) throws(CrosswalkError) -> Trial? {
    if let found = choose(try knownTrials(for: number)) { return found }
    var trials: [Trial] = []
    for (stage, source) in sources.enumerated() {
      let hypotheses = try hypotheses(for: number, of: source)
      for tried in hypotheses.map({ [$0] }) + alikes(hypotheses) {
        if let trial = try trial(tried, for: number) { trials.append(trial) }
      }
      if let found = choose(trials) { return found }
      if stage == 0, let found = choose(try pairs(of: trials, for: number)) { return found }
    }
    if let found = choose(try fitted(for: number)) { return found }
    return choose(try pairs(of: trials, for: number))
  }

  private func hypotheses(for number: Int, of source: any HypothesisSource) throws(CrosswalkError)
    -> [Hypothesis]
  {
    var found: [Hypothesis] = []
    for node in evidence.rows[number].suspects.reversed() {
      found += try source.hypotheses(about: node, evidence)
    }
    return found
  }

  /// What was found at other nodes, at all of a row's nodes where it may be said: each of it, and all.
  private mutating func knownTrials(for number: Int) throws(CrosswalkError) -> [Trial] {
    var groups: [[Hypothesis]] = []
    for finding in findings {
      guard case .setting(let key, let old, let new) = finding.first.edit else { continue }
      let entry = settings.catalogue.entries.first {
        $0.setting == key && $0.cause == finding.first.cause
          && $0.operation == evidence.architecture.nodes[finding.first.node].operationName
      }
      guard let entry else { continue }
      let places = evidence.rows[number].suspects.filter {
        let node = evidence.architecture.nodes[$0]
        return node.operationName == entry.operation && node.settings[key] == old
      }
      let group = said(entry, new ?? .null, at: places)
      if !group.isEmpty { groups.append(group) }
    }
    var trials: [Trial] = []
    for tried in groups + (groups.count > 1 ? [groups.flatMap { $0 }] : []) {
      if let trial = try trial(tried, for: number) { trials.append(trial) }
    }
    return trials
  }

  /// Computes again what hypotheses reach; nil where the graph cannot be so.
  private mutating func trial(_ hypotheses: [Hypothesis], for number: Int) throws(CrosswalkError)
    -> Trial?
  {
    tried += 1
    let together = hypotheses.reduce(GraphChange()) { $0.merging($1.change) }
    guard let errors = try? evidence.errors(after: together, beside: change),
      let error = errors[number]
    else {
      return nil
    }
    let row = evidence.rows[number]
    let harms = errors.contains { other, error in
      !evidence.rows[other].fails && error > evidence.rows[other].limit
    }
    let isBetter = error <= max(row.error / 20, min(evidence.rounding, row.error / 4))
    let isAccepted = error <= row.limit && isBetter && !harms
    return Trial(
      hypotheses: hypotheses, change: change.merging(together), error: error, isAccepted: isAccepted
    )
  }

  /// The trial that leaves least, the simplest of those that leave no more than rounding.
  private func choose(_ trials: [Trial]) -> Trial? {
    let accepted = trials.filter(\.isAccepted)
    guard let least = accepted.map(\.error).min() else { return nil }
    let ceiling = max(least * 10, evidence.floor)
    return accepted.filter { $0.error <= ceiling }
      .min { ($0.rank, $0.error) < ($1.rank, $1.error) }
  }

  /// The same said of several nodes at once, such as the rotations of queries and of keys.
  private func alikes(_ hypotheses: [Hypothesis]) -> [[Hypothesis]] {
    var groups: [[Hypothesis]] = []
    for hypothesis in hypotheses {
      guard case .setting(let key, _, _) = hypothesis.edit else { continue }
      let isLike = { (other: [Hypothesis]) -> Bool in
        guard case .setting(let known, _, _)? = other.first?.edit else { return false }
        return known == key && other[0].says == hypothesis.says
          && other[0].cause == hypothesis.cause
      }
      if let index = groups.firstIndex(where: isLike) {
        groups[index].append(hypothesis)
      } else {
        groups.append([hypothesis])
      }
    }
    return groups.filter { $0.count > 1 }
  }

  /// Settings of numbers that nobody would guess, each at all nodes of its operation in the row's way.
  private mutating func fitted(for number: Int) throws(CrosswalkError) -> [Trial] {
    var trials: [Trial] = []
    for entry in settings.catalogue.entries where entry.range != nil || !entry.counts.isEmpty {
      for group in places(of: entry, for: number) {
        for count in entry.counts {
          let tried = said(entry, .integer(Int64(count)), at: group)
          guard tried.count == group.count else { continue }
          if let trial = try trial(tried, for: number) { trials.append(trial) }
        }
        guard let range = entry.range else { continue }
        let found = try Fitting.best(in: range, floor: evidence.floor) {
          (value) throws(CrosswalkError) in
          let tried = said(entry, .number(value), at: group)
          guard tried.count == group.count else { return nil }
          let changed = tried.reduce(GraphChange()) { $0.merging($1.change) }
          return (try? evidence.errors(after: changed, beside: change))?[number]
        }
        guard let found else { continue }
        if let trial = try trial(said(entry, .number(found), at: group), for: number) {
          trials.append(trial)
        }
      }
    }
    return trials
  }

  /// One value of a setting at several nodes.
  private func said(_ entry: Catalogue.Entry, _ value: JSON, at places: [Int]) -> [Hypothesis] {
    places.compactMap { settings.hypothesis(entry, value, $0, evidence.architecture) }
  }

  /// The nodes of a setting's operation in a row's way: all together, and each alone.
  private func places(of entry: Catalogue.Entry, for number: Int) -> [[Int]] {
    let nodes = evidence.architecture.nodes
    let all = evidence.rows[number].suspects.filter { nodes[$0].operationName == entry.operation }
    return (all.count > 1 ? [all] : []) + all.map { [$0] }
  }

  /// Two faults in what makes one row: those that help most, with all others.
  private mutating func pairs(of trials: [Trial], for number: Int) throws(CrosswalkError) -> [Trial]
  {
    let before = evidence.rows[number].error
    let helpful = trials.filter { $0.error < before * 0.98 }.sorted { $0.error < $1.error }.prefix(
      8)
    var pairs: [Trial] = []
    for trial in helpful {
      for other in trials where !clash(trial.hypotheses, other.hypotheses) {
        guard pairs.count < Self.mostPairs else { return pairs }
        if let pair = try self.trial(trial.hypotheses + other.hypotheses, for: number) {
          pairs.append(pair)
        }
      }
    }
    return pairs
  }

  private func clash(_ a: [Hypothesis], _ b: [Hypothesis]) -> Bool {
    let (mine, theirs) = (
      a.reduce(GraphChange()) { $0.merging($1.change) },
      b.reduce(GraphChange()) { $0.merging($1.change) }
    )
    return !Set(mine.nodes.keys).isDisjoint(with: theirs.nodes.keys)
      || !Set(mine.parameters.keys).isDisjoint(with: theirs.parameters.keys)
  }

  // MARK: findings

  /// Takes a trial for true, and the same at the node's siblings where it helps or does no harm.
  private mutating func accept(_ trial: Trial, for number: Int) throws(CrosswalkError) {
    let before = evidence.rows[number].error
    change = trial.change
    for hypothesis in trial.hypotheses {
      var finding = Finding(hypotheses: [hypothesis], before: before, after: trial.error)
      for sibling in siblings(of: hypothesis) {
        guard let same = try likeness(of: hypothesis, at: sibling),
          let errors = try? evidence.errors(after: same.change, beside: change)
        else { continue }
        let reached = errors.filter { evidence.rows[$0.key].suspects.contains(sibling) }
        let helps = reached.allSatisfy {
          let row = evidence.rows[$0.key]
          return $0.value <= row.limit && $0.value <= max(row.error, evidence.floor)
        }
        guard helps, !reached.isEmpty else { continue }
        finding.hypotheses.append(same)
        change = change.merging(same.change)
      }
      findings.append(finding)
    }
  }

  /// Nodes that do the same as a hypothesis' node elsewhere.
  private func siblings(of hypothesis: Hypothesis) -> [Int] {
    let nodes = evidence.architecture.nodes
    let node = nodes[hypothesis.node]
    return nodes.indices.filter {
      $0 != hypothesis.node && nodes[$0].operationName == node.operationName
    }
  }

  /// The same hypothesis about another node; nil where it says nothing there.
  private func likeness(of hypothesis: Hypothesis, at node: Int) throws(CrosswalkError)
    -> Hypothesis?
  {
    // What is off by more than the recording's precision may fail, too, though rounding could hide it.
    let fails = evidence.rows.contains {
      ($0.fails || $0.error > 1000 * evidence.floor) && $0.suspects.contains(node)
    }
    let isRepeated =
      evidence.architecture.nodes[node].place.pointer
      == evidence.architecture.nodes[hypothesis.node].place.pointer
    guard fails || isRepeated else { return nil }
    if case .setting(let key, let old, let new) = hypothesis.edit {
      let nodes = evidence.architecture.nodes
      let entry = settings.catalogue.entries.first {
        $0.operation == nodes[node].operationName && $0.setting == key
      }
      guard let entry, nodes[node].settings[key] == old else { return nil }
      return settings.hypothesis(entry, new ?? .null, node, evidence.architecture)
    }
    for source in sources {
      for other in try source.hypotheses(about: node, evidence) {
        switch (hypothesis.edit, other.edit) {
        case (.operation(let a, let to, _), .operation(let b, let now, _))
        where a == b && to == now && fails:
          return other
        default: continue
        }
      }
    }
    return nil
  }
}

extension Diagnosis {
  private func report(failing: Int, unexplained: [Int]) -> DiagnosisReport {
    let nodes = evidence.architecture.nodes
    var causes: [DiagnosisReport.Cause] = []
    for finding in findings {
      let names = finding.hypotheses.map { nodes[$0.node].name }
      if let index = causes.firstIndex(where: { $0.isLike(finding.first, finding.how) }) {
        causes[index].nodes += names
      } else {
        causes.append(
          DiagnosisReport.Cause(
            cause: finding.first.cause, says: finding.first.says, nodes: names,
            before: finding.before, after: finding.after, edit: finding.how))
      }
    }
    return DiagnosisReport(
      causes: causes, unexplained: unexplained.map { evidence.rows[$0].match.recorded },
      failing: failing, tried: tried)
  }
}

extension Diagnosis.Finding {
  /// What would be edited, in a line.
  var how: String {
    switch first.edit {
    case .setting(let key, let from, let to):
      "\(key): \(SettingHypotheses.words(from)) → \(SettingHypotheses.words(to))"
    case .operation(let from, let to, _): "operation: \(from) → \(to)"
    case .arguments(let role, _, _): "\(role)"
    case .parameters(_, let how), .takes(_, let how): how
    }
  }
}

extension DiagnosisReport.Cause {
  fileprivate func isLike(_ hypothesis: Hypothesis, _ how: String) -> Bool {
    cause == hypothesis.cause && says == hypothesis.says && edit == how
  }
}
