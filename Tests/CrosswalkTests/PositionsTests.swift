import Containers
import Crosswalk
import Diagnostics
import Engine
import Foundation
import Reports
import Tensors
import TestSupport
import Testing

@Suite struct PositionsTests {
  private func tables(_ model: String, count: Int? = nil) throws -> [PositionsReport.Table] {
    var positions = Positions()
    positions.count = count
    let checkpoint = try ModelCheckpoint(opening: Shelf.fixture("models/\(model)"))
    return try positions.tables(of: checkpoint).tables
  }

  @Test func `a learned table is the stored one, and of no formula`() throws {
    let table = try #require(try tables("bert-bare").first)
    let stored = try #require(
      try Checkpoint(opening: Shelf.fixture("models/bert-bare")).contents.tensors[
        "embeddings.position_embeddings.weight"])
    #expect(table.kind == "learned" && table.notes.isEmpty)
    #expect([table.positions, table.width] == stored.shape)
    #expect(try table.values == stored.floats())
  }

  @Test func `fewer positions are said to be fewer`() throws {
    let table = try #require(try tables("gpt2-bare", count: 3).first)
    #expect(table.positions == 3 && table.values.count == 3 * table.width)
    #expect(table.notes.first?.hasPrefix("The first 3 of ") == true)
  }

  @Test(arguments: ["transformer-translator", "transformer-translator-no-table"])
  func `sinusoidal positions are one table for both sides`(model: String) throws {
    let tables = try tables(model)
    #expect(tables.count == 1)
    let table = try #require(tables.first)
    #expect(table.notes.contains { $0.contains("sin and cos interleaved") }, "\(table.notes)")
    #expect(table.values.prefix(4) == [0, 1, 0, 1])
  }

  @Test func `a model without positions has none to show`() throws {
    let error = #expect(throws: CrosswalkError.self) { try tables("transformer-pre-norm") }
    #expect(error?.kind == .missingTensor)
  }

  @Test func `tables go into HDF5`() throws {
    let checkpoint = try ModelCheckpoint(opening: Shelf.fixture("models/bert-bare"))
    let report = try Positions().tables(of: checkpoint)
    try Scratch.withFolder { folder in
      try report.writeTensors(to: "\(folder)/positions.h5")
      let table = try #require(report.tables.first)
      let tensors = try Checkpoint(opening: "\(folder)/positions.h5").contents.tensors
      #expect(try tensors["positions/\(table.name)"]?.floats() == table.values)
    }
  }
}
