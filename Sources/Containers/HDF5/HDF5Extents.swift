import Diagnostics
import Tensors

/// Checks where a survey says that data lies: inside the file, nothing twice, no bombs.
struct HDF5Extents {
  private var extents: [Extent] = []
  private var declared = 0
  private let survey: HDF5Survey

  /// A stretch of the file that belongs to one dataset.
  private struct Extent {
    var start: Int
    var end: Int
    var entry: Int
  }

  /// How many times its stored bytes a dataset may declare; deflate, at its best, gives 1,032.
  private static let largestRatio = 1_100
  /// What may be declared whatever is stored: data that was never written reads as its fill value.
  private static let harmless = 256 << 20

  /// Gathers the extents of all datasets that hold tensors.
  ///
  /// - Throws: `tooLarge` or `malformed`, naming the object.
  init(_ survey: HDF5Survey) throws(CrosswalkError) {
    self.survey = survey
    for (index, entry) in survey.entries.enumerated() {
      guard case .dataset(let dataset) = entry.target, case .number(let dtype, _) = dataset.element
      else { continue }
      do { try add(dataset, dtype, index) } catch { throw error.inside(.object(entry.path)) }
    }
  }

  /// Checks them against the file's size and each other.
  ///
  /// - Throws: `truncated`, `malformed` or `unsafe`, naming the object.
  func check(against size: Int) throws(CrosswalkError) {
    try Self.refuseBomb(declaring: declared, storing: size)
    var last: Extent?
    for extent in extents.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      let place = Place(.object(survey.entries[extent.entry].path))
      guard extent.end <= size else {
        throw CrosswalkError(
          .truncated, "the file ends before this dataset's data", at: place,
          expected: "data up to byte \(extent.end)", found: "\(size) bytes",
          remedy: "it may be a download or copy that was cut: fetch it again")
      }
      if let last, extent.start < last.end {
        let other = survey.entries[last.entry].path
        throw CrosswalkError(
          .malformed, "its data overlaps that of '\(other)' at byte \(extent.start)", at: place)
      }
      last = extent
    }
  }

  private mutating func add(_ dataset: HDF5Survey.Dataset, _ dtype: DType, _ index: Int)
    throws(CrosswalkError)
  {
    let byteCount = try Shape.byteCount(dataset.shape, dtype)
    // What lies elsewhere is held to what is there.
    switch dataset.layout {
    case .external, .virtual, .other: return
    default: break
    }
    var stored = 0
    switch dataset.layout {
    case .unallocated, .external, .virtual, .other: break
    case .compact(let bytes): stored = bytes.count
    case .contiguous(let offset, let count):
      try add(offset, count, index)
      stored = count
    case .chunked(let chunking):
      for chunk in chunking.chunks {
        try add(chunk.offset, chunk.byteCount, index)
        stored = stored.addingReportingOverflow(chunk.byteCount).partialValue
      }
    }
    try Self.refuseBomb(declaring: byteCount, storing: stored)
    let (sum, overflow) = declared.addingReportingOverflow(byteCount)
    declared = overflow ? .max : sum
  }

  private mutating func add(_ start: Int, _ byteCount: Int, _ entry: Int) throws(CrosswalkError) {
    let (end, overflow) = start.addingReportingOverflow(byteCount)
    guard !overflow, start >= 0, byteCount >= 0 else {
      throw CrosswalkError(.malformed, "data beyond any file")
    }
    if byteCount > 0 { extents.append(Extent(start: start, end: end, entry: entry)) }
  }

  static func refuseBomb(declaring declared: Int, storing stored: Int)
    throws(CrosswalkError)
  {
    guard declared > harmless, declared / largestRatio > stored else { return }
    throw CrosswalkError(
      .unsafe, "a shape far larger than what is stored",
      expected: "at least one byte in \(largestRatio)",
      found: "\(declared) bytes declared and \(stored) stored",
      remedy: "write the tensor out in full if it is meant so")
  }
}
