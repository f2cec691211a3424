import Architectures
import Diagnostics
import Tensors

extension Node {
  /// Runs the node on what flows into its roles.
  ///
  /// - Parameters:
  ///   - all: the parameters of the whole graph.
  ///   - past: how many places of a growing sequence come before those that are computed.
  ///   - spreads: how far apart the batch items of a role stand, where they do not follow on one
  ///     another.
  func run<S: Scalar>(
    _ arguments: [String: [Value<S>]], _ all: [String: Tensor<S>], _ memory: Memory,
    wantsAttention: Bool = false, past: Int = 0, spreads: [String: Int] = [:]
  ) throws(CrosswalkError) -> Outcome<S> {
    var own: [String: Tensor<S>] = [:]
    for (role, name) in parameters { own[role] = all[name] }
    let call = Call(
      arguments: arguments, parameters: own, wantsAttention: wantsAttention, memory: memory,
      past: past, spreads: spreads)
    guard let operation = operation as? any Executable else {
      throw CrosswalkError(
        .unsupported, "the engine cannot run '\(operationName)'", at: Place(.node(name)))
    }
    do throws(CrosswalkError) {
      return try operation.run(call)
    } catch {
      throw error.inside(.node(name))
    }
  }
}
