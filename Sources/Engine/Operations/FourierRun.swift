import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Fourier: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let shape = try call.value("input").shape
    let count = shape[try axisPosition(axis, of: shape.count)]
    let matrix = try Tensor<S>(shape: [count, count])
    // A whole turn more is no turn at all: each angle is one of the first n.
    let turns = (0..<count).map { turn -> S in
      let angle = 2 * Double.pi * Double(turn) / Double(count)
      return S(part == .real ? cos(angle) : -sin(angle))
    }
    for row in 0..<count {
      var turn = 0
      for column in 0..<count {
        matrix.elements[row * count + column] = turns[turn]
        turn += row
        if turn >= count { turn -= count }
      }
    }
    return Outcome(matrix)
  }
}
