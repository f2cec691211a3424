extension DifferenceReport {
  /// How exact a computed value is, from the ratio of its error to the recording's own; the raw value
  /// is the word in text and JSON.
  public enum PrecisionClass: String, Sendable, CaseIterable {
    /// What was recorded, to the last bit.
    case exact
    /// As near to the exact answer as float32 comes.
    case float32
    /// As near as products in TF32 come, in which the recording was made.
    case tf32
    /// Apart by what float16 rounds away, and shown to be that.
    case float16
    /// Apart by what bfloat16 rounds away, and shown to be that.
    case bfloat16
    /// Apart by more than rounding explains.
    case wrong

    /// Whether this is a dtype that weights or recordings are rounded to.
    public var isRounded: Bool { self == .float16 || self == .bfloat16 }
  }

  /// The least exact class of all values that were computed; nil where there are none, or the rows
  /// have none.
  public var precision: PrecisionClass? {
    let found = Set(rows.lazy.filter { $0.role != "input" }.compactMap(\.precision))
    return PrecisionClass.allCases.last(where: found.contains)
  }
}
