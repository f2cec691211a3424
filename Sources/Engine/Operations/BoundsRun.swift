import Architectures
import Diagnostics

extension SoftCap: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    try each(call) { S.kernels.softCap($0, S(cap), $1) }
  }
}

extension Clamp: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let low = minimum.map { S($0) } ?? -S.infinity
    let high = maximum.map { S($0) } ?? S.infinity
    return try each(call) { S.kernels.clamp($0, low, high, $1) }
  }
}

/// A copy of the input with a kernel run over it.
private func each<S: Scalar>(_ call: Call<S>, _ kernel: (UnsafeMutablePointer<S>, Int) -> Void)
  throws(CrosswalkError) -> Outcome<S>
{
  let result = try call.floating("input").copy()
  if let start = result.elements.baseAddress {
    Workers.share(result.count, cost: 4, unit: 64) { kernel(start + $0.lowerBound, $0.count) }
  }
  return Outcome(result)
}
