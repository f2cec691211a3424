import Diagnostics
import Testing

@Suite struct CrosswalkErrorTests {
  @Test func `an error is one line with place, message, expected and found, cause and remedy`() {
    let error = CrosswalkError(
      .truncated, "the file ends too early", at: Place(file: "a.pt", .entry("data/0"), .byte(12)),
      expected: "8 bytes", found: "3", cause: "EOF", remedy: "fetch it again")
    #expect(
      error.description
        == "a.pt: entry 'data/0': byte 12: the file ends too early: expected 8 bytes, found 3 (EOF); fetch it again"
    )
  }

  @Test func `text from a file cannot reach the terminal as control characters`() {
    let error = CrosswalkError(.malformed, "bad", at: Place(.tensor("a\u{1B}[31m\nb")))
    #expect(error.description == "tensor 'a\\u{1b}[31m\\u{a}b': bad")
  }

  @Test func `near names come nearest first`() {
    #expect(
      nearest(
        to: "encoder.layer.0.wieght",
        among: ["x", "encoder.layer.0.weight", "encoder.layer.1.weight"])
        == ["encoder.layer.0.weight", "encoder.layer.1.weight"])
  }
}
