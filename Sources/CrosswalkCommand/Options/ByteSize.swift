import ArgumentParser

/// A number of bytes, as `500MB`, `2GiB` or `1048576`.
struct ByteSize: ExpressibleByArgument {
  /// The bytes, more than none.
  let count: Int

  private static let units: [(name: String, bytes: Int)] = [
    ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("TIB", 1 << 40),
    ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
  ]

  init?(argument: String) {
    let text = argument.uppercased()
    let unit = Self.units.first { text.hasSuffix($0.name) } ?? (name: "", bytes: 1)
    guard let number = Double(text.dropLast(unit.name.count)),
      let count = Int(exactly: (number * Double(unit.bytes)).rounded()), count > 0
    else { return nil }
    self.count = count
  }
}
