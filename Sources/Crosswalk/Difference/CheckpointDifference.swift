import Architectures
import Diagnostics
import Documents
import Families
import Reports
import Tensors

/// The comparison of two checkpoints: by our names where both are models, else by their own.
struct CheckpointDifference {
  private let a: CheckpointSide
  private let b: CheckpointSide
  private let tolerance: Tolerance?
  private var pairs: [Comparand] = []
  private var missing: [String] = []
  private var unexpected: [String] = []
  private var notes: [String] = []
  private var differs = false
  private var tied: Set<String> = []

  init(_ a: CheckpointSide, _ b: CheckpointSide, tolerance: Tolerance?) throws(CrosswalkError) {
    (self.a, self.b) = (a, b)
    self.tolerance = tolerance
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

  /// Compares all pairs, and looks for what has no counterpart of its name by what it holds.
  ///
  /// - Throws: whatever reading meets.
  func report(_ observer: any Observer) throws(CrosswalkError) -> DifferenceReport {
    var relations = CheckpointRelations(
      Comparator(yardstick: tolerance.map(Yardstick.given) ?? .equality), tied: tied,
      sources: (a.sources, b.sources))
    try relations.compare(pairs, observer)
    try relations.search(
      unexpected: tensors(unexpected, of: a), missing: tensors(missing, of: b), observer)
    var report = DifferenceReport(
      subject: "\(a.path) against \(b.path)", rows: relations.rows,
      missing: missing.filter { !relations.foundMissing.contains($0) },
      unexpected: unexpected.filter { !relations.foundUnexpected.contains($0) },
      notes: notes + relations.notes)
    if differs { report.verdict = .differs }
    report.notes += try copies(report.missing, of: b) + copies(report.unexpected, of: a)
    report.blocks = try relations.blocks()
    return report
  }

  /// Of names that one side alone has, those that hold what another name there holds, as tied weights
  /// that were saved twice.
  private func copies(_ names: [String], of side: CheckpointSide) throws(CrosswalkError) -> [String]
  {
    let table = side.model?.parameters ?? side.tensors
    var notes: [String] = []
    for name in names {
      guard let tensor = table[name], tensor.count > 1 else { continue }
      let start = 0..<min(tensor.count, 1024)
      for (other, twin) in table where other != name && !names.contains(other) {
        guard twin.dtype == tensor.dtype, twin.shape == tensor.shape,
          try twin.bytes(start) == tensor.bytes(start),
          try TensorPair(twin, tensor).isSameBytes(), try Content(of: tensor)?.isConstant == false
        else { continue }
        notes.append("'\(name)' holds what '\(other)' holds, in \(side.path): tied, it seems.")
        break
      }
    }
    return notes
  }

  private func tensors(_ names: [String], of side: CheckpointSide) -> TensorTable {
    var table = TensorTable()
    for name in names {
      // The names are distinct: they come from one table.
      if let tensor = side.model?.parameters[name] ?? side.tensors[name] {
        try? table.append(name, tensor)
      }
    }
    return table
  }

  // MARK: names

  private mutating func pair(_ ours: TensorTable, _ theirs: TensorTable, as role: String) {
    for (name, reference) in theirs {
      if let tensor = ours[name] {
        add(name, role, tensor, reference)
      } else if let twin = twin(of: name, in: theirs, besides: ours), let tensor = ours[twin] {
        add(name, role, tensor, reference)
        tied.insert(name)
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
        tied.insert(name)
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
    guard !reasons.isEmpty else {
      notes.append("Compared by the names in the files.")
      return
    }
    notes.append(
      "Compared by the names in the files, as not both are understood as models "
        + "(\(reasons.joined(separator: "; "))).")
  }
}
