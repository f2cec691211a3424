/// The parts of a tensor's name, whichever way it is written.
enum NameParts {
  private static let separators: Set<Character> = [".", "/", ":"]

  /// The parts between dots and slashes.
  static func of(_ name: String) -> [String] {
    name.split { separators.contains($0) }.map(String.init)
  }

  /// All but the last: whose tensor it is.
  static func parent(of name: String) -> String {
    // `kernel:0`, as TensorFlow has it, is one part.
    let bare = name.firstIndex(of: ":").map { String(name[..<$0]) } ?? name
    return of(bare).dropLast().joined(separator: ".")
  }
}

/// How alike names are, to choose among tensors that hold the same.
enum Likeness {
  /// Pairs of names, the likest first, each name at most once.
  static func pairs(_ ours: [String], _ theirs: [String]) -> [(String, String)] {
    guard ours.count > 1 || theirs.count > 1 else { return zip(ours, theirs).map { ($0, $1) } }
    guard ours.count * theirs.count <= 1 << 16 else { return zip(ours, theirs).map { ($0, $1) } }
    let words = (ours.map(words), theirs.map(words))
    var scored: [(score: Int, a: Int, b: Int)] = []
    for a in ours.indices {
      for b in theirs.indices {
        let shared = words.0[a].intersection(words.1[b]).count
        scored.append((shared * 64 - words.0[a].count - words.1[b].count, a, b))
      }
    }
    scored.sort { ($1.score, $0.a, $0.b) < ($0.score, $1.a, $1.b) }
    var (usedOurs, usedTheirs): (Set<Int>, Set<Int>) = ([], [])
    var pairs: [(Int, Int)] = []
    for (_, a, b) in scored where !usedOurs.contains(a) && !usedTheirs.contains(b) {
      usedOurs.insert(a)
      usedTheirs.insert(b)
      pairs.append((a, b))
    }
    return pairs.sorted { $0.0 < $1.0 }.map { (ours[$0.0], theirs[$0.1]) }
  }

  /// The words of a name, each with how often it has come before.
  private static func words(_ name: String) -> Set<String> {
    var counts: [String: Int] = [:]
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    return Set(
      words.map { word in
        counts[word, default: 0] += 1
        return "\(word) \(counts[word] ?? 0)"
      })
  }
}

/// Which names of one side belong to which of the other, learnt from tensors that could not be
/// mistaken.
struct Kinship {
  private var known: [String: [String]] = [:]
  private var back: [String: [String]] = [:]

  /// Learns that the owners of these tensors are the same.
  mutating func learn(_ ours: [String], _ theirs: [String]) {
    for a in ours.map(NameParts.parent) {
      for b in theirs.map(NameParts.parent) {
        if known[a]?.contains(b) != true { known[a, default: []].append(b) }
        if back[b]?.contains(a) != true { back[b, default: []].append(a) }
      }
    }
  }

  func areRelated(_ ours: String, _ theirs: String) -> Bool {
    known[NameParts.parent(of: ours)]?.contains(NameParts.parent(of: theirs)) ?? false
  }

  /// The constant tensors that belong to the same owners as a whole and add up to it.
  func parts(of name: String, in pool: ContentPool, from others: ContentPool, isOurs: Bool)
    -> [String]?
  {
    guard let owners = (isOurs ? known : back)[NameParts.parent(of: name)], owners.count > 1,
      let sum = pool.sum(name)
    else { return nil }
    let parts = others.names(constant: true).filter { owners.contains(NameParts.parent(of: $0)) }
    let total = parts.compactMap(others.sum).reduce(ContentSum(), +)
    return parts.count > 1 && total == sum ? parts : nil
  }
}
