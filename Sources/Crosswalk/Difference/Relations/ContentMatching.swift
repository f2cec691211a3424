import Diagnostics
import Tensors

/// Finds tensors of one checkpoint in another by what they hold, whatever their names.
///
/// Names decide only between tensors that hold the same, and that is said.
struct ContentMatching {
  /// Tensors here that hold what tensors there hold: one and one, one and several, or several and
  /// one, named in the order of their tables.
  struct Match {
    var ours: [String]
    var theirs: [String]
    /// How many others on either side would fit as well.
    var others = 0
    /// The dtype that one side was rounded to, where the values are equal only then.
    var cast: DType?
  }

  /// The matches, in the order in which they were found.
  private(set) var matches: [Match] = []
  private var ours: ContentPool
  private var theirs: ContentPool
  private var kinship = Kinship()

  /// Matches what it can of two tables.
  ///
  /// - Throws: whatever reading meets.
  init(_ ours: TensorTable, _ theirs: TensorTable, _ observer: any Observer) throws(CrosswalkError)
  {
    self.ours = ContentPool(ours)
    self.theirs = ContentPool(theirs)
    for cast in casts() {
      try self.ours.read(roundingTo: cast, observer)
      try self.theirs.read(roundingTo: cast, observer)
      matchOnes(cast)
      matchParts(cast)
      matchConstants(cast)
    }
  }

  /// As they are first; then rounded to what either side is rounded to.
  private func casts() -> [DType?] {
    let (a, b) = (ours.dtypes, theirs.dtypes)
    func meet(_ narrow: DType, _ side: Set<DType>, _ other: Set<DType>) -> Bool {
      side.contains(narrow) && other.contains { $0.byteCount > narrow.byteCount }
    }
    return [nil] + [DType.bf16, .f16, .f32].filter { meet($0, a, b) || meet($0, b, a) }
  }

  // MARK: one and one

  private mutating func matchOnes(_ cast: DType?) {
    for (sum, names) in ours.bySum(constant: false) {
      guard let others = theirs.names(sum, constant: false) else { continue }
      pair(names, others, cast)
    }
  }

  /// Pairs names whose tensors hold the same: as many as there are, the likest first.
  private mutating func pair(_ names: [String], _ others: [String], _ cast: DType?) {
    let choices = max(names.count, others.count) - 1
    for (a, b) in Likeness.pairs(names, others) {
      add(Match(ours: [a], theirs: [b], others: choices, cast: cast))
    }
  }

  private mutating func add(_ match: Match) {
    matches.append(match)
    ours.remove(match.ours)
    theirs.remove(match.theirs)
    if match.others == 0 { kinship.learn(match.ours, match.theirs) }
  }

  // MARK: one and several

  private mutating func matchParts(_ cast: DType?) {
    for (whole, parts) in PartSearch.run(ours, theirs) {
      add(Match(ours: [whole], theirs: parts, cast: cast))
    }
    for (whole, parts) in PartSearch.run(theirs, ours) {
      add(Match(ours: parts, theirs: [whole], cast: cast))
    }
  }

  // MARK: constants

  /// Tensors of one value, as biases of zeros, fit all others like them: relatives of what was
  /// matched come first.
  private mutating func matchConstants(_ cast: DType?) {
    for (sum, names) in ours.bySum(constant: true) {
      for name in names {
        let others = theirs.names(sum, constant: true) ?? []
        let relatives = others.filter { kinship.areRelated(name, $0) }
        guard let relative = Likeness.pairs([name], relatives).first?.1 else { continue }
        add(Match(ours: [name], theirs: [relative], others: 0, cast: cast))
      }
    }
    for name in ours.names(constant: true) {
      if let parts = kinship.parts(of: name, in: ours, from: theirs, isOurs: true) {
        add(Match(ours: [name], theirs: parts, cast: cast))
      }
    }
    for name in theirs.names(constant: true) {
      if let parts = kinship.parts(of: name, in: theirs, from: ours, isOurs: false) {
        add(Match(ours: parts, theirs: [name], cast: cast))
      }
    }
    for (sum, names) in ours.bySum(constant: true) {
      if let others = theirs.names(sum, constant: true) { pair(names, others, cast) }
    }
  }
}

/// The tensors of one side that have found no counterpart yet, and what they hold.
struct ContentPool {
  private let table: TensorTable
  private(set) var names: [String]
  private var contents: [String: Content] = [:]
  private var index: [ContentSum: [String]] = [:]

  init(_ table: TensorTable) {
    self.table = table
    names = table.names
  }

  var dtypes: Set<DType> { Set(table.lazy.map { $0.1.dtype }.filter(\.isFloating)) }

  /// Reads all that is left.
  mutating func read(roundingTo cast: DType?, _ observer: any Observer) throws(CrosswalkError) {
    (contents, index) = ([:], [:])
    for name in names {
      guard var tensor = table[name] else { continue }
      if let cast, tensor.dtype != cast {
        guard tensor.dtype.isFloating, tensor.dtype.byteCount > cast.byteCount else { continue }
        tensor = try tensor.cast(to: cast)
      }
      do throws(CrosswalkError) { contents[name] = try Content(of: tensor) } catch {
        throw error.inside(.tensor(name))
      }
      if cast == nil { observer.observe(.advanced(by: tensor.byteCount, item: name)) }
      if let content = contents[name] { index[content.sum, default: []].append(name) }
    }
  }

  mutating func remove(_ gone: [String]) {
    let gone = Set(gone)
    names.removeAll { gone.contains($0) }
    for name in gone {
      guard let sum = contents.removeValue(forKey: name)?.sum else { continue }
      index[sum]?.removeAll { $0 == name }
    }
  }

  func sum(_ name: String) -> ContentSum? { contents[name]?.sum }

  func names(constant: Bool) -> [String] {
    names.filter { contents[$0]?.isConstant == constant }
  }

  /// The names of tensors with these sums; nil where there are none.
  func names(_ sum: ContentSum, constant: Bool) -> [String]? {
    let found = (index[sum] ?? []).filter { contents[$0]?.isConstant == constant }
    return found.isEmpty ? nil : found
  }

  /// Names by what they hold, in the order of the first of each.
  func bySum(constant: Bool) -> [(ContentSum, [String])] {
    var seen: Set<ContentSum> = []
    return names(constant: constant).compactMap { name in
      guard let sum = sum(name), seen.insert(sum).inserted else { return nil }
      return names(sum, constant: constant).map { (sum, $0) }
    }
  }
}
