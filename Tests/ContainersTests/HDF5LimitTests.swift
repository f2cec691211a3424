import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

/// What a survey says is checked before it is believed; these surveys are made up.
@Suite struct HDF5LimitTests {
  private static func dataset(
    _ shape: [Int], _ layout: HDF5Survey.Layout, filters: [HDF5Survey.Filter] = []
  ) -> HDF5Survey.Dataset {
    .init(
      element: .number(.f32, bigEndian: false), shape: shape, layout: layout, filters: filters)
  }

  /// Opens a file of 4096 bytes with these datasets in it.
  private static func open(_ datasets: [HDF5Survey.Dataset]) throws -> Contents {
    try Scratch.withFolder { folder in
      let file = try Scratch.file([UInt8](repeating: 1, count: 4096), in: folder)
      var survey = HDF5Survey()
      survey.entries = [.init(path: "", target: .group(links: datasets.count))]
      survey.entries += datasets.enumerated().map {
        .init(path: "/\($0)", target: .dataset($1))
      }
      return try HDF5Contents.contents(survey, of: file)
    }
  }

  private static func chunked(_ shape: [Int], _ chunks: [HDF5Survey.Chunk])
    -> HDF5Survey.Layout
  {
    .chunked(.init(shape: shape, edgesAreRaw: false, chunks: chunks))
  }

  static let refusals: [(String, HDF5Survey.Dataset, CrosswalkError.Kind)] = [
    ("beyond the end", dataset([8], .contiguous(offset: 4080, byteCount: 32)), .truncated),
    ("before the start", dataset([8], .contiguous(offset: -8, byteCount: 32)), .malformed),
    ("wrapping", dataset([8], .contiguous(offset: .max, byteCount: 32)), .malformed),
    ("too short", dataset([8], .contiguous(offset: 0, byteCount: 16)), .malformed),
    ("too short in the header", dataset([8], .compact([1, 2, 3])), .malformed),
    ("negative", dataset([-1], .unallocated), .malformed),
    ("wrapping shape", dataset([.max, 3], .unallocated), .tooLarge),
    ("a bomb", dataset([1 << 30], .unallocated), .unsafe),
    ("a bomb in chunks", dataset([1 << 30], chunked([1 << 20], [])), .unsafe),
    ("chunks of no extent", dataset([8], chunked([0], [])), .malformed),
    ("chunks of another rank", dataset([8], chunked([2, 2], [])), .malformed),
    ("chunks too large", dataset([8], chunked([1 << 40], [])), .tooLarge),
    (
      "a chunk outside",
      dataset([8], chunked([4], [.init(index: 2, offset: 0, byteCount: 16, mask: 0)])), .malformed
    ),
    (
      "a chunk twice",
      dataset(
        [8],
        chunked(
          [4],
          [
            .init(index: 0, offset: 0, byteCount: 16, mask: 0),
            .init(index: 0, offset: 16, byteCount: 16, mask: 0),
          ])), .malformed
    ),
  ]

  @Test(arguments: refusals.indices) func `what cannot be is refused`(index: Int) throws {
    let (name, dataset, kind) = Self.refusals[index]
    let error = #expect(throws: CrosswalkError.self, "\(name)") { try Self.open([dataset]) }
    #expect(error?.kind == kind, "\(name): \(String(describing: error))")
    #expect(error?.place.file != nil && error?.place.steps.isEmpty == false, "\(name)")
  }

  @Test(arguments: [[(32_001, "blosc")], [(1, ""), (1, "")], [(4, "szip")], [(6, "")]])
  func `a filter that cannot be undone keeps nobody from the other tensors`(
    filters: [(Int, String)]
  ) throws {
    let filtered = Self.dataset(
      [8], Self.chunked([4], []),
      filters: filters.map { .init(id: $0.0, name: $0.1, values: []) })
    let contents = try Self.open([filtered, Self.dataset([8], .unallocated)])
    #expect(try contents.tensors["1"]?.bytes() == [UInt8](repeating: 0, count: 32))
    let error = #expect(throws: CrosswalkError.self) { try contents.tensors["0"]?.bytes() }
    #expect(error?.kind == .unsupported && error?.place.file != nil)
    #expect(error?.place.steps.isEmpty == false)
  }

  @Test func `data that two datasets claim is refused`() {
    let error = #expect(throws: CrosswalkError.self) {
      try Self.open([
        Self.dataset([8], .contiguous(offset: 0, byteCount: 32)),
        Self.dataset([8], .contiguous(offset: 28, byteCount: 32)),
      ])
    }
    #expect(error?.kind == .malformed)
    #expect(error?.description.contains("overlaps that of '/0' at byte 28") == true)
  }

  @Test func `many bombs, each below the limit, are one`() {
    let small = Self.dataset([1 << 24], .unallocated)
    #expect(throws: CrosswalkError.self) { try Self.open([small, small, small, small, small]) }
    #expect(throws: Never.self) { try Self.open([small, small]) }
  }

  @Test func `ranges of chunked data are parts of the whole`() throws {
    let contents = try HDF5.open(try FileReader(Shelf.fixture("containers/hdf5/layouts.h5")))
    var random = SplitMix(state: 3)
    for name in ["chunked", "gzip", "shuffled", "growing"] {
      let tensor = try #require(contents.tensors[name])
      let whole = try tensor.bytes()
      for _ in 0..<50 {
        let start = Int.random(in: 0..<tensor.count, using: &random)
        let end = Int.random(in: start...tensor.count, using: &random)
        #expect(try tensor.bytes(start..<end) == Array(whole[(start * 4)..<(end * 4)]))
      }
    }
  }

  @Test func `a damaged chunk does not match its checksum`() throws {
    let path = Shelf.fixture("containers/hdf5/chunks.h5")
    let survey = try HDF5Walk.survey(path)
    let entry = try #require(survey.entries.first { $0.path == "/tree" })
    guard case .dataset(let dataset) = entry.target, case .chunked(let chunking) = dataset.layout
    else { throw CrosswalkError(.malformed, "no chunks") }
    try Scratch.withFolder { folder in
      var bytes = try FileReader(path).head(.max)
      bytes[try #require(chunking.chunks.first).offset] ^= 1
      let contents = try HDF5Contents.contents(survey, of: Scratch.file(bytes, in: folder))
      let error = #expect(throws: CrosswalkError.self) { try contents.tensors["tree"]?.bytes() }
      #expect(error?.description.contains("checksum") == true)
    }
  }
}
