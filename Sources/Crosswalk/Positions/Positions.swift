import Architectures
import Containers
public import Diagnostics
import Documents
import Families
public import Reports
import Tensors

/// How to write positional encodings as tables.
public struct Positions: Sendable {
  /// How many positions are shown; nil for what the model says, and 512 where it says nothing.
  public var count: Int?
  /// The report's title; nil for one that names the checkpoint.
  public var title: String?

  /// How many positions are shown of an encoding that has no end, when nothing else says it.
  public static let defaultCount = 512

  /// Everything that the model says.
  public init() {}

  /// Tabulates every positional encoding of a model.
  ///
  /// A learned table is read from the checkpoint, and where it is the outcome of a known formula, of
  /// whatever base, that is said; a computed one is computed; one that several parameters make, as
  /// axial positions are, is made of them. What several nodes share is one table.
  ///
  /// - Throws: `missingTensor` when the architecture has no positional encoding, or whatever reading
  ///   meets.
  public func tables(of checkpoint: ModelCheckpoint, observer: any Observer = Silence())
    throws(CrosswalkError) -> PositionsReport
  {
    let encodings = PositionEncoding.all(of: checkpoint.architecture)
    guard !encodings.isEmpty else {
      throw CrosswalkError(
        .missingTensor, "the architecture has no positional encoding",
        at: Place(file: checkpoint.checkpoint.path), cause: Self.reason(checkpoint.architecture))
    }
    let path = checkpoint.checkpoint.path
    let name = path.split(separator: "/").last.map(String.init) ?? path
    var report = PositionsReport(title: title ?? "Positions of \(name)", tables: [])
    observer.observe(.began(activity: "Tabulating", total: encodings.count, unit: .items))
    for encoding in encodings {
      do throws(CrosswalkError) {
        report.tables.append(
          try encoding.table(
            of: checkpoint.parameters, count: count, longest: longest(in: checkpoint)))
      } catch { throw error.inside(.node(encoding.name)) }
      observer.observe(.advanced(by: 1, item: encoding.name))
    }
    observer.observe(.finished)
    return report
  }

  /// By what a graph without an encoding may still tell positions apart: neither has a table.
  private static func reason(_ architecture: Architecture) -> String? {
    let operations = architecture.nodes.map(\.operation)
    if operations.contains(where: { $0 is Convolution }) {
      return "its convolutions tell neighbours apart, and have no table"
    }
    if operations.contains(where: { $0 is Recurrent || $0 is CarriedState }) {
      return "its recurrence goes from place to place, and has no table"
    }
    return nil
  }

  /// How many positions a computed encoding has: as many as the config or a learned table says.
  private func longest(in checkpoint: ModelCheckpoint) -> Int {
    let values = checkpoint.crossing?.values ?? checkpoint.provenance.values
    if let said = values["positions"]?.intValue, said > 0 { return said }
    let keys = ["max_position_embeddings", "n_positions", "max_len", "max_length"]
    let config = checkpoint.provenance.config
    let said = keys.lazy.compactMap { config?[$0]?.intValue }.first { $0 > 0 }
    return min(said ?? Self.defaultCount, 1 << 20)
  }
}
