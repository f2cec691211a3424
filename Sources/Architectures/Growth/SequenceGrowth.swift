extension Embedding {
  /// Each id by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.elsewhere(than: []) }
}

extension LearnedPositions {
  /// Each position by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.positions() }
}

extension SinusoidalPositions {
  /// Each position by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.positions() }
}

extension GrowingTypes {
  /// The rule of rows for positions: those of `ids`, or of the sequence on `input`'s second axis.
  fileprivate func positions() -> GrowthRule? {
    guard one("ids") == nil else { return elsewhere(than: [], "ids") }
    return axis("input") == 1 ? GrowthRule(.along(1)) : nil
  }
}

extension CountPositions {
  /// Counted from the first.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    inputs.axis("input") == 1 ? GrowthRule(.along(1), computesAll: true) : nil
  }
}

extension CumulativeSum {
  /// Summed from the first.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    inputs.axis("input").map { GrowthRule(.along($0), computesAll: true) }
  }
}

extension Rotary {
  /// Each position by itself, until frequencies change with the length of the sequence.
  ///
  /// Where they change at each length ("dynamic"), keys stay as they were turned when they came,
  /// as in transformers' caches.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard inputs.axis("input") == 1, inputs.one("positions") == nil || inputs.axis("positions") == 1
    else { return nil }
    guard case .longrope(let settings)? = scaling else { return GrowthRule(.along(1)) }
    let original = settings.original
    return GrowthRule(.along(1)) { $0 > original ? 1 : 0 }
  }
}

extension Alibi {
  /// Each pair by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard inputs.one("positions") == nil || inputs.axis("positions") == 1 else { return nil }
    return inputs.distances(needsAll: ["key", "positions"])
  }
}

extension RelativeBias {
  /// Each pair by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.distances(needsAll: ["key"]) }
}

extension RelativeScores {
  /// Each pair by itself, where its row is learned; those that flow in begin with the last query's.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    learned == nil ? nil : inputs.distances(needsAll: ["key"])
  }
}

extension GrowingTypes {
  /// The rule of biases of pairs whose last query stands at the last key.
  fileprivate func distances(needsAll: Set<String>) -> GrowthRule? {
    guard axis("query") == 1, axis("key") == 1 else { return nil }
    return GrowthRule(.pairs(queries: 2, keys: 3, isCausal: false), needsAll: needsAll)
  }
}

extension AttentionMask {
  /// Each position, or pair, by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard pairs else { return inputs.elsewhere(than: []) }
    guard inputs.axis("input") == 1 else { return nil }
    return GrowthRule(.pairs(queries: 2, keys: 3, isCausal: false), computesAll: true)
  }
}

extension PairMask {
  /// Each pair by itself.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    let masks = ["query_mask", "key_mask", "value_mask"]
    guard inputs.axis("query") == 1, inputs.axis("key") == 1, inputs.one("mask") == nil,
      masks.allSatisfy({ inputs.one($0) == nil || inputs.axis($0) == 1 })
    else { return nil }
    return GrowthRule(.pairs(queries: 2, keys: 3, isCausal: after == 0), computesAll: true)
  }
}

extension Attention {
  /// Of growing keys only where a query sees none after its own position; of fixed ones always.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    // A table that flows out has a row more at each step, and longer ones.
    guard inputs.axis("query") == 1, !table else { return nil }
    if inputs.isFixed("key"), inputs.isFixed("value") { return acrossGrowth(inputs) }
    guard inputs.axis("key") == 1, inputs.axis("value") == 1,
      inputs.one("key_mask") == nil || inputs.axis("key_mask") == 1
    else { return nil }
    var isCausal = after == 0
    if let (growth, type) = inputs.one("mask") {
      let rank = type.axes.count
      guard case .pairs(rank - 2, rank - 1, let hides) = growth else { return nil }
      isCausal = isCausal || hides
    }
    return isCausal
      ? GrowthRule(.along(1), needsAll: ["key", "value", "key_mask"]) : nil
  }

  /// The rule for keys and values that are all there from the start.
  private func acrossGrowth(_ inputs: GrowingTypes) -> GrowthRule? {
    // A window is counted from the last query, which does not stay the last.
    guard before == nil, after == nil, inputs.isFixed("key_mask") else { return nil }
    if let (growth, type) = inputs.one("mask") {
      let rank = type.axes.count
      guard rank >= 2, growth == .along(rank - 2) else { return nil }
    }
    return GrowthRule(.along(1))
  }
}
