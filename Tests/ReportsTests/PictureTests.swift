import Diagnostics
import Reports
import Testing

@Suite struct PictureTests {
  @Test func `a picture is a PNG with its size in the header`() throws {
    let bytes = try Picture(width: 3, height: 2, pixel: .grey, shade: 7).png()
    #expect(bytes.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(bytes[12..<29]) == Array("IHDR".utf8) + [0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0])
    #expect(bytes.suffix(4) == [0xAE, 0x42, 0x60, 0x82], "the checksum of every IEND")
  }

  @Test func `sizes are limited`() {
    let error = #expect(throws: CrosswalkError.self) { try Picture(width: 20_000, height: 1) }
    #expect(error?.kind == .tooLarge)
    #expect(throws: CrosswalkError.self) { try Picture(width: 0, height: 1) }
  }

  @Test func `viridis runs from purple to yellow`() {
    #expect(ColorMap.viridis.color(at: 0) == Color(red: 0x44, green: 0x01, blue: 0x54))
    #expect(ColorMap.viridis.color(at: 2) == Color(red: 0xFD, green: 0xE7, blue: 0x25))
    #expect(ColorMap.viridis.color(at: .nan) == ColorMap.viridis.color(at: 0))
    #expect(ColorMap.signedOnPaper.color(at: 0).blue > ColorMap.signedOnPaper.color(at: 0).red)
    #expect(ColorMap.signedOnPaper.color(at: 1).red > ColorMap.signedOnPaper.color(at: 1).blue)
  }
}
