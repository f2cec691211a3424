/// What a comparison found, node by node in graph order; the answer of `verify` and `diff`.
public struct DifferenceReport: Sendable, Equatable {
  /// What was compared: `minilm.h5 against fixture.h5`.
  public var subject: String
  /// The compared values in graph order, or in the file's order where there is no graph.
  public var rows: [Row]
  /// The index in ``rows`` of the first that diverges.
  public var firstDivergence: Int?
  /// What the reference has and the other side lacks.
  public var missing: [String]
  /// What the other side has and the reference lacks.
  public var unexpected: [String]
  /// The nodes of which one is at fault where isolation found a source: they run from what was
  /// recorded to the source, which is the last.
  public var suspects: [String] = []
  /// Why the nodes at fault are wrong; nil where that was not asked, or nothing is wrong.
  public var diagnosis: DiagnosisReport?
  /// How far each part of a model has moved, in the order of names; empty where nothing has, or
  /// where that was not asked.
  public var blocks: [Block] = []
  /// What is worth knowing about the comparison as a whole, a sentence each.
  public var notes: [String]
  /// The verdict over everything.
  public var verdict: Verdict

  /// Gathers a report.
  public init(
    subject: String, rows: [Row], firstDivergence: Int? = nil, missing: [String] = [],
    unexpected: [String] = [], notes: [String] = [], verdict: Verdict
  ) {
    self.subject = subject
    self.rows = rows
    self.firstDivergence = firstDivergence
    self.missing = missing
    self.unexpected = unexpected
    self.notes = notes
    self.verdict = verdict
  }

  /// The row that diverges first.
  public var divergingRow: Row? {
    firstDivergence.flatMap { rows.indices.contains($0) ? rows[$0] : nil }
  }

  /// The first row that is wrong though what flows into it is what was recorded; nil where nothing
  /// was isolated, or nothing is wrong by itself.
  public var source: Int? { rows.firstIndex { !($0.isolated?.verdict.passes ?? true) } }

  /// Whether each row was judged by itself, too.
  public var isIsolated: Bool { rows.contains { $0.isolated != nil } }
}

extension DifferenceReport {
  /// How a comparison, or one row of it, came out; the raw value is the word in text and JSON.
  public enum Verdict: String, Sendable, CaseIterable {
    /// The same to the last bit.
    case identical
    /// Apart by no more than the tolerance allows.
    case close
    /// Apart by more than the tolerance allows, in a way that an exact invariance of the model takes
    /// out again: not equal, and no output can tell.
    case equivalent
    /// Apart by more than the tolerance allows.
    case differs
    /// Not comparable: another shape, values that are not numbers, nothing on one side.
    case incomparable

    /// Whether the comparison passes.
    public var passes: Bool { self == .identical || self == .close || self == .equivalent }
  }

  /// The comparison of one tensor with its reference.
  public struct Row: Sendable, Equatable {
    /// The name by which both sides were matched.
    public var name: String
    /// What the reference calls it, where that is another name; nil where both agree.
    public var counterpart: String?
    /// What the tensor is: `input`, `output`, `node`, `attention`, `parameter`, `tensor`.
    public var role: String
    /// The reference's shape.
    public var shape: [Int]
    /// How far apart the values are, nil when they could not be compared.
    public var metrics: Metrics?
    /// Where the largest difference is, an index for each axis.
    public var worst: [AxisIndex]
    /// The limits the verdict was drawn with, nil when there were none.
    public var tolerance: Tolerance?
    /// How the row came out.
    public var verdict: Verdict
    /// Why, where the numbers do not say it: `shape 2×7×12 against 2×7×16`.
    public var note: String?
    /// What the tensor is to the reference's; nil for computed values.
    public var relation: Relation?
    /// How the row came out when all that flows into it is what was recorded; nil where that was not
    /// asked.
    public var isolated: Isolated?
    /// How exact it is; nil where nothing was computed.
    public var precision: PrecisionClass?
    /// How many times as far ours is from the exact answer as the recording is, in relative RMS; nil
    /// where ours is the recording to the bit, or could not be compared.
    public var ratio: Double?

    /// Gathers a row.
    public init(
      name: String, role: String, shape: [Int], metrics: Metrics?, worst: [AxisIndex] = [],
      tolerance: Tolerance? = nil, verdict: Verdict, note: String? = nil, counterpart: String? = nil
    ) {
      self.name = name
      self.counterpart = counterpart
      self.role = role
      self.shape = shape
      self.metrics = metrics
      self.worst = worst
      self.tolerance = tolerance
      self.verdict = verdict
      self.note = note
    }
  }

  /// How a node came out by itself, fed with what was recorded of its inputs.
  public struct Isolated: Sendable, Equatable {
    /// How it came out.
    public var verdict: Verdict
    /// How far apart the values are, nil when they could not be compared.
    public var metrics: Metrics?
    /// Where the largest difference is.
    public var worst: [AxisIndex]
    /// The limits the verdict was drawn with, nil when there were none.
    public var tolerance: Tolerance?
    /// Why, where the numbers do not say it.
    public var note: String?
    /// How exact it is by itself.
    public var precision: PrecisionClass?

    /// Gathers it.
    public init(
      verdict: Verdict, metrics: Metrics?, worst: [AxisIndex] = [], tolerance: Tolerance? = nil,
      note: String? = nil
    ) {
      self.tolerance = tolerance
      self.verdict = verdict
      self.metrics = metrics
      self.worst = worst
      self.note = note
    }
  }

  /// How far two tensors are apart.
  public struct Metrics: Sendable, Equatable {
    /// The largest absolute difference.
    public var maximumAbsolute: Double
    /// The largest difference relative to the reference's value.
    public var maximumRelative: Double
    /// The root mean square of the difference over that of the reference.
    public var relativeRMS: Double
    /// The signal-to-noise ratio in decibels, infinite when the tensors are equal.
    public var signalToNoise: Double
    /// The cosine of the angle between the two.
    public var cosine: Double
    /// The median distance in units of the last place of the coarser of both dtypes; nil for what
    /// are no floating-point numbers.
    public var medianULP: Double?
    /// The distance in such units that 99 of 100 elements do not exceed.
    public var highULP: Double?
    /// How far the predictions agree; nil for what are no scores over classes.
    public var classes: Classes?

    /// Gathers metrics.
    public init(
      maximumAbsolute: Double, maximumRelative: Double, relativeRMS: Double, signalToNoise: Double,
      cosine: Double, medianULP: Double? = nil, highULP: Double? = nil
    ) {
      self.medianULP = medianULP
      self.highULP = highULP
      self.maximumAbsolute = maximumAbsolute
      self.maximumRelative = maximumRelative
      self.relativeRMS = relativeRMS
      self.signalToNoise = signalToNoise
      self.cosine = cosine
    }
  }

  /// How far scores over classes agree as predictions; the mean is over all rows of scores.
  public struct Classes: Sendable, Equatable {
    /// The mean Kullback-Leibler divergence of the prediction from the reference's, in nats.
    public var divergence: Double
    /// The largest of a row.
    public var largestDivergence: Double
    /// The share of rows in which the likeliest class is the same.
    public var first: Double
    /// How many of the likeliest classes ``shared`` compares.
    public var most: Int
    /// The share of the reference's likeliest classes that are among the likeliest here, too.
    public var shared: Double

    /// Gathers it.
    public init(
      divergence: Double, largestDivergence: Double, first: Double, most: Int, shared: Double
    ) {
      self.divergence = divergence
      self.largestDivergence = largestDivergence
      self.first = first
      self.most = most
      self.shared = shared
    }
  }

  /// An index along one named axis.
  public struct AxisIndex: Sendable, Equatable {
    /// The axis, as `batch`, `token`, `width` or `head`.
    public var axis: String
    /// The index, from 0.
    public var index: Int

    /// Makes one.
    public init(_ axis: String, _ index: Int) {
      self.axis = axis
      self.index = index
    }
  }

  /// The limits of a verdict, and where they come from.
  public struct Tolerance: Sendable, Equatable {
    /// The absolute limit.
    public var absolute: Double
    /// The limit relative to the reference's value, added to the absolute one.
    public var relative: Double
    /// The limit of the relative RMS, nil when there is none.
    public var relativeRMS: Double?
    /// Where the limits come from, as `given` or `float32 rounding`.
    public var origin: String

    /// Makes limits.
    public init(
      absolute: Double, relative: Double, relativeRMS: Double? = nil, origin: String
    ) {
      self.absolute = absolute
      self.relative = relative
      self.relativeRMS = relativeRMS
      self.origin = origin
    }
  }
}
