import Diagnostics

/// Copies blocks of a tensor into a buffer of another layout, through a bounded scratch.
struct Gather {
  let base: StoredTensor
  let buffer: UnsafeMutableRawBufferPointer
  /// The most bytes of the scratch.
  let limit: Int

  /// What one more read costs, as bytes that could have been read in its place.
  private static let readCost = 4096

  private var width: Int { base.dtype.byteCount }

  /// Copies a block; `from` and `to` are elements of the base and of the buffer.
  func copy(_ axes: [StridedAxis], from source: Int, to target: Int) throws(CrosswalkError) {
    let plan = Plan(axes, width: width, readCost: Gather.readCost)
    if let run = plan.directRun {
      return try visit(plan.outer, source, target) { (source, target) throws(CrosswalkError) in
        try base.read(source..<source + run, into: slice(target, run))
      }
    }
    if plan.byteCount > limit, let widest = plan.widestAxis {
      return try halve(axes, at: widest, from: source, to: target)
    }
    let scratch = UnsafeMutableRawBufferPointer.allocate(
      byteCount: plan.byteCount, alignment: 16)
    defer { scratch.deallocate() }
    let loaded = try load(plan, from: source, into: scratch)
    StridedCopy(from: UnsafeRawBufferPointer(scratch), to: slice(target, nil)).run(
      loaded, elementByteCount: width)
  }

  private func slice(_ start: Int, _ count: Int?) -> UnsafeMutableRawBufferPointer {
    let end = count.map { (start + $0) * width } ?? buffer.count
    return UnsafeMutableRawBufferPointer(rebasing: buffer[start * width..<end])
  }

  private func halve(_ axes: [StridedAxis], at axis: Int, from source: Int, to target: Int)
    throws(CrosswalkError)
  {
    var (low, high) = (axes, axes)
    low[axis].extent = axes[axis].extent / 2
    high[axis].extent -= low[axis].extent
    try copy(low, from: source, to: target)
    try copy(
      high, from: source + low[axis].extent * axes[axis].source,
      to: target + low[axis].extent * axes[axis].target)
  }

  /// Fills the scratch and says how the block's axes step through it.
  private func load(
    _ plan: Plan, from source: Int, into scratch: UnsafeMutableRawBufferPointer
  ) throws(CrosswalkError) -> [StridedAxis] {
    if plan.readsSpan {
      try base.read(source..<source + plan.span, into: scratch)
      return plan.axes
    }
    let width = width
    try visit(plan.packedOuter, source, 0) { (source, packed) throws(CrosswalkError) in
      let piece = scratch[packed * width..<(packed + plan.run) * width]
      try base.read(
        source..<source + plan.run, into: UnsafeMutableRawBufferPointer(rebasing: piece))
    }
    return plan.packed
  }

  /// Calls a closure for each index of some axes, at most as deep as a tensor has axes.
  private func visit(
    _ axes: ArraySlice<StridedAxis>, _ source: Int, _ target: Int,
    _ body: (_ source: Int, _ target: Int) throws(CrosswalkError) -> Void
  ) throws(CrosswalkError) {
    guard let axis = axes.first else { return try body(source, target) }
    for index in 0..<axis.extent {
      try visit(
        axes.dropFirst(), source + index * axis.source, target + index * axis.target, body)
    }
  }
}

extension Gather {
  /// How a block is best read: as one span with what lies between, or run by run.
  struct Plan {
    let axes: [StridedAxis]
    /// Elements from the block's first to its last, in the base.
    let span: Int
    /// Elements of one contiguous run in the base.
    let run: Int
    let readsSpan: Bool
    /// The size of the scratch.
    let byteCount: Int
    /// Axes that step through the base, the widest step first.
    private let ordered: [Int]
    /// How many of `ordered`, from its end, make up one run.
    private let runAxes: Int

    init(_ axes: [StridedAxis], width: Int, readCost: Int) {
      self.axes = axes
      let stepping = axes.indices.filter { axes[$0].source > 0 }
      let ordered = stepping.sorted { axes[$0].source > axes[$1].source }
      var (run, runAxes) = (1, 0)
      while runAxes < ordered.count, axes[ordered[ordered.count - 1 - runAxes]].source == run {
        run *= axes[ordered[ordered.count - 1 - runAxes]].extent
        runAxes += 1
      }
      let distinct = stepping.reduce(1) { $0 * axes[$1].extent }
      let span = 1 + stepping.reduce(0) { $0 + (axes[$1].extent - 1) * axes[$1].source }
      readsSpan = (span - distinct) * width / readCost <= distinct / run
      byteCount = (readsSpan ? span : distinct) * width
      (self.ordered, self.run, self.runAxes, self.span) = (ordered, run, runAxes, span)
    }

    /// The axis whose halves lie farthest apart in the base.
    var widestAxis: Int? { ordered.first { axes[$0].extent > 1 } }

    /// The length of runs that lie in the target as they lie in the base and are worth a read each.
    var directRun: Int? {
      guard runAxes == 1, let inner = ordered.last, axes[inner].target == 1,
        axes.allSatisfy({ $0.source > 0 }), !readsSpan || ordered.count == 1
      else { return nil }
      return run
    }

    /// All axes but the run's, for ``directRun``.
    var outer: ArraySlice<StridedAxis> {
      ordered.dropLast(runAxes).map { axes[$0] }[...]
    }

    /// The axes outside a run, with their steps in a scratch that holds run after run.
    var packedOuter: ArraySlice<StridedAxis> {
      var step = run
      var outer: [StridedAxis] = []
      for axis in ordered.dropLast(runAxes).reversed() {
        outer.insert(
          StridedAxis(extent: axes[axis].extent, source: axes[axis].source, target: step), at: 0)
        step *= axes[axis].extent
      }
      return outer[...]
    }

    /// The block's axes, stepping through that scratch; within a run they step as in the base.
    var packed: [StridedAxis] {
      var packed = axes
      for (axis, outer) in zip(ordered, packedOuter) { packed[axis].source = outer.target }
      return packed
    }
  }
}
