import Architectures
import Diagnostics
import Documents
import Engine
import Reports
import Tensors

/// One positional encoding of an architecture, and every node that uses it.
struct PositionEncoding {
  /// The first node's name.
  let name: String
  /// The other nodes that use the same.
  private(set) var sharers: [String] = []
  private let form: Form

  /// How an encoding is made.
  fileprivate enum Form {
    case learned(parameter: String, offset: Int)
    case sinusoidal(SinusoidalPositions)
    case relative(RelativeEncoding)
    case rows(StoredRows)
  }

  /// The encodings in graph order.
  static func all(of architecture: Architecture) -> [PositionEncoding] {
    var encodings: [PositionEncoding] = []
    for node in architecture.nodes {
      guard let form = form(of: node, in: architecture) else { continue }
      if let known = encodings.firstIndex(where: { $0.form.isSame(as: form) }) {
        encodings[known].sharers.append(node.name)
      } else {
        encodings.append(PositionEncoding(name: node.name, form: form))
      }
    }
    return encodings
  }

  private init(name: String, form: Form) {
    self.name = name
    self.form = form
  }

  /// The one place that knows which operations encode positions.
  private static func form(of node: Node, in architecture: Architecture) -> Form? {
    switch node.operation {
    case let learned as LearnedPositions:
      guard let weight = node.parameters.first(where: { $0.role == "weight" }) else { return nil }
      return .learned(parameter: weight.name, offset: learned.offset)
    case let waves as SinusoidalPositions: return .sinusoidal(waves)
    default:
      return RelativeEncoding(node).map { .relative($0) }
        ?? StoredRows(node, in: architecture).map { .rows($0) }
    }
  }

  /// The table.
  ///
  /// - Parameters:
  ///   - count: how many positions are wanted, nil for all.
  ///   - longest: how many there are where the encoding itself has no end.
  func table(of parameters: TensorTable, count: Int?, longest: Int) throws(CrosswalkError)
    -> PositionsReport.Table
  {
    switch form {
    case .learned(let parameter, let offset):
      guard let tensor = parameters[parameter] else {
        throw CrosswalkError(
          .missingTensor, "no tensor fills the parameter", at: Place(.tensor(parameter)))
      }
      do throws(CrosswalkError) {
        return try learned(tensor, from: offset, count: count)
      } catch { throw error.inside(.tensor(parameter)) }
    case .sinusoidal(let waves): return try sinusoidal(waves, count: count ?? longest)
    case .relative(let encoding):
      return try encoding.table(
        name: name, of: parameters, count: count.map { max(0, $0) }, longest: longest,
        notes: sharing)
    case .rows(let rows):
      return try rows.table(name: name, of: parameters, count: count, notes: sharing)
    }
  }

  private func learned(_ tensor: StoredTensor, from offset: Int, count: Int?)
    throws(CrosswalkError) -> PositionsReport.Table
  {
    guard tensor.shape.count == 2, tensor.dtype.isFloating, offset <= tensor.shape[0] else {
      throw CrosswalkError(
        .wrongShape, "not a table of positions", expected: "floating point, (positions, width)",
        found: "\(tensor.dtype.rawValue) \(tensor.shape)")
    }
    let width = tensor.shape[1]
    let rows = min(max(0, count ?? .max), tensor.shape[0] - offset)
    var values = [Float](repeating: 0, count: rows * width)
    let numbers = try tensor.cast(to: .f32)
    try values.withUnsafeMutableBufferPointer { (buffer) throws(CrosswalkError) in
      try numbers.read(
        offset * width..<(offset + rows) * width, into: UnsafeMutableRawBufferPointer(buffer))
    }
    var notes = sharing
    if offset > 0 { notes.append("Position 0 is row \(offset) of the stored table.") }
    if rows < tensor.shape[0] - offset {
      notes.append("The first \(rows) of \(tensor.shape[0] - offset) positions.")
    }
    let found = PositionFormula.matching(values, width: width)
    if let (formula, distance) = found {
      notes.append(
        "The sinusoidal formula gives these values: \(formula.description); the largest difference "
          + "is \(distance).")
    }
    return try PositionsReport.Table(
      name: name, kind: "learned", positions: rows, width: width, values: values, notes: notes,
      settings: JSONObject([
        ("stored_positions", .integer(Int64(tensor.shape[0]))), ("offset", .integer(Int64(offset))),
      ]),
      formula: found.map { $0.formula.json(distance: $0.distance) })
  }

  private func sinusoidal(_ waves: SinusoidalPositions, count: Int) throws(CrosswalkError)
    -> PositionsReport.Table
  {
    let count = max(0, count)
    let size = try Self.size(count: count, width: waves.width)
    var values: [Float] = []
    values.reserveCapacity(size)
    for position in 0..<count {
      for dimension in 0..<waves.width {
        values.append(Float(waves.wave(position: position + waves.offset, dimension: dimension)))
      }
    }
    let formula = PositionFormula(
      layout: waves.layout, exponent: waves.exponent == .width ? .width : .pairs,
      startsWithCosine: false, start: waves.offset,
      base: waves.base)
    return try PositionsReport.Table(
      name: name, kind: "sinusoidal", positions: count, width: waves.width, values: values,
      notes: sharing + ["Computed: \(formula.description)."], formula: formula.json())
  }

  /// How many numbers a table has; what its shape asks for is checked before memory is.
  ///
  /// - Throws: `tooLarge`.
  static func size(count: Int, width: Int) throws(CrosswalkError) -> Int {
    let (size, overflow) = count.multipliedReportingOverflow(by: width)
    guard !overflow, size <= 1 << 28 else {
      throw CrosswalkError(
        .tooLarge, "a table of too many positions", expected: "at most \((1 << 28) / width)",
        found: "\(count)", remedy: "ask for fewer")
    }
    return size
  }

  private var sharing: [String] {
    sharers.isEmpty ? [] : ["The same for \(sharers.joined(separator: ", "))."]
  }
}

extension PositionEncoding.Form {
  /// Whether both make the same table.
  fileprivate func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.learned(let a, let i), .learned(let b, let j)): a == b && i == j
    case (.sinusoidal(let a), .sinusoidal(let b)):
      a == b
    case (.relative(let a), .relative(let b)): a == b
    case (.rows(let a), .rows(let b)): a == b
    default: false
    }
  }
}
