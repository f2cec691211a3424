import Diagnostics
import Reports
import Tensors

/// What each tensor of a checkpoint is to those of the reference: first by names, then by contents.
struct CheckpointRelations {
  private let comparator: Comparator
  private let tied: Set<String>
  private let sources: (ours: [String: [String]], theirs: [String: [String]])

  private(set) var rows: [DifferenceReport.Row] = []
  private(set) var notes: [String] = []
  /// What had no counterpart by name and has one by content.
  private(set) var foundMissing: Set<String> = []
  private(set) var foundUnexpected: Set<String> = []

  private var measured: BlockSums
  /// The rows by name whose values are others altogether, and might be another tensor's.
  private var open: [String: Int] = [:]
  private var pairs: [Comparand] = []

  typealias Relation = DifferenceReport.Relation

  init(
    _ comparator: Comparator, tied: Set<String>,
    sources: (ours: [String: [String]], theirs: [String: [String]])
  ) {
    self.comparator = comparator
    self.tied = tied
    self.sources = sources
    measured = BlockSums()
  }

  // MARK: by name

  /// Compares what names have paired.
  ///
  /// - Throws: whatever reading meets.
  mutating func compare(_ pairs: [Comparand], _ observer: any Observer) throws(CrosswalkError) {
    self.pairs = pairs
    let total = pairs.reduce(0) { $0 &+ $1.reference.byteCount }
    observer.observe(.began(activity: "Comparing", total: total, unit: .bytes))
    defer { observer.observe(.finished) }
    for pair in pairs {
      do throws(CrosswalkError) { try add(pair) } catch { throw error.inside(.tensor(pair.name)) }
      observer.observe(.advanced(by: pair.reference.byteCount, item: pair.name))
    }
  }

  private mutating func add(_ pair: Comparand) throws(CrosswalkError) {
    let compared = try comparator.compare(pair)
    var row = compared.row
    var relation: Relation
    if row.verdict == .identical {
      let isSame = pair.tensor.dtype == pair.reference.dtype
      relation = Relation(tied.contains(pair.name) ? .tied : isSame ? .equal : .cast)
      relation.detail =
        isSame
        ? nil : "\(pair.tensor.dtype.rawValue) here, \(pair.reference.dtype.rawValue) there; equal"
    } else {
      let search = PairRelation(
        tensor: pair.tensor, reference: pair.reference, distance: compared.distance)
      if let found = try search.found() {
        relation = found
        if row.verdict == .incomparable { row.verdict = .differs }
        if found.kind != .cast { row.note = found.words }
      } else {
        let remark = try search.remark()
        relation = Relation(.changed, detail: remark)
        row.note = [row.note, remark].compactMap(\.self).joined(separator: "; ").nonEmpty
        if !row.verdict.passes, compared.distance == nil || search.mayBeReordered {
          open[pair.name] = rows.count
        }
      }
    }
    relation.ours = sources.ours[pair.name] ?? [pair.name]
    relation.theirs = sources.theirs[pair.name] ?? [pair.name]
    row.relation = relation
    measured.add(pair, relation.kind, compared.distance?.squares)
    rows.append(row)
  }

  /// How far each part of the model has moved.
  ///
  /// - Throws: whatever reading meets.
  func blocks() throws(CrosswalkError) -> [DifferenceReport.Block] {
    try measured.blocks { name in pairs.first { $0.name == name }?.reference }
  }

  // MARK: by content

  /// Looks for what has no counterpart among what has none on the other side, or whose namesake holds
  /// something else.
  ///
  /// - Throws: whatever reading meets.
  mutating func search(
    unexpected: TensorTable, missing: TensorTable, _ observer: any Observer
  ) throws(CrosswalkError) {
    var (ours, theirs) = (unexpected, missing)
    for pair in pairs where open[pair.name] != nil {
      // The names are distinct: no name is both paired and without a counterpart.
      try? ours.append(pair.name, pair.tensor)
      try? theirs.append(pair.name, pair.reference)
    }
    guard !ours.isEmpty, !theirs.isEmpty, ours.count + theirs.count > 2 || open.isEmpty else {
      return
    }
    let total = ours.byteCount &+ theirs.byteCount
    observer.observe(.began(activity: "Matching by content", total: total, unit: .bytes))
    defer { observer.observe(.finished) }
    let matching = try ContentMatching(ours, theirs, observer)
    for match in matching.matches {
      do throws(CrosswalkError) { try add(match, ours, theirs) } catch {
        throw error.inside(.tensor(match.ours[0]))
      }
    }
    guard !matching.matches.isEmpty else { return }
    let count = matching.matches.count { $0.others > 0 }
    notes.append(
      "\(matching.matches.count) matched by what they hold, as no names match them"
        + (count == 0 ? "." : "; \(count) of them might as well be others that hold the same."))
  }

  private mutating func add(
    _ match: ContentMatching.Match, _ ours: TensorTable, _ theirs: TensorTable
  ) throws(CrosswalkError) {
    let (a, b) = (match.ours.compactMap { ours[$0] }, match.theirs.compactMap { theirs[$0] })
    guard let first = a.first, let reference = b.first else { return }
    var relation: Relation
    var (ourNames, theirNames) = (match.ours, match.theirs)
    if a.count == 1, b.count == 1 {
      let found = try ValueOrder(of: match.rounded(first), in: match.rounded(reference))
      relation = Relation(found.kind ?? (match.cast == nil ? .moved : .cast), detail: found.detail)
    } else {
      let parts = Array(zip(a.count == 1 ? match.theirs : match.ours, a.count == 1 ? b : a))
      var tensors: [(name: String, tensor: StoredTensor)] = []
      for (name, tensor) in parts { tensors.append((name, try match.rounded(tensor))) }
      let whole = try match.rounded(a.count == 1 ? first : reference)
      let order = try Joint(whole, tensors).order()
      relation = Relation(a.count == 1 ? .merged : .split, detail: order.words)
      if a.count == 1 { theirNames = order.names } else { ourNames = order.names }
    }
    if let cast = match.cast {
      let words = "rounded to \(cast.rawValue) on one side"
      relation.detail = [relation.detail, words].compactMap(\.self).joined(separator: "; ")
    }
    (relation.ours, relation.theirs) = (ourNames, theirNames)
    relation.isAmbiguous = match.others > 0
    place(relation, shape: a.count == 1 ? first.shape : reference.shape)
    foundUnexpected.formUnion(match.ours)
    foundMissing.formUnion(match.theirs)
  }

  /// Puts a relation into the row of its name, or into a new one.
  private mutating func place(_ relation: Relation, shape: [Int]) {
    let name = relation.ours.joined(separator: " + ")
    let row = DifferenceReport.Row(
      name: name, role: pairs.first?.role ?? "tensor", shape: shape,
      metrics: nil, verdict: .differs, note: relation.words,
      counterpart: relation.theirs.joined(separator: " + "))
    guard let index = open[name] else {
      rows.append(row)
      rows[rows.count - 1].relation = relation
      return
    }
    rows[index].verdict = .differs
    rows[index].note = relation.words
    rows[index].counterpart = row.counterpart
    rows[index].relation = relation
    measured.forget(name)
  }
}

extension ContentMatching.Match {
  /// A tensor as it was when its values were found to be equal.
  fileprivate func rounded(_ tensor: StoredTensor) throws(CrosswalkError) -> StoredTensor {
    guard let cast, tensor.dtype != cast else { return tensor }
    return try tensor.cast(to: cast)
  }
}

extension DifferenceReport.Relation {
  /// The relation as a note.
  fileprivate var words: String {
    let isChoice = isAmbiguous ? "one of several that hold the same" : nil
    let words = [detail, isChoice].compactMap(\.self).joined(separator: "; ")
    return words.isEmpty ? kind.rawValue : "\(kind.rawValue): \(words)"
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
