import Architectures
import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Reduce: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let value = try call.value("input")
    let positions = try positions(of: value.shape.count)
    let kept = value.shape.indices.filter { !positions.contains($0) }
    let width = positions.map { value.shape[$0] }.reduce(1, *)
    var shape = value.shape
    for position in positions.reversed() {
      if keep { shape[position] = 1 } else { shape.remove(at: position) }
    }
    // The axes that disappear last, so that each result is of one row.
    let mask = try mask(call, value.shape)?.permuted(kept + positions)
    if case .integer(let ids) = value, mask == nil, function.keepsIds {
      let rows = try ids.permuted(kept + positions)
      let result = try Tensor<Int>(shape: shape)
      for row in 0..<result.count {
        result.elements[row] = try combined(rows.elements[(row * width)..<((row + 1) * width)])
      }
      return Outcome(.integer(result))
    }
    let rows = try value.numbers().permuted(kept + positions)
    let result = try Tensor<S>(shape: shape)
    guard width > 0 || function == .sum || function == .product else {
      throw CrosswalkError(.invalidInput, "an axis without a number", found: "\(value.shape)")
    }
    Workers.share(result.count, cost: width) { range in
      for row in range { result.elements[row] = reduced(rows, mask, row, width) }
    }
    guard function.findsPlace || function.keepsIds, isInteger(value) || function.findsPlace else {
      return Outcome(result)
    }
    let places = try Tensor<Int>(shape: shape)
    for row in 0..<result.count { places.elements[row] = Int(exactly: result.elements[row]) ?? 0 }
    return Outcome(.integer(places))
  }

  private func isInteger<S: Scalar>(_ value: Value<S>) -> Bool {
    if case .integer = value { true } else { false }
  }

  /// The mask with a number for each of the input's.
  private func mask<S: Scalar>(_ call: Call<S>, _ shape: [Int]) throws(CrosswalkError)
    -> Tensor<S>?
  {
    guard let mask = try call.optional("mask")?.numbers() else { return nil }
    let fits = zip(mask.shape, shape).allSatisfy { $0 == $1 || $0 == 1 }
    guard mask.shape.count <= shape.count, fits else {
      throw CrosswalkError(
        .invalidInput, "a mask of another shape than what it is over", expected: "\(shape)",
        found: "\(mask.shape)")
    }
    let ones = Array(repeating: 1, count: shape.count - mask.shape.count)
    return try Tensor(mask, shape: mask.shape + ones).broadcast(to: shape)
  }

  private func combined(_ ids: Slice<UnsafeMutableBufferPointer<Int>>) throws(CrosswalkError) -> Int
  {
    switch function {
    case .sum: return ids.reduce(0, &+)
    case .product: return ids.reduce(1, &*)
    default:
      guard let found = function == .maximum ? ids.max() : ids.min() else {
        throw CrosswalkError(.invalidInput, "an axis without a number")
      }
      return found
    }
  }

  /// What one row makes; sums are of binary64.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func reduced<S: Scalar>(_ rows: Tensor<S>, _ mask: Tensor<S>?, _ row: Int, _ width: Int)
    -> S
  {
    let range = row * width..<(row + 1) * width
    func weight(_ place: Int) -> S { mask.map { $0.elements[place] } ?? 1 }
    func sum(_ term: (S) -> Double) -> (sum: Double, weight: Double) {
      var (total, weights) = (0.0, 0.0)
      // What is hidden counts for nothing, even if it is no number.
      for place in range {
        let weight = weight(place)
        guard weight != 0 else { continue }
        total += Double(weight) * term(rows.elements[place])
        weights += Double(weight)
      }
      return (total, weights)
    }
    func mean(_ term: (S) -> Double) -> Double {
      let (total, weights) = sum(term)
      return weights == 0 ? 0 : total / weights
    }
    func extreme(_ isBetter: (S, S) -> Bool, from start: S) -> (value: S, place: Int) {
      var best: (value: S, place: Int)?
      for place in range where weight(place) != 0 {
        let value = rows.elements[place]
        if best.map({ isBetter(value, $0.value) || (value.isNaN && !$0.value.isNaN) }) ?? true {
          best = (value, place - range.lowerBound)
        }
      }
      return best ?? (start, 0)
    }
    switch function {
    case .sum: return S(sum(Double.init).sum)
    case .mean: return S(mean(Double.init))
    case .product:
      return S(range.reduce(1.0) { weight($1) == 0 ? $0 : $0 * Double(rows.elements[$1]) })
    case .variance:
      let middle = mean(Double.init)
      return S(mean { (Double($0) - middle) * (Double($0) - middle) })
    case .logsumexp:
      let largest = extreme(>, from: -S.infinity).value
      guard largest.isFinite else { return largest }
      return largest + S(log(sum { exp(Double($0 - largest)) }.sum))
    case .maximum: return extreme(>, from: -S.infinity).value
    case .minimum: return extreme(<, from: S.infinity).value
    case .argmax: return S(extreme(>, from: 0).place)
    case .argmin: return S(extreme(<, from: 0).place)
    }
  }
}

extension Pool: Executable {
  func run<S: Scalar>(_ call: Call<S>) throws(CrosswalkError) -> Outcome<S> {
    let input = try call.floating("input")
    let (channels, extents) = try self.channels.split(input.shape, axes: window.kernel.count)
    let geometry = try SlidingGeometry(window, input: extents)
    let shape = Array(geometry.output.suffix(extents.count))
    let output = try Tensor<S>(shape: self.channels.joined(input.shape[0], channels, shape))
    let from = ChannelLayout(self.channels, channels: channels, volume: geometry.volume)
    let to = ChannelLayout(self.channels, channels: channels, volume: geometry.places)
    guard let x = input.elements.baseAddress, let y = output.elements.baseAddress,
      output.count > 0
    else { return Outcome(output) }
    let divisors = function == .average ? divisors(geometry) : []
    Workers.share(input.shape[0] * channels, cost: 2 * geometry.places * geometry.taps) { items in
      for item in items {
        let (row, channel) = item.quotientAndRemainder(dividingBy: channels)
        pool(
          x + row * from.batch + channel * from.channel, from.place,
          y + row * to.batch + channel * to.channel, to.place, geometry, divisors)
      }
    }
    return Outcome(output)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func pool<S: Scalar>(
    _ x: UnsafeMutablePointer<S>, _ from: Int, _ y: UnsafeMutablePointer<S>, _ to: Int,
    _ geometry: SlidingGeometry, _ divisors: [Int]
  ) {
    let step = geometry.stride[2] * from
    for place in 0..<geometry.places { y[place * to] = function == .maximum ? -S.infinity : 0 }
    geometry.eachRun(0..<geometry.places) { place, count, _, line, first in
      guard let line else { return }
      let source = x + (line + first) * from
      for number in geometry.inside(first, count) {
        let (value, target) = (source[number * step], y + (place + number) * to)
        if function == .average {
          target.pointee += value
        } else if value > target.pointee || value.isNaN {
          target.pointee = value
        }
      }
    }
    for (place, divisor) in divisors.enumerated() { y[place * to] /= S(divisor) }
  }

  /// By what each place's sum is divided.
  private func divisors(_ geometry: SlidingGeometry) -> [Int] {
    (0..<geometry.places).map { place in
      var (rest, product) = (place, 1)
      for axis in [2, 1, 0] {
        let start =
          rest % geometry.output[axis] * geometry.stride[axis] - geometry.before[axis]
        rest /= geometry.output[axis]
        let seen = (0..<geometry.kernel[axis]).count { tap in
          let index = start + tap * geometry.dilation[axis]
          return countPadding
            ? index < geometry.input[axis] + geometry.after[axis]
            : index >= 0 && index < geometry.input[axis]
        }
        product *= max(1, seen)
      }
      return product
    }
  }
}
