import Architectures
import Diagnostics

extension Given: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let isGiven = call.optional("input") != nil
    guard let value = (isGiven ? call.optional("yes") : nil) ?? call.optional("no") else {
      throw CrosswalkError(.invalidInput, "neither value is there to choose from")
    }
    return Outcome(value)
  }
}
