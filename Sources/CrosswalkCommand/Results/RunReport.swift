import Diagnostics
import Documents
import Engine
import Reports
import Tensors

/// How long a run took, in seconds on a clock that only goes forward.
struct RunTiming {
  /// Until the model was ready to run.
  private(set) var load = 0.0
  /// Each forward pass.
  private(set) var forward: [Double] = []

  /// Does the loading.
  mutating func load<Result>(_ work: () throws(CrosswalkError) -> Result) throws(CrosswalkError)
    -> Result
  {
    let start = ContinuousClock.now
    defer { load = (ContinuousClock.now - start) / .seconds(1) }
    return try work()
  }

  /// Does one forward pass.
  mutating func forward<Result>(_ work: () throws(CrosswalkError) -> Result)
    throws(CrosswalkError) -> Result
  {
    let start = ContinuousClock.now
    defer { forward.append((ContinuousClock.now - start) / .seconds(1)) }
    return try work()
  }

  /// The middle one, or the mean of the two in the middle.
  var median: Double {
    let sorted = forward.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  var json: JSON {
    [
      "load_s": .number(load), "forward_median_s": .number(median),
      "forward_min_s": .number(forward.min() ?? 0), "forward_max_s": .number(forward.max() ?? 0),
      "repeat": .integer(Int64(forward.count)),
    ]
  }
}

/// What a run gave, and where it is kept.
struct RunReport: Presentable {
  let checkpoint: String
  let inputs: String
  let output: String
  let precision: Precision
  let trace: Trace
  let timing: RunTiming?
  /// How many numbers of each output are NaN, where any are.
  private let nan: [String: Int]

  /// - Throws: whatever reading the outputs meets.
  init(
    checkpoint: String, inputs: String, output: String, precision: Precision, trace: Trace,
    timing: RunTiming?
  ) throws(CrosswalkError) {
    self.checkpoint = checkpoint
    self.inputs = inputs
    self.output = output
    self.precision = precision
    self.trace = trace
    self.timing = timing
    var nan: [String: Int] = [:]
    for (name, tensor) in trace.outputs {
      let count = try tensor.nanCount()
      if count > 0 { nan[name] = count }
    }
    self.nan = nan
  }

  var json: JSON {
    var object = JSONObject([
      ("format", "crosswalk.run"), ("version", 1), ("checkpoint", .string(checkpoint)),
      ("inputs", .string(inputs)), ("output", .string(output)),
      ("precision", .string(precision.rawValue)),
      (
        "outputs",
        .array(
          trace.outputs.map { name, tensor in
            var output = JSONObject([
              ("name", .string(name)), ("dtype", .string(tensor.dtype.rawValue)),
              ("shape", .shape(tensor.shape)),
            ])
            if let count = nan[name] { output["nan"] = .integer(Int64(count)) }
            return .object(output)
          })
      ),
      ("nodes", .integer(Int64(trace.nodes.count))),
      ("attention", .integer(Int64(trace.attention.count))),
    ])
    if let timing { object["timing"] = timing.json }
    return .object(object)
  }

  func text(style: Style) -> String {
    let kept = "\(trace.nodes.count) nodes, \(trace.attention.count) attention tables"
    var text =
      "\(style.paint(output.printable, as: .heading)): outputs of a run in \(precision.rawValue)"
      + (trace.nodes.isEmpty && trace.attention.isEmpty ? "\n" : ", \(kept)\n")
    var table = TextTable([.text(""), .text("")])
    for (name, tensor) in trace.outputs {
      table.append([
        TextTable.Cell("  " + name),
        TextTable.Cell(
          "\(tensor.dtype.rawValue) \(Numbers.shape(tensor.shape))"
            + (nan[name].map { ", \($0) NaN" } ?? "")),
      ])
    }
    text += table.text(style: style)
    if let timing { text += timing.text }
    return text
  }
}

extension RunTiming {
  var text: String {
    let figures = [median, forward.min() ?? 0, forward.max() ?? 0].map { Numbers.brief($0) }
    return "loaded in \(Numbers.brief(load)) s; forward \(figures[0]) s"
      + (forward.count == 1
        ? "\n" : ", median of \(forward.count) (from \(figures[1]) to \(figures[2]))\n")
  }
}

extension StoredTensor {
  /// How many elements are NaN, of what the engine puts out: f32 and f64.
  fileprivate func nanCount() throws(CrosswalkError) -> Int {
    var count = 0
    try forEachPiece { (_, bytes) throws(CrosswalkError) in
      switch dtype {
      case .f32: for number in bytes.bindMemory(to: Float.self) where number.isNaN { count += 1 }
      case .f64: for number in bytes.bindMemory(to: Double.self) where number.isNaN { count += 1 }
      default: break
      }
    }
    return count
  }
}
