public import Diagnostics
public import Tensors

/// A part of a tensor: a range for each axis from the first on, as in NumPy.
///
/// `0:2,:,5` is the first two of the first axis, all of the second, and number five of the third.
/// Negative numbers count from the end; axes that are not named are whole.
public struct TensorSlice: Sendable, Equatable {
  /// The bounds of each axis; nil where the axis ends.
  private let ranges: [(lower: Int?, upper: Int?)]

  /// Reads a list of ranges; nil when it is none.
  public init?(_ text: String) {
    var ranges: [(lower: Int?, upper: Int?)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: ":", omittingEmptySubsequences: false)
        .map { $0.trimming() }
      guard (1...2).contains(ends.count), ends.allSatisfy({ $0.isEmpty || Int($0) != nil }) else {
        return nil
      }
      let lower = Int(ends[0])
      if ends.count == 2 {
        ranges.append((lower, Int(ends[1])))
      } else if let index = lower {
        ranges.append((index, index == -1 ? nil : index &+ 1))
      } else {
        return nil
      }
    }
    self.ranges = ranges
  }

  /// Whether two slices have the same bounds.
  public static func == (a: TensorSlice, b: TensorSlice) -> Bool {
    a.ranges.elementsEqual(b.ranges) { $0 == $1 }
  }

  /// The part of a tensor, all its axes kept.
  ///
  /// - Throws: `wrongShape` when the tensor has fewer axes, or a range lies outside it.
  public func part(of tensor: StoredTensor) throws(CrosswalkError) -> StoredTensor {
    guard ranges.count <= tensor.shape.count else {
      throw CrosswalkError(
        .wrongShape, "more ranges than axes", expected: "at most \(tensor.shape.count)",
        found: "\(ranges.count)")
    }
    var part = tensor
    for (axis, range) in ranges.enumerated() {
      let extent = tensor.shape[axis]
      let lower = Self.position(range.lower ?? 0, extent)
      let upper = min(Self.position(range.upper ?? extent, extent), extent)
      guard lower >= 0, lower <= upper else {
        throw CrosswalkError(
          .wrongShape, "a range outside axis \(axis)", expected: "within 0:\(extent)",
          found: "\(range.lower.map(String.init) ?? ""):\(range.upper.map(String.init) ?? "")")
      }
      part = try part.sliced(axis: axis, range: lower..<upper)
    }
    return part
  }

  /// A position counted from the start, where a negative one counts from the end.
  private static func position(_ number: Int, _ extent: Int) -> Int {
    number < 0 ? number.addingReportingOverflow(extent).partialValue : number
  }
}

extension Substring {
  /// The text without spaces at its ends.
  fileprivate func trimming() -> Substring {
    let start = drop { $0 == " " }
    guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
    return start[...last]
  }
}
