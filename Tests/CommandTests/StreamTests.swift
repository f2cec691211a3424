import Testing

@Suite struct StreamTests {
  @Test func `a reader that went away has seen enough`() throws {
    let line = "crosswalk families bert | head -c 1; echo \" ${PIPESTATUS[0]}\""
    let finished = try Bench().shell(line)
    #expect(finished.output == "{ 0\n")
    #expect(finished.errors.isEmpty)
  }

  @Test func `a disk that is full is trouble`() throws {
    let finished = try Bench().shell("crosswalk families bert > /dev/full")
    #expect(finished.status == 2)
    #expect(
      finished.errors
        == "crosswalk: standard output: writing failed (No space left on device)\n")
  }
}
