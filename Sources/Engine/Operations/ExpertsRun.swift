import Architectures
import Diagnostics

extension Experts: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (…, width)
    let router = try call.floating("router")  // (…, experts)
    guard router.shape.dropLast() == input.shape.dropLast(), router.width == experts else {
      throw CrosswalkError(
        .invalidInput, "a router's logits for other tokens than these",
        expected: "\(input.shape.dropLast() + [experts])", found: "\(router.shape)")
    }
    let output = try Tensor<S>(shape: input.shape)
    output.elements.update(repeating: 0)
    for (expert, tokens) in try route(router).enumerated() where !tokens.isEmpty {
      try add(expert, of: call, to: output, for: tokens, from: input)
    }
    return Outcome(output)
  }

  /// For each expert, the tokens that pass through it, and its weight in each.
  private func route<S: Scalar>(_ logits: Tensor<S>) throws(CrosswalkError)
    -> [[(token: Int, weight: S)]]
  {
    var tokens = [[(token: Int, weight: S)]](repeating: [], count: experts)
    let scores = try logits.copy()
    guard let start = scores.elements.baseAddress else { return tokens }
    if routing == .softmaxTop { S.kernels.softmax(start, nil, scores.rows, experts, true) }
    var weights = [S](repeating: 0, count: topK)
    for token in 0..<scores.rows {
      let row = start + token * experts
      let chosen = TopSelection.positions(topK, of: row, count: experts)
      for (place, expert) in chosen.enumerated() { weights[place] = row[expert] }
      weights.withUnsafeMutableBufferPointer { weights in
        if routing == .topSoftmax { S.kernels.softmax(weights.baseAddress, nil, 1, topK, true) }
      }
      let sum = normalize ? weights.reduce(0, +) : 1
      for (place, expert) in chosen.enumerated() {
        tokens[expert].append((token, weights[place] / sum))
      }
    }
    return tokens
  }

  /// Adds what one expert makes of its tokens.
  private func add<S: Scalar>(
    _ expert: Int, of call: Call<S>, to output: Tensor<S>,
    for tokens: [(token: Int, weight: S)], from input: Tensor<S>
  ) throws(CrosswalkError) {
    let width = input.width
    let own = try Tensor<S>(shape: [tokens.count, width])
    for (row, (token, _)) in tokens.enumerated() {
      own.write(input.elements[(token * width)..<((token + 1) * width)], at: row * width)
    }
    let between = try layer("up", expert, call, own, width: inner)
    switch unit {
    case .plain(let function): NumberFunction(function).apply(to: between)
    case .gated(let function):
      let gate = try layer("gate", expert, call, own, width: inner)
      NumberFunction(function).apply(to: gate)
      S.kernels.multiply(between.elements.baseAddress, gate.elements.baseAddress, between.count)
    case .clamped(let alpha, let limit):
      let gate = try layer("gate", expert, call, own, width: inner)
      try clamp(between, gate, alpha: S(alpha), limit: S(limit))
    }
    let made = try layer("down", expert, call, between, width: width)
    for (row, (token, weight)) in tokens.enumerated() {
      for column in 0..<width {
        output.elements[token * width + column] += weight * made.elements[row * width + column]
      }
    }
  }

  /// One of an expert's layers: (tokens, width).
  private func layer<S: Scalar>(
    _ name: String, _ expert: Int, _ call: Call<S>, _ input: Tensor<S>, width: Int
  ) throws(CrosswalkError) -> Tensor<S> {
    let weight = try call.parameter("\(name).weight")  // (experts, width, inner)
    let bias = bias ? try call.parameter("\(name).bias").elements.baseAddress : nil
    let output = try Tensor<S>(shape: [input.rows, width])
    guard let x = input.elements.baseAddress, let w = weight.elements.baseAddress,
      let y = output.elements.baseAddress
    else { return output }
    affine(
      x, w + expert * width * input.width, bias.map { $0 + expert * width }, into: y,
      rows: input.rows, inner: input.width, width: width)
    return output
  }

  /// up = gate × σ(alpha × gate) × (up + 1), both clamped first.
  private func clamp<S: Scalar>(_ up: Tensor<S>, _ gate: Tensor<S>, alpha: S, limit: S)
    throws(CrosswalkError)
  {
    let sigmoid = try Tensor<S>(shape: gate.shape)
    for place in 0..<gate.count {
      gate.elements[place] = min(gate.elements[place], limit)
      sigmoid.elements[place] = alpha * gate.elements[place]
    }
    NumberFunction(.sigmoid).apply(to: sigmoid)
    for place in 0..<up.count {
      let plain = min(max(up.elements[place], -limit), limit)
      up.elements[place] = (plain + 1) * gate.elements[place] * sigmoid.elements[place]
    }
  }
}
