import Diagnostics
import Tensors
import Testing

@Suite struct StoredTensorTests {
  @Test func `pieces cover a tensor in order`() throws {
    let tensor = try StoredTensor((0..<10).map(Float.init), shape: [2, 5])
    var seen: [Float] = []
    try tensor.forEachPiece(ofAtMost: 12) { (_, bytes) throws(CrosswalkError) in
      seen += bytes.bindMemory(to: Float.self)
    }
    #expect(seen == (0..<10).map(Float.init))
  }

  @Test func `a shape whose product wraps is refused`() {
    #expect(throws: CrosswalkError.self) {
      try Shape.count([4_194_305, 4_194_305, 211_106_198_978_564])
    }
  }
}
