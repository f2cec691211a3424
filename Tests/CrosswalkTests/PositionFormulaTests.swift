import Architectures
import Foundation
import Testing

@testable import Crosswalk

@Suite struct PositionFormulaTests {
  /// A table as frameworks make it, the angle in binary32.
  private func table(rows: Int, width: Int, start: Int, wave: (Float, Int) -> Float) -> [Float] {
    (0..<rows).flatMap { row in (0..<width).map { wave(Float(row + start), $0) } }
  }

  @Test func `each variant is told from the others`() throws {
    let d = 64
    let log = Foundation.log(Float(10_000))
    let paper = table(rows: 600, width: d, start: 0) { position, i in
      let angle = position * exp(Float(i / 2 * 2) * (-log / Float(d)))
      return i % 2 == 0 ? sin(angle) : cos(angle)
    }
    let fairseq = table(rows: 40, width: d, start: 2) { position, i in
      let angle = position * exp(Float(i % (d / 2)) * (-log / Float(d / 2 - 1)))
      return i < d / 2 ? sin(angle) : cos(angle)
    }
    let cosineFirst = table(rows: 40, width: d, start: 1) { position, i in
      let angle = position * exp(Float(i / 2 * 2) * (-log / Float(d)))
      return i % 2 == 0 ? cos(angle) : sin(angle)
    }
    let found = [paper, fairseq, cosineFirst].map {
      PositionFormula.matching($0, width: d)?.formula.description ?? ""
    }
    #expect(found[0].contains("sin and cos interleaved, wavelengths 2π × 10000^(2i/d)"))
    #expect(found[0].contains("positions from 0"))
    #expect(found[1].contains("all sin, then all cos, wavelengths 2π × 10000^(i/(d/2-1))"))
    #expect(found[1].contains("positions from 2"))
    #expect(found[2].contains("cos and sin interleaved"))
    #expect(found[2].contains("positions from 1"))
  }

  @Test(arguments: [10_000, 1000, 500_000, 12_300, 100] as [Double])
  func `the base is found`(base: Double) throws {
    for (formula, width) in PositionFormula.all.flatMap({ [($0, 16), ($0, 64)] }) {
      var formula = formula
      formula.base = base
      let values = formula.values(rows: 50, width: width)
      let found = try #require(PositionFormula.matching(values, width: width))
      #expect(abs(found.formula.base / base - 1) < 1e-6)
      #expect(found.formula.layout == formula.layout && found.formula.start == formula.start)
      #expect(found.formula.exponent == formula.exponent)
      #expect(found.formula.startsWithCosine == formula.startsWithCosine)
    }
  }

  @Test func `no formula is seen where there is none`() throws {
    let zeros = [Float](repeating: 0, count: 640)
    #expect(PositionFormula.matching(zeros, width: 64) == nil)
    #expect(PositionFormula.matching([Float](repeating: .nan, count: 640), width: 64) == nil)
    #expect(PositionFormula.matching([0, 1], width: 2) == nil)
    for formula in PositionFormula.all { #expect(!formula.description.isEmpty) }
  }
}
