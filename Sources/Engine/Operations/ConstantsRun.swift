import Architectures
import Diagnostics

extension Constant: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    if dtype == .integer {
      let ids = try Tensor<Int>(shape: shape)
      for (place, value) in values.enumerated() { ids.elements[place] = Int(exactly: value) ?? 0 }
      return Outcome(.integer(ids))
    }
    let numbers = try Tensor<S>(shape: shape)
    for (place, value) in values.enumerated() { numbers.elements[place] = S(value) }
    return Outcome(numbers)
  }
}

extension LearnedTensor: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    Outcome(try call.parameter("weight"))
  }
}
