import Diagnostics
import Documents

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Conversion {
  /// Every fact that decides which bytes are written, by name, so that what an earlier run left can
  /// be told from what this one would write.
  func facts(of plan: Plan) throws(CrosswalkError) -> JSONObject {
    var facts = JSONObject([
      ("crosswalk", .string(Product.version)), ("dialect", .string(plan.target.word)),
      ("dtype", .string(dtype?.rawValue ?? "as it is")),
    ])
    if !source.overrides.isEmpty { facts["set"] = .object(source.overrides) }
    if let family = source.family { facts["family"] = .string(family) }
    let families = source.family.map { [$0] } ?? []
    for file in plan.sources + families.filter({ access($0, F_OK) == 0 }) {
      facts["source \(try Self.absolute(file))"] = .string(try Self.state(of: file))
    }
    return facts
  }

  private static func absolute(_ path: String) throws(CrosswalkError) -> String {
    guard let absolute = realpath(path, nil) else { throw unreadable(path) }
    defer { free(absolute) }
    return String(cString: absolute)
  }

  /// What tells one state of a file from another without reading it.
  private static func state(of path: String) throws(CrosswalkError) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { throw unreadable(path) }
    #if canImport(Glibc)
      let modified = status.st_mtim
    #else
      let modified = status.st_mtimespec
    #endif
    let nanoseconds = "\(modified.tv_nsec + 1_000_000_000)".dropFirst()
    return "of \(status.st_size) bytes, modified at \(modified.tv_sec).\(nanoseconds)"
  }

  private static func unreadable(_ path: String) -> CrosswalkError {
    CrosswalkError(
      .cannotOpen, "cannot be opened", at: Place(file: path),
      cause: String(cString: strerror(errno)))
  }
}
