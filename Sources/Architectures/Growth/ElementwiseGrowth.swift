extension GrowingTypes {
  /// The rule of an operation that combines numbers in equal places of one role's values, which
  /// are aligned at their last axes and repeated along axes of extent 1.
  ///
  /// - Parameter keepsHidden: whether -infinity in one value stays so in the result.
  func elementwise(_ role: String = "input", keepsHidden: Bool = false) -> GrowthRule? {
    let operands = all(role)
    guard let rank = operands.map(\.type.axes.count).max() else { return nil }
    // Axes are counted from the end, where operands are aligned.
    var grown: Set<Int>?
    var pairs: (queries: Int, keys: Int)?
    var isCausal = false
    for (growth, type) in operands {
      let count = type.axes.count
      let own: Set<Int>
      switch growth {
      case .fixed: continue
      case .along(let axis): own = [count - axis]
      case .pairs(let queries, let keys, let hides):
        own = [count - queries, count - keys]
        let found = (queries: count - queries, keys: count - keys)
        guard pairs.map({ $0 == found }) ?? true else { return nil }
        pairs = found
        isCausal = isCausal || (hides && keepsHidden)
      }
      guard grown == nil || grown == own else { return nil }
      grown = own
    }
    guard let grown else { return GrowthRule(.fixed) }
    for (growth, type) in operands where growth == .fixed {
      let axes = type.axes
      guard grown.allSatisfy({ $0 > axes.count || axes[axes.count - $0].extent == 1 }) else {
        return nil
      }
    }
    if let pairs {
      return GrowthRule(
        .pairs(queries: rank - pairs.queries, keys: rank - pairs.keys, isCausal: isCausal))
    }
    return grown.first.map { GrowthRule(.along(rank - $0)) }
  }

  /// The rule of an operation that works along some axes of its input, and on each place of the
  /// others by itself; axes may be counted from the end.
  func elsewhere(than axes: [Int], _ role: String = "input") -> GrowthRule? {
    guard let (growth, type) = one(role), growth != .fixed else { return GrowthRule(.fixed) }
    guard let axis = axis(role) else { return nil }
    let own = axes.map { $0 < 0 ? $0 + type.axes.count : $0 }
    return own.contains(axis) ? nil : GrowthRule(.along(axis))
  }
}

extension Add {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    inputs.elementwise(keepsHidden: true)
  }
}

extension Multiply {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Arithmetic {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Compare {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Scale {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension SoftCap {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Clamp {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Cast {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension Activation {
  /// Place by place.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elementwise() }
}

extension GatedLinearUnit {
  /// Along its axis.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elsewhere(than: [axis]) }
}

extension Softmax {
  /// Along its axis.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    inputs.one("mask") == nil ? inputs.elsewhere(than: [axis]) : nil
  }
}

extension Linear {
  /// Along the last axis.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elsewhere(than: [-1]) }
}

extension LayerNorm {
  /// Along the last axis.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elsewhere(than: [-1]) }
}

extension RMSNorm {
  /// Along the last axis.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elsewhere(than: [-1]) }
}

extension Experts {
  /// Along the last axis, for each token by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard let axis = inputs.axis("input"), inputs.axis("router") == axis,
      inputs.one("input")?.type.axes.count == inputs.one("router")?.type.axes.count
    else { return nil }
    return inputs.elsewhere(than: [-1])
  }
}

extension FirstGiven {
  /// What is given first.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    inputs.one("input").map { GrowthRule($0.growth) }
  }
}

extension Given {
  /// What is chosen.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    let chosen = inputs.one("input") == nil ? nil : inputs.one("yes")
    return (chosen ?? inputs.one("no")).map { GrowthRule($0.growth) }
  }
}
