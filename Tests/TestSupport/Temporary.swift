import Foundation

extension Shelf {
  /// A new empty folder, for one test.
  public static func temporaryFolder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "crosswalk-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.path
  }

  /// Deletes a folder.
  public static func remove(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The names of what a folder holds, sorted.
  public static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
