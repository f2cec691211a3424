/// A pattern over names: `*` is any run of characters, `?` any one.
public struct Glob: Sendable {
  private let pattern: [UInt8]

  /// Makes a pattern.
  public init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  /// Whether the whole name fits the pattern.
  ///
  /// Linear in the name for each star, whatever the pattern.
  public func matches(_ name: String) -> Bool {
    let text = Array(name.utf8)
    var (p, t) = (0, 0)
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] || pattern[p] == UInt8(ascii: "?") {
        p += 1
        t += 1
      } else if let last = star {
        p = last.pattern + 1
        t = last.text + 1
        star = (last.pattern, t)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
