extension Permute {
  /// The same axis in its new place; the first stays the first.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard let axis = inputs.axis("input"), let rank = inputs.one("input")?.type.axes.count,
      let order = try? order(of: rank), order.first == 0, let place = order.firstIndex(of: axis)
    else { return nil }
    return GrowthRule(.along(place))
  }
}

extension Flatten {
  /// The same axis, when it is not among those that are joined.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard let axis = inputs.axis("input"), let rank = inputs.one("input")?.type.axes.count,
      let range = try? range(of: rank), !range.contains(axis), range.lowerBound > 0
    else { return nil }
    return GrowthRule(.along(axis < range.lowerBound ? axis : axis - (range.count - 1)))
  }
}

extension Reshape {
  /// The same axis, when it is not among those that get other extents.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard let axis = inputs.axis("input"), let rank = inputs.one("input")?.type.axes.count,
      let range = try? range(of: rank), !range.contains(axis), range.lowerBound > 0
    else { return nil }
    return GrowthRule(.along(axis < range.lowerBound ? axis : axis - range.count + shape.count))
  }
}

extension Select {
  /// The same axis, when another is left out.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    guard let axis = inputs.axis("input"), let rank = inputs.one("input")?.type.axes.count
    else { return nil }
    let chosen = self.axis < 0 ? self.axis + rank : self.axis
    guard chosen != axis, chosen > 0 else { return nil }
    return GrowthRule(.along(chosen < axis ? axis - 1 : axis))
  }
}

extension AxisSlice {
  /// The same axis, when another is cut.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? { inputs.besideFirst(axis) }
}

extension Concatenate {
  /// The same axis of all, when another becomes longer.
  public func growth(_ inputs: GrowingTypes) -> GrowthRule? {
    let operands = inputs.all("input")
    guard let (growth, _) = operands.first, operands.allSatisfy({ $0.growth == growth })
    else { return nil }
    return inputs.besideFirst(axis)
  }
}

extension GrowingTypes {
  /// The rule of an operation along one axis, which is not the first: its rows are selected.
  fileprivate func besideFirst(_ axis: Int) -> GrowthRule? {
    let count = one("input")?.type.axes.count ?? 0
    return axis == 0 || axis + count == 0 ? nil : elsewhere(than: [axis])
  }
}
