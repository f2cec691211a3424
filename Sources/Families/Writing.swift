public import Diagnostics
import Documents
public import Tensors

extension Crossing {
  /// Our parameters as the tensors that a checkpoint of this dialect has.
  ///
  /// Of a rule's spellings the one that the checkpoint was read with is written, else the first.
  /// Copies of tied weights are left out, as the frameworks leave them out.
  ///
  /// - Parameter recorded: the names that the checkpoint had when it was read, if it was of this
  ///   dialect.
  /// - Throws: `incompleteMapping` naming the parameters that no rule writes.
  public func write(_ parameters: TensorTable, recorded: [String] = []) throws(CrosswalkError)
    -> TensorTable
  {
    if let refusal = dialect.refusal {
      throw CrosswalkError(
        .unsupported, refusal, remedy: "convert it --to native, or another dialect")
    }
    guard dialect.spelling == nil else {
      throw CrosswalkError(
        .unsupported, "names of '\(dialect.name)' are written only as they came",
        remedy: "convert with --to source what was read so, or choose another dialect")
    }
    var spellings: [SlotKey: String] = [:]
    for name in recorded {
      if let (row, slot) = try row(of: name) { spellings[SlotKey(row: row, slot: slot)] = name }
    }
    var written = TensorTable()
    var taken: Set<String> = []
    for parameter in parameters.names where !taken.contains(parameter) {
      guard let row = try row(writing: parameter) else { continue }
      let (tensors, parts) = try write(row, parameters)
      for (number, (slot, tensor)) in zip(try slots(of: row), tensors).enumerated() {
        let first = try slot.pattern.name(slot.indices, prefix: prefix)
        try written.append(spellings[SlotKey(row: row, slot: number)] ?? first, tensor)
      }
      taken.formUnion(parts)
    }
    let left = parameters.names.filter { !taken.contains($0) }
    guard left.isEmpty else {
      throw CrosswalkError(
        .incompleteMapping,
        "no rule of '\(family.name)' writes these parameters as \(dialect.name): "
          + left.prefix(8).joined(separator: ", "))
    }
    try writeZeros(to: &written)
    return written
  }

  /// Adds what the framework has and the model makes no use of.
  private func writeZeros(to written: inout TensorTable) throws(CrosswalkError) {
    let dtype = written.first { _, tensor in tensor.dtype.isFloating }?.1.dtype ?? .f32
    for rule in rules {
      guard case .ignored(_, let shape?) = rule.fate else { continue }
      let name = try rule.theirs[0].name([:], prefix: prefix)
      guard written[name] == nil else { continue }
      let sizes = try shape.sizes(in: environment)
      let zeros = [Float](repeating: 0, count: try Shape.count(sizes))
      try written.append(name, StoredTensor(zeros, shape: sizes).cast(to: dtype))
    }
  }

  /// Our parameters as the very tensors that a checkpoint had when it was read.
  ///
  /// - Parameters:
  ///   - names: the names it had, in order.
  ///   - kept: the tensors that were no weights, kept aside by name.
  /// - Throws: `incompleteMapping` when a name cannot be made again.
  func restore(_ names: [String], from parameters: TensorTable, kept: TensorTable)
    throws(CrosswalkError) -> TensorTable
  {
    var made: [String: StoredTensor] = [:]
    // A row is run backwards once; its spellings are the recorded ones, whichever of a choice.
    var recorded: [Row: [(slot: Int, name: String)]] = [:]
    for name in names {
      if let tensor = kept[name] {
        made[name] = tensor
        continue
      }
      guard let (row, slot) = try row(of: name) else { throw cannotRestore(name) }
      if case .tied(let pattern) = rules[row.rule].fate {
        made[name] = parameters[try pattern.name(row.indices, prefix: prefix)]
      } else {
        recorded[row, default: []].append((slot, name))
      }
    }
    for (row, spellings) in recorded {
      let (tensors, _) = try write(row, parameters)
      for (slot, name) in spellings where tensors.indices.contains(slot) {
        made[name] = tensors[slot]
      }
    }
    var restored = TensorTable()
    for name in names {
      guard let tensor = made[name] else { throw cannotRestore(name) }
      try restored.append(name, tensor)
    }
    return restored
  }

  /// The names that a checkpoint of this dialect may have for the source of a parameter.
  func sources(of parameter: String) -> [String] {
    guard let row = try? row(writing: parameter) else { return [] }
    let slots = (try? slots(of: row)) ?? []
    return slots.compactMap { try? $0.pattern.name($0.indices, prefix: prefix) }
  }

  func cannotRestore(_ name: String) -> CrosswalkError {
    CrosswalkError(
      .incompleteMapping, "the tensor cannot be made again from the parameters",
      at: Place(.tensor(name)),
      remedy: "write it with --to \(dialect.name) instead of --to source")
  }

  private func row(writing parameter: String) throws(CrosswalkError) -> Row? {
    for (number, rule) in rules.enumerated() {
      guard case .mapped(let ours, _) = rule.fate else { continue }
      for pattern in ours {
        if let indices = pattern.match(parameter, prefix: prefix) {
          return Row(rule: number, indices: indices)
        }
      }
    }
    return nil
  }

  /// Runs one row backwards.
  private func write(_ row: Row, _ parameters: TensorTable) throws(CrosswalkError) -> (
    tensors: [StoredTensor], parts: [String]
  ) {
    let rule = rules[row.rule]
    guard case .mapped(let ours, let steps) = rule.fate else { return ([], []) }
    let parts = try names(ours, row)
    var current: [StoredTensor] = []
    for part in parts {
      guard let tensor = parameters[part] else {
        throw CrosswalkError(
          .missingTensor, "the parameter is needed to write '\(rule.label)'",
          at: Place(.tensor(part)))
      }
      current.append(tensor)
    }
    for step in steps.reversed() {
      current = try step.invert(current, in: environment.with(row.indices))
    }
    return (current, parts)
  }
}

/// One name of one row.
private struct SlotKey: Hashable {
  let row: Row
  let slot: Int
}
