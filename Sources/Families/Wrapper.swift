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

  /// The dialect whose table knows the most of a checkpoint's names; the family's first when none
  /// knows any.
  public static func dialect(of tensors: TensorTable, family: Family) -> String {
    let known = family.dialects.map { count(of: tensors.names, $0).count }
    let best = known.indices.max { known[$0] < known[$1] } ?? 0
    return family.dialects[best].name
  }

  /// Of several families those whose tables know the most of a checkpoint's names, and then those
  /// under the shortest wrapper: a RoBERTa is also a BERT in a wrapper `roberta.`, with a head that
  /// no BERT has.
  static func closest(of families: [Family], to tensors: TensorTable) -> [Family] {
    guard families.count > 1 else { return families }
    let fits = families.map { family in
      family.dialects.map { dialect in
        let (known, wrapper) = count(of: tensors.names, dialect)
        return (known, -wrapper.utf8.count)
      }.max(by: <) ?? (0, 0)
    }
    let best = fits.max(by: <) ?? (0, 0)
    return zip(families, fits).filter { $0.1 == best }.map(\.0)
  }

  static func inner(_ names: [String], _ dialect: Dialect) -> [String] {
    let wrapper = find(in: names, dialect)
    return names.map { inner(of: $0, under: wrapper, dialect) ?? $0 }
  }

  /// The name that the dialect knows; nil when the wrapper does not stand before it.
  static func inner(of name: String, under wrapper: String, _ dialect: Dialect) -> String? {
    if let spelling = dialect.spelling { return spelling.inner(of: name, under: wrapper) }
    return name.hasPrefix(wrapper) ? String(name.dropFirst(wrapper.count)) : nil
  }

  private static func find(in names: [String], _ dialect: Dialect) -> String {
    count(of: names, dialect).wrapper
  }

  /// How many names the dialect knows under the wrapper that suits it best.
  private static func count(of names: [String], _ dialect: Dialect) -> (
    count: Int, wrapper: String
  ) {
    // What is passed over whatever it is called tells nothing.
    let patterns = dialect.weights.flatMap(\.theirs).filter(\.isInvertible)
    var best = (count: 0, wrapper: "")
    let wrappers =
      dialect.spelling == nil
      ? [""] + dialect.wrappers + told(by: names, dialect) : Spelling.wrappers
    for wrapper in wrappers {
      let known = names.compactMap { inner(of: $0, under: wrapper, dialect) }
      let count = known.count { name in
        patterns.contains { pattern in
          dialect.prefixes.contains { pattern.match(name, prefix: $0) != nil }
        }
      }
      if count > best.count { best = (count, wrapper) }
    }
    return best
  }

  /// What else stands before the names that the family is recognised by: `backbone.`, or
  /// `module._orig_mod.`; shortest first.
  private static func told(by names: [String], _ dialect: Dialect) -> [String] {
    var found: Set<String> = []
    for name in names {
      for dot in name.indices where name[dot] == "." {
        let start = name.index(after: dot)
        let inner = String(name[start...])
        let isTelling = dialect.telling.contains { pattern in
          dialect.prefixes.contains { pattern.match(inner, prefix: $0) != nil }
        }
        if isTelling { found.insert(String(name[..<start])) }
      }
    }
    return found.sorted { ($0.count, $0) < ($1.count, $1) }
  }
}
