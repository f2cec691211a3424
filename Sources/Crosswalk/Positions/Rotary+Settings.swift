import Architectures
import Documents

extension Rotary {
  /// What the angles depend on, in the words of the operation.
  func settings(turned: Int) -> JSONObject {
    var settings = JSONObject([
      ("base", .number(base)), ("turned", .integer(Int64(turned))),
      ("start", .integer(Int64(start))), ("pairs", .string(pairs.rawValue)),
    ])
    settings["scaling"] = scaling?.settings ?? .null
    settings["frequencies"] = .array(
      angles(count: 2, turned: turned).suffix(turned / 2).map(JSON.number))
    return settings
  }
}

extension RotaryScaling {
  /// The kind of scaling and its numbers, by the names of the operation's settings.
  fileprivate var settings: JSON {
    switch self {
    case .linear(let factor): ["type": "linear", "factor": .number(factor)]
    case .dynamic(let factor, let longest):
      ["type": "dynamic", "factor": .number(factor), "longest": .integer(Int64(longest))]
    case .yarn(let yarn):
      [
        "type": "yarn", "factor": .number(yarn.factor), "original": .integer(Int64(yarn.original)),
        "attention_factor": .number(yarn.attentionFactor), "beta_fast": .number(yarn.betaFast),
        "beta_slow": .number(yarn.betaSlow), "truncate": .bool(yarn.truncate),
      ]
    case .llama3(let llama):
      [
        "type": "llama3", "factor": .number(llama.factor), "low": .number(llama.low),
        "high": .number(llama.high), "original": .integer(Int64(llama.original)),
      ]
    case .longrope(let long):
      [
        "type": "longrope", "short_factor": .array(long.short.map(JSON.number)),
        "long_factor": .array(long.long.map(JSON.number)),
        "original": .integer(Int64(long.original)),
        "attention_factor": .number(long.attentionFactor),
      ]
    }
  }
}
