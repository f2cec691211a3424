import Foundation
import TestSupport
import Testing

/// Holds a run to the transcript that is kept in `Snapshots`.
///
/// `CROSSWALK_RECORD=1 swift test --filter CommandTests` keeps new ones; look at what changed.
func expectSnapshot(
  _ finished: Finished, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let path = Shelf.root + "/Tests/CommandTests/Snapshots/\(name).txt"
  if ProcessInfo.processInfo.environment["CROSSWALK_RECORD"] == "1" {
    try Data(finished.transcript.utf8).write(to: URL(filePath: path))
  }
  let kept = try String(contentsOf: URL(filePath: path), encoding: .utf8)
  #expect(finished.transcript == kept, sourceLocation: sourceLocation)
}
