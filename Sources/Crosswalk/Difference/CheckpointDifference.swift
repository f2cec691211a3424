import Architectures
import Containers
import Diagnostics
import Documents
import Families
import Reports
import Tensors

/// One of two checkpoints to compare: understood as a model, or just its tensors.
struct CheckpointSide {
  let path: String
  let tensors: TensorTable
  let model: ModelCheckpoint?
  /// Why it is not understood as a model.
  var reason: String?

  /// What is wrong with a checkpoint that is sound, but of no family or not enough said of it.
  private static let foreign: [CrosswalkError.Kind] = [
    .unsupported, .ambiguous, .invalidConfig, .incompleteMapping,
  ]

  /// Understands a checkpoint, as far as that goes.
  ///
  /// - Throws: whatever opening meets; what understanding meets only where the options ask for it.
  init(_ path: String, _ options: ModelCheckpoint.Options) throws(CrosswalkError) {
    // What is left over or missing is this comparison's to tell.
    var lenient = options
    (lenient.allowsMissing, lenient.allowsUnmapped, lenient.areShared) = (true, true, true)
    do throws(CrosswalkError) {
      self.init(try ModelCheckpoint(opening: path, options: lenient))
    } catch {
      let isForeign = Self.foreign.contains(error.kind)
      guard isForeign, options.family == nil, options.overrides.isEmpty else { throw error }
      let checkpoint = try Checkpoint(
        opening: path, config: options.config, options: options.reading)
      self.init(path, checkpoint.contents.tensors, reason: error.message)
    }
  }

  private init(_ path: String, _ tensors: TensorTable, reason: String) {
    self.path = path
    self.tensors = tensors
    self.reason = reason
    model = nil
  }

  init(_ model: ModelCheckpoint) {
    path = model.checkpoint.path
    tensors = model.checkpoint.contents.tensors
    self.model = model
  }
}

/// The comparison of two checkpoints: by our names where both are models, else by their own.
struct CheckpointDifference {
  private let a: CheckpointSide
  private let b: CheckpointSide
  private let comparator: Comparator
  private var pairs: [Comparand] = []
  private var missing: [String] = []
  private var unexpected: [String] = []
  private var notes: [String] = []
  private var differs = false

  init(_ a: CheckpointSide, _ b: CheckpointSide, tolerance: Tolerance?) throws(CrosswalkError) {
    (self.a, self.b) = (a, b)
    comparator = Comparator(yardstick: tolerance.map(Yardstick.given) ?? .equality)
    if let model = a.model, let reference = b.model {
      pair(model.parameters, reference.parameters, as: "parameter")
      pairLeftovers(model, reference)
      pair(Self.compared(of: model), Self.compared(of: reference), as: "tensor")
      compareArchitectures(model.architecture, reference.architecture)
      noteIgnored(model, reference)
    } else {
      noteRawNames()
      pair(a.tensors, b.tensors, as: "tensor")
    }
  }

  /// Compares all pairs.
  func report(_ observer: any Observer) throws(CrosswalkError) -> DifferenceReport {
    let total = pairs.reduce(0) { $0 &+ $1.reference.byteCount }
    observer.observe(.began(activity: "Comparing", total: total, unit: .bytes))
    defer { observer.observe(.finished) }
    var rows: [DifferenceReport.Row] = []
    for pair in pairs {
      rows.append(try comparator.row(pair))
      observer.observe(.advanced(by: pair.reference.byteCount, item: pair.name))
    }
    var report = DifferenceReport(
      subject: "\(a.path) against \(b.path)", rows: rows, missing: missing,
      unexpected: unexpected, notes: notes)
    if differs { report.verdict = .differs }
    return report
  }

  // MARK: names

  private mutating func pair(_ ours: TensorTable, _ theirs: TensorTable, as role: String) {
    for (name, reference) in theirs {
      if let tensor = ours[name] {
        add(name, role, tensor, reference)
      } else if let twin = twin(of: name, in: theirs, besides: ours), let tensor = ours[twin] {
        add(name, role, tensor, reference)
        notes.append("'\(name)' is a tied copy of '\(twin)', which alone is in \(a.path).")
      } else {
        missing.append(name)
      }
    }
    for name in ours.names where theirs[name] == nil {
      if let twin = twin(of: name, in: ours, besides: theirs), let reference = theirs[twin],
        let tensor = ours[name]
      {
        add(name, role, tensor, reference)
        notes.append("'\(name)' is a tied copy of '\(twin)', which alone is in \(b.path).")
      } else {
        unexpected.append(name)
      }
    }
  }

  private mutating func add(
    _ name: String, _ role: String, _ tensor: StoredTensor, _ reference: StoredTensor
  ) {
    let axes = AxisNames.ofParameter(rank: reference.shape.count)
    pairs.append(
      Comparand(name: name, role: role, axes: axes, tensor: tensor, reference: reference))
  }

  /// Another name of the same stored tensor that the other side has, too.
  private func twin(of name: String, in table: TensorTable, besides other: TensorTable) -> String? {
    guard let storage = table[name]?.storage else { return nil }
    return table.names.first {
      $0 != name && other[$0] != nil && table[$0]?.storage == storage
    }
  }

  /// Tensors that no rule of the family takes go by their own names.
  private mutating func pairLeftovers(_ model: ModelCheckpoint, _ reference: ModelCheckpoint) {
    func leftovers(_ side: CheckpointSide, _ model: ModelCheckpoint) -> TensorTable {
      var table = TensorTable()
      for (name, _) in model.account.unused {
        // The names are distinct: they come from one table.
        if let tensor = side.tensors[name] { try? table.append(name, tensor) }
      }
      return table
    }
    pair(leftovers(a, model), leftovers(b, reference), as: "tensor")
  }

  /// What is no weight, and yet what a checkpoint says.
  private static func compared(of model: ModelCheckpoint) -> TensorTable {
    var table = TensorTable()
    for (name, tensor) in model.kept where model.crossing?.compares(name) ?? false {
      // The names are distinct: they come from one table.
      try? table.append(name, tensor)
    }
    return table
  }

  // MARK: notes

  private mutating func compareArchitectures(_ ours: Architecture, _ theirs: Architecture) {
    var differences = JSONDifferences()
    for key in ["inputs", "nodes", "outputs"] {
      differences.compare(ours.source[key] ?? .null, theirs.source[key] ?? .null, "/" + key)
    }
    guard !differences.lines.isEmpty else { return }
    differs = true
    notes.append("The architectures differ: \(differences.lines.joined(separator: "; ")).")
  }

  private mutating func noteIgnored(_ model: ModelCheckpoint, _ reference: ModelCheckpoint) {
    for (side, model) in [(a, model), (b, reference)] {
      for (name, fate) in model.account.tensors {
        guard case .ignored(let reason) = fate else { continue }
        if model.crossing?.compares(name) ?? false { continue }
        notes.append("Not compared: '\(name)' in \(side.path), \(reason).")
      }
    }
  }

  private mutating func noteRawNames() {
    let reasons = [a, b].compactMap { side in side.reason.map { "\(side.path): \($0)" } }
    notes.append(
      "Compared by the names in the files, as not both are understood as models "
        + "(\(reasons.joined(separator: "; "))).")
  }
}

/// The places where two JSON values differ, the first few of them.
struct JSONDifferences {
  private(set) var lines: [String] = []
  static let limit = 5

  /// Compares two values at a place; they are no deeper than a document may be.
  mutating func compare(_ a: JSON, _ b: JSON, _ pointer: String) {
    guard lines.count < JSONDifferences.limit else { return }
    switch (a, b) {
    case (.object(let x), .object(let y)):
      for key in x.keys + y.keys.filter({ x[$0] == nil }) {
        compare(x[key] ?? .null, y[key] ?? .null, "\(pointer)/\(key)")
      }
    case (.array(let x), .array(let y)) where x.count == y.count:
      for (index, (p, q)) in zip(x, y).enumerated() { compare(p, q, "\(pointer)/\(index)") }
    default:
      let isEqual = a == b || a.doubleValue != nil && a.doubleValue == b.doubleValue
      if !isEqual { lines.append("\(pointer) is \(words(a)) against \(words(b))") }
    }
  }

  private func words(_ value: JSON) -> String {
    if let elements = value.arrayValue { return "a list of \(elements.count)" }
    return value.objectValue == nil ? value.text(indented: false) : "an object"
  }
}
