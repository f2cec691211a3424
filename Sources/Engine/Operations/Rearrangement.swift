import Architectures
import Diagnostics
import Tensors

/// An operation that puts what flows into 'input' elsewhere, be it numbers or ids.
protocol Rearrangement: Executable {
  func rearranged<Element>(_ tensor: Tensor<Element>) throws(CrosswalkError) -> Tensor<Element>
}

extension Rearrangement {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    switch try call.value("input") {
    case .floating(let tensor): return Outcome(try rearranged(tensor))
    case .integer(let tensor): return Outcome(.integer(try rearranged(tensor)))
    }
  }
}

extension Repeat: Rearrangement {
  func rearranged<Element>(_ tensor: Tensor<Element>) throws(CrosswalkError) -> Tensor<Element> {
    let position = try axisPosition(axis, of: tensor.shape.count)
    var (shape, strides) = (tensor.shape, Shape.strides(tensor.shape))
    // The axis and its copies as two, in either order, become one.
    shape.insert(count, at: each ? position + 1 : position)
    strides.insert(0, at: each ? position + 1 : position)
    let result = try tensor.strided(shape, by: strides)
    var joined = tensor.shape
    joined[position] = result.shape[position] * result.shape[position + 1]
    return Tensor(result, shape: joined)
  }
}

extension Broadcast: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let value = try call.value("input")
    let like = try call.value("like").shape
    var shape = value.shape
    if let axes {
      for axis in axes {
        let position = try axisPosition(axis, of: min(shape.count, like.count), key: "axes")
        guard shape[position] == 1 || shape[position] == like[position] else {
          throw CrosswalkError(
            .invalidInput, "an axis that does not repeat", expected: "1 or \(like[position])",
            found: "\(shape)")
        }
        shape[position] = like[position]
      }
    } else {
      shape = try broadcast([shape, like])
    }
    switch value {
    case .floating(let tensor): return Outcome(try tensor.broadcast(to: shape))
    case .integer(let tensor): return Outcome(.integer(try tensor.broadcast(to: shape)))
    }
  }
}

extension Pad: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    switch try call.value("input") {
    case .floating(let tensor): return Outcome(try padded(tensor, S(value)))
    case .integer(let tensor):
      guard let value = Int(exactly: value) else {
        throw CrosswalkError(.invalidInput, "ids padded with a fraction", found: "\(value)")
      }
      return Outcome(.integer(try padded(tensor, value)))
    }
  }

  /// One axis after another, so that corners are made of what is made before them.
  private func padded<Element>(_ tensor: Tensor<Element>, _ filler: Element)
    throws(CrosswalkError) -> Tensor<Element>
  {
    let first = try firstAxis(of: tensor.shape.count)
    var tensor = tensor
    for (number, side) in sides.enumerated() where side.before > 0 || side.after > 0 {
      let (position, extent) = (first + number, tensor.shape[first + number])
      tensor = try tensor.taken(try padded(extent, side), along: position, else: filler) {
        place(of: $0 - side.before, extent)
      }
    }
    return tensor
  }

  /// What stands at a place before, on or after an axis; nil for the one number.
  private func place(of index: Int, _ extent: Int) -> Int? {
    guard index < 0 || index >= extent else { return index }
    return switch mode {
    case .constant: nil
    case .reflect: index < 0 ? -index : 2 * (extent - 1) - index
    case .symmetric: index < 0 ? -1 - index : 2 * extent - 1 - index
    case .replicate: index < 0 ? 0 : extent - 1
    case .circular: index < 0 ? index + extent : index - extent
    }
  }
}

extension Tensor {
  /// So many parts of an axis, each from its place, and one number where it has none.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Int)
  func taken(
    _ count: Int, along position: Int, else filler: Element, place: (Int) -> Int?
  ) throws(CrosswalkError) -> Tensor {
    var shape = shape
    let extent = shape[position]
    shape[position] = count
    let result = try Tensor(shape: shape)
    let places = (0..<count).map(place)
    let inner = shape[(position + 1)...].reduce(1, *)
    for outer in 0..<shape[..<position].reduce(1, *) {
      for (number, place) in places.enumerated() {
        let target = result.start + (outer * count + number) * inner
        if let place {
          target.update(from: start + (outer * extent + place) * inner, count: inner)
        } else {
          target.update(repeating: filler, count: inner)
        }
      }
    }
    return result
  }
}
