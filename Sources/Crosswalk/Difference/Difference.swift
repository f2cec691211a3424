import Containers
public import Diagnostics
public import Reports

/// Compares two checkpoints, or two traces.
public enum Difference {
  /// Compares what two paths lead to: two checkpoints, or two traces layer by layer.
  ///
  /// The second is the reference. Without a tolerance weights must be equal bit for bit, after exact
  /// widening where the dtypes differ, and computed values within rounding. Each tensor of a checkpoint
  /// gets its relation to the reference's; those that no name matches, or whose namesake is another,
  /// are looked for by what they hold.
  ///
  /// - Parameters:
  ///   - path: a checkpoint (a file, an index, a folder) or a trace.
  ///   - reference: another of the same sort.
  ///   - tolerance: limits for every element: |a - b| ≤ absolute + relative × |b|.
  ///   - options: how both checkpoints are understood.
  ///   - isRaw: whether checkpoints are compared as they are in their files, without families.
  /// - Returns: what is missing here and there, and a row for each pair.
  /// - Throws: `invalidInput` for a trace and a checkpoint, or whatever opening and reading meet.
  public static func diff(
    _ path: String, _ reference: String, tolerance: Tolerance? = nil,
    options: ModelCheckpoint.Options = ModelCheckpoint.Options(), isRaw: Bool = false,
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    let traces = (
      try isTrace(path, options.reading), try isTrace(reference, options.reading)
    )
    guard traces.0 == traces.1 else {
      throw CrosswalkError(
        .invalidInput, "a trace is not compared with a checkpoint",
        at: Place(file: traces.0 ? path : reference), expected: "two checkpoints or two traces",
        found: "a trace and a checkpoint",
        remedy: "verify CHECKPOINT TRACE runs the one and compares it with the other")
    }
    if traces.0 {
      return try diff(
        Fixture(reading: path), Fixture(reading: reference), tolerance: tolerance,
        observer: observer)
    }
    let a = try CheckpointSide(path, options, isRaw: isRaw)
    let b = try CheckpointSide(reference, options, isRaw: isRaw)
    return try CheckpointDifference(a, b, tolerance: tolerance).report(observer)
  }

  /// Compares two checkpoints by our parameter names.
  ///
  /// - Throws: whatever reading meets.
  public static func diff(
    _ checkpoint: ModelCheckpoint, _ reference: ModelCheckpoint, tolerance: Tolerance? = nil,
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    try CheckpointDifference(
      CheckpointSide(checkpoint), CheckpointSide(reference), tolerance: tolerance
    ).report(observer)
  }

  /// Compares two traces by their names, in graph order where one of them carries its architecture.
  ///
  /// - Throws: whatever reading meets.
  public static func diff(
    _ trace: Fixture, _ reference: Fixture, tolerance: Tolerance? = nil,
    observer: any Observer = Silence()
  ) throws(CrosswalkError) -> DifferenceReport {
    try TraceDifference(trace, reference, tolerance: tolerance).report(observer)
  }

  private static func isTrace(_ path: String, _ options: ReadOptions) throws(CrosswalkError) -> Bool
  {
    // What is no file of one container, such as a folder, is for the checkpoint to open or refuse.
    guard let file = try? FileReader(path), ContainerRegistry.container(of: file) != nil else {
      return false
    }
    return TraceFormat.isTrace(try ContainerRegistry.open(file, options: options).contents)
  }
}
