import Diagnostics

/// A model in the cache of huggingface_hub: `models--ORGANISATION--NAME`.
///
/// It has the files of each revision under `snapshots/COMMIT`, and commits by the names of branches
/// under `refs`. Source: huggingface.co/docs/huggingface_hub/guides/manage-cache.
enum HubCache {
  private static let snapshots = "snapshots"

  /// The folder of a cached model's files: of its branch `main`, else of its only revision; nil for a
  /// folder that is no such cache.
  ///
  /// - Throws: `ambiguous` when there are several revisions and no branch says which; `cannotOpen`
  ///   when the revision was not fetched.
  static func snapshot(in folder: String) throws(CrosswalkError) -> String? {
    let all = Folder.path(folder, snapshots)
    let refs = Folder.path(folder, "refs")
    guard FileKind.of(all) == .folder, FileKind.of(refs) == .folder else { return nil }
    let commits = try Folder.names(in: all).filter {
      FileKind.of(Folder.path(all, $0)) == .folder
    }
    if let main = commit(of: Folder.path(refs, "main")), commits.contains(main) {
      return Folder.path(all, main)
    }
    guard let only = commits.first, commits.count == 1 else {
      throw CrosswalkError(
        commits.isEmpty ? .cannotOpen : .ambiguous,
        commits.isEmpty
          ? "a cache of a model of which no revision is here"
          : "a cache of several revisions: " + commits.joined(separator: ", "),
        at: Place(file: folder),
        remedy: commits.isEmpty
          ? "fetch it: hf download" : "name one of the folders in '\(snapshots)' instead")
    }
    return Folder.path(all, only)
  }

  private static func commit(of path: String) -> String? {
    guard FileKind.of(path) == .file, let file = try? FileReader(path) else { return nil }
    let text = String(decoding: file.head(256), as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).first.map(String.init)
  }
}
