extension DifferenceReport {
  /// What a tensor of a checkpoint is to the reference's.
  public struct Relation: Sendable, Equatable {
    /// The sort of relation; the raw value is the word in text and JSON.
    public enum Kind: String, Sendable, CaseIterable {
      /// Other values.
      case changed
      /// The reference's values times one factor.
      case scaled
      /// One side is the other rounded to a narrower dtype, or widened from one.
      case cast
      /// The same rows, columns or values in another order.
      case permuted
      /// The same values with axes exchanged.
      case transposed
      /// The same values in the same order under another shape.
      case reshaped
      /// Several tensors here are one of the reference's.
      case split
      /// One tensor here is several of the reference's.
      case merged
      /// The same tensor under another name.
      case moved
      /// A copy of another tensor, under whose name the other side has it.
      case tied
      /// The same values.
      case equal
    }

    /// The sort of relation.
    public var kind: Kind
    /// The names here.
    public var ours: [String]
    /// The reference's names.
    public var theirs: [String]
    /// In words, what the kind alone does not say.
    public var detail: String?
    /// What the reference's values are multiplied by, for ``Kind/scaled``.
    public var factor: Double?
    /// Whether other tensors fit as well, so that the names here are a choice.
    public var isAmbiguous = false

    /// Gathers a relation.
    public init(
      _ kind: Kind, ours: [String] = [], theirs: [String] = [], detail: String? = nil,
      factor: Double? = nil
    ) {
      self.kind = kind
      self.ours = ours
      self.theirs = theirs
      self.detail = detail
      self.factor = factor
    }
  }

  /// How far one part of a model has moved.
  public struct Block: Sendable, Equatable {
    /// What the names of its tensors begin with, as `decoder.layers.3`.
    public var name: String
    /// How many of its tensors were compared.
    public var count: Int
    /// How many of them have changed.
    public var changed: Int
    /// The root mean square of the change over that of the reference, of all its tensors as one.
    public var relativeRMS: Double
    /// The tensor that has moved most, for its size.
    public var most: String?

    /// Gathers a block.
    public init(name: String, count: Int, changed: Int, relativeRMS: Double, most: String?) {
      self.name = name
      self.count = count
      self.changed = changed
      self.relativeRMS = relativeRMS
      self.most = most
    }
  }

  /// The order of a report's rows.
  public enum Order: String, Sendable, CaseIterable {
    /// That of the graph, or of the file.
    case graph
    /// What has changed first, the largest change before others; what is equal last.
    case size
  }

  /// The report with its rows in another order.
  public func sorted(by order: Order) -> DifferenceReport {
    guard order == .size else { return self }
    let indices = rows.indices.sorted { a, b in
      let (x, y) = (rows[a].rank, rows[b].rank)
      if x != y { return x < y }
      let (p, q) = (rows[a].size, rows[b].size)
      return p == q ? a < b : p > q
    }
    var report = self
    report.rows = indices.map { rows[$0] }
    report.firstDivergence = firstDivergence.flatMap { indices.firstIndex(of: $0) }
    return report
  }

  /// How many rows there are of each relation, in the order of kinds.
  public var relations: [(kind: Relation.Kind, count: Int)] {
    Relation.Kind.allCases.compactMap { kind in
      let count = rows.count { $0.relation?.kind == kind }
      return count == 0 ? nil : (kind, count)
    }
  }
}

extension DifferenceReport.Row {
  /// What fails before what passes, and of that what has changed before what has only moved.
  fileprivate var rank: Int {
    let kinds = DifferenceReport.Relation.Kind.allCases
    let kind = relation.flatMap { kinds.firstIndex(of: $0.kind) } ?? 0
    return (verdict.passes ? kinds.count : 0) + kind
  }

  /// How large the difference is; what could not be measured comes first.
  fileprivate var size: Double {
    guard let size = metrics?.relativeRMS, !size.isNaN else { return .infinity }
    return size
  }
}
