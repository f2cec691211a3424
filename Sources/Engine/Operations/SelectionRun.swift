import Architectures
import Diagnostics
import Tensors

extension Select: Rearrangement {
  func rearranged<Element>(_ tensor: Tensor<Element>) throws(CrosswalkError) -> Tensor<Element> {
    let position = try axisPosition(axis, of: tensor.shape.count)
    let extent = tensor.shape[position]
    let chosen = index < 0 ? index + extent : index
    guard (0..<extent).contains(chosen) else {
      throw CrosswalkError(
        .invalidInput, "an index beyond the axis", expected: "below \(extent)", found: "\(index)")
    }
    var (shape, strides) = (tensor.shape, Shape.strides(tensor.shape))
    shape.remove(at: position)
    let step = strides.remove(at: position)
    return try tensor.strided(shape, by: strides, from: chosen * step)
  }
}

extension PickToken: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")  // (batch, sequence, width)
    let ids = try call.integer("ids")  // (batch, sequence)
    guard ids.shape.count == 2, input.shape.count == 3, Array(input.shape.prefix(2)) == ids.shape,
      ids.shape[1] > 0
    else {
      throw CrosswalkError(
        .invalidInput, "ids of another batch or length than what was made from them",
        expected: "\(input.shape.prefix(2))", found: "\(ids.shape)")
    }
    let (length, width) = (input.shape[1], input.width)
    let result = try Tensor<S>(shape: [input.shape[0], width])
    for row in 0..<input.shape[0] {
      let own = Array(ids.elements[(row * length)..<((row + 1) * length)])
      guard let place = find(in: own) else {
        throw CrosswalkError(
          .invalidInput, "a row of ids without the token that is looked for",
          expected: token.map { "the id \($0)" }, found: "none in row \(row)")
      }
      let start = (row * length + place) * width
      result.write(input.elements[start..<(start + width)], at: row * width)
    }
    return Outcome(result)  // (batch, width)
  }

  private var token: Int? { if case .token(let id) = counting { id } else { nil } }

  /// Where the token stands; nil when it has to be there and is not.
  private func find(in ids: [Int]) -> Int? {
    let counted =
      switch counting {
      case .all: Array(ids.indices)
      case .token(let token): ids.indices.filter { ids[$0] == token }
      case .exceptPadding(let padding): ids.indices.filter { ids[$0] != padding }
      }
    if counted.isEmpty {
      if case .exceptPadding = counting { return 0 }
      return isRequired ? nil : 0
    }
    return switch position {
    case .first: counted.first
    case .last: counted.last
    case .largest: counted.max { (ids[$0], $1) < (ids[$1], $0) }
    }
  }
}

extension Permute: Rearrangement {
  func rearranged<Element>(_ tensor: Tensor<Element>) throws(CrosswalkError) -> Tensor<Element> {
    try tensor.permuted(order(of: tensor.shape.count))
  }
}

extension Tensor {
  /// The tensor with its axes in another order: for each axis of the result, that of this.
  func permuted(_ axes: [Int]) throws(CrosswalkError) -> Tensor {
    guard axes.sorted() == Array(shape.indices) else {
      throw CrosswalkError(.invalidInput, "not an order of the input's axes")
    }
    guard axes != Array(shape.indices) else { return self }
    let strides = Shape.strides(shape)
    return try strided(axes.map { shape[$0] }, by: axes.map { strides[$0] })
  }
}
