public import Documents

extension PyTorch {
  /// Anything is held, as it is.
  public static func hold(_ facts: JSONObject, losing lost: inout [String]) -> JSON {
    .object(facts)
  }

  /// What the file held is not lost where the text that says all of it is held; where it is not,
  /// names still tell which tensor stood where.
  public static func settle(_ carried: inout Carried, of facts: JSONObject) {
    guard facts[TorchStructure.key] != nil else { return }
    if carried.lost.contains(TorchStructure.key) {
      carried.lost.removeAll { $0 == TorchStructure.key }
      carried.dropped.append(TorchStructure.key)
    } else {
      let held = Set((facts["values"]?.objectValue?.keys ?? []) + ["values"])
      carried.lost.removeAll(where: held.contains)
    }
  }

  /// The objects that can only be described.
  public static func losses(in metadata: JSON) -> [String] {
    TorchStructure(in: metadata)?.objects ?? []
  }
}
