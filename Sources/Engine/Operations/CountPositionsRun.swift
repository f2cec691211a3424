import Architectures
import Diagnostics

extension CountPositions: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let entries = try entries(call)
    guard entries.shape.count == 2 else {
      throw CrosswalkError(
        .invalidInput, "positions are counted along ids or a mask", expected: "(batch, sequence)",
        found: "\(entries.shape)")
    }
    let positions = try Tensor<Int>(shape: entries.shape)
    for row in 0..<entries.rows {
      var count = 0
      for place in (row * entries.width)..<((row + 1) * entries.width) {
        let counts = entries.elements[place] != padding
        if counts { count += 1 }
        positions.elements[place] = (counts ? count : 0) + offset
      }
    }
    return Outcome(.integer(positions))  // (batch, sequence)
  }

  /// The ids or the mask, which may have come as numbers.
  private func entries<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Tensor<Int> {
    guard case .floating(let numbers)? = call.optional("input") else {
      return try call.integer("input")
    }
    let result = try Tensor<Int>(shape: numbers.shape)
    for (place, number) in numbers.elements.enumerated() {
      guard let entry = Int(exactly: number) else {
        throw CrosswalkError(
          .invalidInput, "a mask of numbers that says how much, not whether",
          expected: "whole numbers", found: "\(number)")
      }
      result.elements[place] = entry
    }
    return result
  }
}
