public import Diagnostics
public import Tensors

/// What training code puts before all of a model's names, and what it keeps beside the model.
///
/// `torch.save({"state_dict": model.state_dict(), "epoch": 3})` gives `state_dict.` before each
/// name, data-parallel training gives `module.`; the family's table knows neither.
public enum Wrapper {
  /// The wrapper of a checkpoint's names: the one under which the most names are known to the
  /// family, and none when none is needed.
  ///
  /// - Throws: `unsupported` when the family has no such dialect.
  public static func find(in tensors: TensorTable, family: Family, dialect: String)
    throws(CrosswalkError) -> String
  {
    find(in: tensors.names, try family.dialect(dialect))
  }

  /// The table with the wrapper taken off the names that have it.
  ///
  /// - Throws: `malformed` when two names become one.
  public static func remove(_ wrapper: String, from tensors: TensorTable) throws(CrosswalkError)
    -> TensorTable
  {
    try tensors.renamed { $0.hasPrefix(wrapper) ? String($0.dropFirst(wrapper.count)) : $0 }
  }

  static func inner(_ names: [String], _ dialect: Dialect) -> [String] {
    let wrapper = find(in: names, dialect)
    return names.map { $0.hasPrefix(wrapper) ? String($0.dropFirst(wrapper.count)) : $0 }
  }

  private static func find(in names: [String], _ dialect: Dialect) -> String {
    let patterns = dialect.weights.flatMap(\.theirs)
    var best = (count: 0, wrapper: "")
    for wrapper in [""] + dialect.wrappers {
      let inner = names.filter { $0.hasPrefix(wrapper) }.map { $0.dropFirst(wrapper.count) }
      let count = inner.count { name in
        patterns.contains { pattern in
          dialect.prefixes.contains { pattern.match(String(name), prefix: $0) != nil }
        }
      }
      if count > best.count { best = (count, wrapper) }
    }
    return best.wrapper
  }
}
