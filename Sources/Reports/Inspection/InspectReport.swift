public import Documents

/// What a checkpoint holds: its container, its metadata and every tensor.
public struct InspectReport: Sendable, Equatable {
  /// The checkpoint, as the user named it.
  public var path: String
  /// The container's name, as `HDF5` or `safetensors`.
  public var container: String
  /// The files the checkpoint is made of, when there is more than one.
  public var files: [String]
  /// The family that recognised it, nil when none did or none was asked.
  public var family: String?
  /// What the container says beside its tensors.
  public var metadata: JSON
  /// The tensors in the container's own order.
  public var tensors: [Tensor]

  /// Gathers a report.
  public init(
    path: String, container: String, files: [String] = [], family: String? = nil,
    metadata: JSON = .object(JSONObject()), tensors: [Tensor]
  ) {
    self.path = path
    self.container = container
    self.files = files
    self.family = family
    self.metadata = metadata
    self.tensors = tensors
  }
}

extension InspectReport {
  /// One tensor.
  public struct Tensor: Sendable, Equatable {
    /// Its name in the file.
    public var name: String
    /// Its dtype's word, as `f32` or `bf16`.
    public var dtype: String
    /// Its shape, empty for a scalar.
    public var shape: [Int]
    /// The bytes of its values.
    public var bytes: Int
    /// Its statistics, when asked for.
    public var statistics: Statistics?
    /// Its values, when asked for; row-major, perhaps only the first of them.
    public var values: [Value]?
    /// What is worth saying of it: `shares its storage with …`.
    public var note: String?
    /// The tensor before it whose stored numbers these are.
    public var twin: String?

    /// Gathers a tensor's facts.
    public init(
      name: String, dtype: String, shape: [Int], bytes: Int, statistics: Statistics? = nil,
      values: [Value]? = nil, note: String? = nil
    ) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
      self.statistics = statistics
      self.values = values
      self.note = note
    }

    /// The number of elements; `Int.max` when it does not fit.
    public var elements: Int {
      shape.reduce(1) { product, extent in
        let (value, overflow) = product.multipliedReportingOverflow(by: extent)
        return overflow ? Int.max : value
      }
    }
  }

  /// One element of a tensor.
  public enum Value: Sendable, Equatable {
    /// A number that binary64 holds.
    case real(Double)
    /// An integer of 64 bits.
    case integer(Int64)
    /// An integer of 64 bits, beyond those with a sign.
    case unsigned(UInt64)
    /// A complex number: its real and its imaginary part.
    case complex(Double, Double)
  }

  /// Statistics over a tensor's values; those that are not finite are counted and left out.
  public struct Statistics: Sendable, Equatable {
    /// The smallest value, nil when none is finite.
    public var minimum: Double?
    /// The largest value, nil when none is finite.
    public var maximum: Double?
    /// The mean, nil when none is finite.
    public var mean: Double?
    /// The standard deviation (of the population), nil when none is finite.
    public var standardDeviation: Double?
    /// The Euclidean norm, nil when none is finite.
    public var norm: Double?
    /// How many values are zero.
    public var zeros: Int
    /// How many values are not a number.
    public var nans: Int
    /// How many values are infinite.
    public var infinities: Int
    /// Quantiles, by rising fraction.
    public var quantiles: [Quantile]
    /// The histogram.
    public var histogram: Histogram?
    /// Whether all values are one and the same finite number, of more than one.
    public var isConstant: Bool
    /// The word of a narrower dtype that holds every value, as `bf16`; nil when none does, or when
    /// the values are too few or too plain to tell.
    public var narrowerDType: String?

    /// Gathers statistics.
    public init(
      minimum: Double?, maximum: Double?, mean: Double?, standardDeviation: Double?, norm: Double?,
      zeros: Int, nans: Int, infinities: Int, quantiles: [Quantile] = [],
      histogram: Histogram? = nil, isConstant: Bool = false, narrowerDType: String? = nil
    ) {
      self.minimum = minimum
      self.maximum = maximum
      self.mean = mean
      self.standardDeviation = standardDeviation
      self.norm = norm
      self.zeros = zeros
      self.nans = nans
      self.infinities = infinities
      self.quantiles = quantiles
      self.histogram = histogram
      self.isConstant = isConstant
      self.narrowerDType = narrowerDType
    }
  }

  /// The value below which a fraction of the values lies.
  public struct Quantile: Sendable, Equatable {
    /// The fraction, from 0 to 1.
    public var fraction: Double
    /// The value.
    public var value: Double

    /// Makes one.
    public init(fraction: Double, value: Double) {
      self.fraction = fraction
      self.value = value
    }
  }

  /// Counts of values in bins of equal width.
  public struct Histogram: Sendable, Equatable {
    /// The lower edge of the first bin.
    public var lower: Double
    /// The upper edge of the last bin.
    public var upper: Double
    /// The counts, from the lowest bin up.
    public var counts: [Int]

    /// Makes one.
    public init(lower: Double, upper: Double, counts: [Int]) {
      self.lower = lower
      self.upper = upper
      self.counts = counts
    }
  }
}
