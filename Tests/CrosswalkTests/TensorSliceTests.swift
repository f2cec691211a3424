import Crosswalk
import Diagnostics
import Tensors
import Testing

@Suite struct TensorSliceTests {
  private func part(_ text: String) throws -> [Float] {
    let tensor = try StoredTensor((0..<24).map(Float.init), shape: [2, 3, 4])
    return try #require(TensorSlice(text)).part(of: tensor).floats()
  }

  @Test func `ranges are NumPy's`() throws {
    #expect(try part("1") == (12..<24).map(Float.init))
    #expect(try part(":, 0:2, -1") == [3, 7, 15, 19])
    #expect(try part("0,2,1:3") == [9, 10])
  }

  @Test(arguments: ["", "x", "1:2:3", "1,,2", "1.5"]) func `what is no range is none`(text: String)
  {
    #expect(TensorSlice(text) == nil)
  }

  @Test(arguments: ["2:1", "5", "-9", "0,0,0,0", "3:", "-9223372036854775808"])
  func `a range outside the tensor is refused`(text: String) throws {
    #expect(throws: CrosswalkError.self) { try part(text) }
  }
}
