import Containers
import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

/// What leads from an HDF5 file to others.
@Suite struct HDF5ExternalTests {
  private static func open(_ name: String, _ options: ReadOptions) throws -> Contents {
    try Checkpoint(opening: Shelf.fixture("containers/hdf5/\(name)"), options: options).contents
  }

  @Test(arguments: ["external-link.h5", "external-storage.h5", "virtual.h5"])
  func `nothing is followed out of a file unless that is allowed`(name: String) throws {
    let error = #expect(throws: CrosswalkError.self) { try Self.open(name, ReadOptions()) }
    #expect(error?.kind == .unsafe && error?.place.steps.isEmpty == false)
    #expect(error?.remedy?.contains("--allow-external") == true)
  }

  @Test(arguments: [("external-link.h5", "elsewhere"), ("virtual.h5", "mosaic")])
  func `what is allowed is followed`(name: String, tensor: String) throws {
    let contents = try Self.open(name, ReadOptions(allowsExternal: true))
    let there = try Self.open("types.h5", ReadOptions()).tensors["float32"]
    #expect(try contents.tensors[tensor]?.bytes() == there?.bytes())
  }

  @Test func `bytes of another file are read where they lie`() throws {
    let contents = try Self.open("external-storage.h5", ReadOptions(allowsExternal: true))
    let stored = try FileReader(Shelf.fixture("containers/hdf5/storage.bin")).head(16)
    #expect(stored.count == 16)
    #expect(try contents.tensors["outside"]?.bytes() == stored)
  }

  @Test(arguments: [
    // Every pattern of one axis against what a plain loop selects.
    (0, 1, 1, 10), (0, 3, 3, 1), (1, 4, 2, 3), (2, 2, 4, 2), (9, 1, 1, 1), (0, 5, 2, 5),
  ])
  func `a pattern selects what it says`(start: Int, stride: Int, count: Int, block: Int) throws {
    let lone = (0..<count).flatMap { step in (0..<block).map { start + step * stride + $0 } }
    let one = HDF5Survey.Selection(
      start: [start], stride: [stride], count: [count], block: [block])
    try Self.check(one, of: [10], selects: lone)
    // The same along the outer and the inner axis of a matrix of which the other is whole.
    let outer = HDF5Survey.Selection(
      start: [start, 0], stride: [stride, 1], count: [count, 1], block: [block, 3])
    let rows = lone.flatMap { row in (0..<3).map { row * 3 + $0 } }
    try Self.check(outer, of: [10, 3], selects: rows)
    let inner = HDF5Survey.Selection(
      start: [1, start], stride: [1, stride], count: [1, count], block: [2, block])
    try Self.check(
      inner, of: [4, 10], selects: [1, 2].flatMap { row in lone.map { row * 10 + $0 } })
  }

  private static func check(
    _ selection: HDF5Survey.Selection, of shape: [Int], selects expected: [Int]
  ) throws {
    let runs = try HDF5Runs(selection, of: shape)
    #expect((0..<runs.count).map(runs.offset) == expected)
    for index in 0..<runs.count {
      let end = index + runs.run(from: index)
      #expect(end <= runs.count)
      let first = expected[index]
      #expect(Array(expected[index..<end]) == Array(first..<first + end - index))
      #expect(runs.first(from: expected[index]) == index)
    }
  }

  @Test(arguments: [
    (-1, 1, 1, 1), (0, 1, 1, 11), (0, 4, 3, 3), (10, 1, 1, 1), (0, 2, 2, 3), (0, .max, 3, 1),
    (0, 1, 0, 1), (.max, 1, 1, 1), (0, 1, .max, 1),
  ])
  func `a pattern that leaves its dataset is refused`(
    start: Int, stride: Int, count: Int, block: Int
  ) {
    let selection = HDF5Survey.Selection(
      start: [start], stride: [stride], count: [count], block: [block])
    #expect(throws: CrosswalkError.self) { try HDF5Runs(selection, of: [10]) }
    #expect(throws: CrosswalkError.self) { try HDF5Runs(selection, of: [10, 1]) }
  }
}
