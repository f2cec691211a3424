/// Where the fixtures of the repository stand.
public enum Shelf {
  /// The repository's root, found from this file.
  public static let root: String = #filePath.components(droppingLast: 3)

  /// The path of a file under `Fixtures`.
  public static func fixture(_ path: String) -> String { root + "/Fixtures/" + path }
}

extension String {
  func components(droppingLast count: Int) -> String {
    split(separator: "/", omittingEmptySubsequences: false).dropLast(count).joined(separator: "/")
  }
}
