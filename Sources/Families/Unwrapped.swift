public import Diagnostics
public import Tensors

/// A checkpoint's tensors as a dialect knows them: without what training code put before their
/// names, and spelled as in its table.
public struct Unwrapped: Sendable {
  /// The tensors under the dialect's names.
  public private(set) var tensors = TensorTable()
  /// What stands before the names in the file.
  public let wrapper: String
  private let spelling: Spelling?
  /// The file's names in order, with the dialect's.
  private var names: [(file: String, inner: String)] = []

  /// Takes the wrapper off the names that have it.
  ///
  /// - Throws: `unsupported` when the family has no such dialect; `malformed` when two names become
  ///   one and are not known to be copies.
  public init(_ wrapped: TensorTable, family: Family, dialect: String) throws(CrosswalkError) {
    let dialect = try family.dialect(dialect)
    wrapper = try Wrapper.find(in: wrapped, family: family, dialect: dialect.name)
    spelling = dialect.spelling
    let all = Set(spelling == nil ? [] : wrapped.names)
    for (name, tensor) in wrapped {
      let known = Wrapper.inner(of: name, under: wrapper, dialect) ?? name
      names.append((name, known))
      let spelled = try spelling?.read(tensor, name, among: all) ?? tensor
      if spelling != nil, let first = tensors[known] {
        try Self.check(spelled, first, name)
      } else {
        try tensors.append(known, spelled)
      }
    }
  }

  /// Layers that share a weight each store it.
  private static func check(_ copy: StoredTensor, _ first: StoredTensor, _ name: String)
    throws(CrosswalkError)
  {
    guard try copy.hasSameElements(as: first) else {
      throw CrosswalkError(
        .incompleteMapping, "two layers store one weight, with different values",
        at: Place(.tensor(name)))
    }
  }

  /// An account of the dialect's names as one of the file's.
  ///
  /// Where nothing but a wrapper stands before them, the names stay without it.
  public func account(_ account: Account) -> Account {
    guard spelling != nil else { return account }
    let fates = Dictionary(account.tensors.map { ($0.name, $0.fate) }) { first, _ in first }
    var spelled = account
    var seen: Set<String> = []
    spelled.tensors = names.map { name, inner in
      let fate = fates[inner] ?? .unused(reason: "no rule takes it")
      guard !seen.insert(inner).inserted, case .mapped(let parameters) = fate,
        let parameter = parameters.first
      else { return (name, fate) }
      return (name, .tied(to: parameter))
    }
    return spelled
  }
}

extension Crossing {
  /// Whether files spell the dialect's names in another way, which is known only of what was read.
  public var isRespelled: Bool { dialect.spelling != nil }

  /// Our parameters as the very tensors that a file had when it was read, under its names.
  ///
  /// - Parameters:
  ///   - names: the names it had, in order; without the wrapper, unless the dialect spells them.
  ///   - wrapper: what stood before them.
  ///   - kept: the tensors that were no weights, kept aside by name.
  /// - Throws: `incompleteMapping` when a name cannot be made again.
  public func restore(
    _ names: [String], under wrapper: String, from parameters: TensorTable, kept: TensorTable
  ) throws(CrosswalkError) -> TensorTable {
    guard let spelling = dialect.spelling else {
      return try restore(names, from: parameters, kept: kept).renamed { wrapper + $0 }
    }
    let all = Set(names)
    var inner: [String] = []
    var known: Set<String> = []
    for name in names {
      let spelled = spelling.inner(of: name, under: wrapper) ?? name
      if known.insert(spelled).inserted { inner.append(spelled) }
    }
    let restored = try restore(inner, from: parameters, kept: kept)
    var table = TensorTable()
    for name in names {
      guard let tensor = restored[spelling.inner(of: name, under: wrapper) ?? name] else {
        continue
      }
      try table.append(name, spelling.write(tensor, name, among: all))
    }
    return table
  }
}
