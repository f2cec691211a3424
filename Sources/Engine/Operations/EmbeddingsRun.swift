public import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Embedding: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let ids = try call.integer("input")
    let table: Tensor<S> = try call.parameter("weight")  // (rows, width)
    guard let first else { return Outcome(try gather(table, at: ids, offset: 0)) }
    let result = try Tensor<S>(shape: ids.shape + [width])
    result.elements.update(repeating: 0)
    for (position, id) in ids.elements.enumerated() {
      let (row, overflow) = id.subtractingReportingOverflow(first)
      guard !overflow, (0..<rows).contains(row) else { continue }
      (result.start + position * width).update(from: table.start + row * width, count: width)
    }
    return Outcome(result)  // (…, width)
  }
}

extension LearnedPositions: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let table: Tensor<S> = try call.parameter("weight")  // (rows, width)
    if case .integer(let ids)? = call.optional("ids") {
      return Outcome(try gather(table, at: ids, offset: offset))  // (…, width)
    }
    let length = call.all("input").first?.shape.dropFirst().first ?? 0
    let positions = try Tensor<Int>(shape: [1, length])
    for position in 0..<length { positions.elements[position] = call.past + position }
    return Outcome(try gather(table, at: positions, offset: offset))  // (1, sequence, width)
  }
}

/// The rows of a table at ids.
private func gather<S: Scalar>(_ table: Tensor<S>, at ids: Tensor<Int>, offset: Int)
  throws(CrosswalkError) -> Tensor<S>
{
  let width = table.width
  let result = try Tensor<S>(shape: ids.shape + [width])
  for (position, id) in ids.elements.enumerated() {
    let (row, overflow) = id.addingReportingOverflow(offset)
    guard !overflow, (0..<table.shape[0]).contains(row) else {
      throw CrosswalkError(
        .invalidInput, "an id or position beyond the table",
        expected: "0 to \(table.shape[0] - 1 - offset)",
        found: "\(id) at position \(position)")
    }
    _ = UnsafeMutableBufferPointer(
      rebasing: result.elements[(position * width)..<((position + 1) * width)]
    ).update(fromContentsOf: table.elements[(row * width)..<((row + 1) * width)])
  }
  return result
}

extension SinusoidalPositions: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let positions = try positions(call)
    let table = try Tensor<S>(shape: positions.shape + [width])
    for (row, position) in positions.elements.enumerated() {
      let (place, overflow) = position.addingReportingOverflow(offset)
      guard !overflow else {
        throw CrosswalkError(.invalidInput, "a position beyond all counting")
      }
      for dimension in 0..<width {
        table.elements[row * width + dimension] = S(wave(position: place, dimension: dimension))
      }
    }
    return Outcome(table)  // (1 or batch, sequence, width)
  }

  private func positions<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Tensor<Int> {
    if call.optional("ids") != nil { return try call.integer("ids") }
    let length = call.all("input").first?.shape.dropFirst().first ?? 0
    let positions = try Tensor<Int>(shape: [1, length])
    for position in 0..<length { positions.elements[position] = call.past + position }
    return positions
  }
}

extension SinusoidalPositions {
  /// The entry of the table (Vaswani 2017, section 3.5).
  public func wave(position: Int, dimension: Int) -> Double {
    // An odd width has one sine more in the paper, and a last zero in tensor2tensor.
    let half = exponent == .pairs ? width / 2 : (width + 1) / 2
    guard position != padding, exponent == .width || dimension < 2 * half else { return 0 }
    let pair: Int
    let isSine: Bool
    switch layout {
    case .interleaved: (pair, isSine) = (dimension / 2, dimension % 2 == 0)
    case .concatenated: (pair, isSine) = (dimension % half, dimension < half)
    }
    let angle =
      switch angles {
      case .float64: Double(position) * frequency(of: pair, in: Double.self)
      case .float32: Double(Float(position) * frequency(of: pair, in: Float.self))
      }
    return isSine ? sin(angle) : cos(angle)
  }

  /// Radians from one position to the next.
  private func frequency<A: BinaryFloatingPoint>(of pair: Int, in _: A.Type) -> A {
    let power =
      switch exponent {
      case .width: A(-log(base) * Double(2 * pair) / Double(width))
      case .pairs: A(pair) * A(-(log(base) / Double(max(1, width / 2 - 1))))
      }
    return A(exp(Double(power)))
  }
}
