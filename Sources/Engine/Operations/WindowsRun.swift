import Architectures
import Diagnostics

extension WindowMask: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let shape = try call.value("input").shape
    let length = shape[1]
    let global = try call.optional("global").map { mask throws(CrosswalkError) in
      try flags(mask, shape: Array(shape.prefix(2)))
    }
    let result = try Tensor<S>(shape: [global == nil ? 1 : shape[0], 1, length, length])
    for row in 0..<result.shape[0] {
      for query in 0..<length {
        let first = before.map { max(0, query - $0) } ?? 0
        let last = after.map { min(length - 1, query + min($0, length)) } ?? length - 1
        let start = (row * length + query) * length
        for key in 0..<length {
          let isSeen = (first...last).contains(key) || global?[row * length + key] == true
          result.elements[start + key] = isSeen ? 0 : -S.infinity
        }
      }
    }
    return Outcome(result)
  }
}

extension Choose: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let (yes, no) = (try call.value("yes"), try call.value("no"))
    let values = try broadcast([yes.shape, no.shape])
    let mask = try call.value("mask").truths()
    let missing = Array(repeating: 1, count: max(0, values.count - mask.shape.count))
    let flags = Tensor(mask, shape: mask.shape + missing)
    let shape = try broadcast([values, flags.shape])
    let chosen = try flags.broadcast(to: shape)
    if case (.integer(let yes), .integer(let no)) = (yes, no) {
      return Outcome(.integer(try choose(chosen, yes, no)))
    }
    return Outcome(try choose(chosen, yes.numbers(), no.numbers()))
  }

  private func choose<Element>(_ flags: Tensor<Int>, _ yes: Tensor<Element>, _ no: Tensor<Element>)
    throws(CrosswalkError) -> Tensor<Element>
  {
    let result = try no.broadcast(to: flags.shape).copy()
    put(try yes.broadcast(to: flags.shape), flags, into: result)
    return result
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Int)
  private func put<Element>(
    _ yes: Tensor<Element>, _ flags: Tensor<Int>, into result: Tensor<Element>
  ) {
    for place in 0..<result.count where flags.elements[place] != 0 {
      result.elements[place] = yes.elements[place]
    }
  }
}

extension FirstGiven: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    Outcome(try call.value("input"))
  }
}

extension ShiftRight: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let ids = try call.integer("input")  // (batch, sequence)
    guard ids.shape.count == 2 else {
      throw CrosswalkError(
        .invalidInput, "ids with the wrong number of axes", expected: "batch, sequence",
        found: "the shape \(ids.shape)")
    }
    let result = try ids.copy()
    if let padding {
      for place in 0..<result.count where result.elements[place] == -100 {
        result.elements[place] = padding
      }
    }
    let length = ids.width
    for row in 0..<result.rows {
      let line = row * length..<(row + 1) * length
      let last = line.last { result.elements[$0] != padding }
      guard let first = start ?? last.map({ result.elements[$0] }) else {
        throw CrosswalkError(
          .invalidInput, "a row of nothing but padding", found: "row \(row)",
          remedy: "give the decoder's ids")
      }
      for place in line.dropFirst().reversed() {
        result.elements[place] = result.elements[place - 1]
      }
      result.elements[line.lowerBound] = first
    }
    return Outcome(.integer(result))
  }
}

/// Which entries of a mask are not 0.
private func flags<S: Scalar>(_ mask: Value<S>, shape: [Int]) throws(CrosswalkError) -> [Bool] {
  guard mask.shape == shape else {
    throw CrosswalkError(
      .invalidInput, "a mask of another shape than what it is for", expected: "\(shape)",
      found: "\(mask.shape)")
  }
  return switch mask {
  case .floating(let numbers): numbers.elements.map { $0 != 0 }
  case .integer(let counts): counts.elements.map { $0 != 0 }
  }
}
