import Testing

@Suite struct StreamTests {
  @Test func `a reader that went away has seen enough`() throws {
    let line = "crosswalk families bert | head -c 1; echo \" ${PIPESTATUS[0]}\""
    let finished = try Bench().shell(line)
    #expect(finished.output == "{ 0\n")
    #expect(finished.errors.isEmpty)
  }

  @Test func `a closed stream is neither a trap nor a place for results`() throws {
    let bench = try Bench()
    let closed = try bench.shell("crosswalk families >&-")
    #expect(closed.status == 2)
    #expect(closed.errors.hasPrefix("crosswalk: standard output: writing failed"))
    let convert = "crosswalk convert Fixtures/models/bert-bare"
    #expect(try bench.shell("\(convert) a.h5 <&- >&- 2>&-").status == 2)
    #expect(try bench.shell("\(convert) b.h5").status == 0)
    #expect(try bench.shell("cmp a.h5 b.h5").status == 0)
    #expect(try bench.shell("crosswalk families nowhere 2>&-").status == 2)
  }

  @Test func `a disk that is full is trouble`() throws {
    let finished = try Bench().shell("crosswalk families bert > /dev/full")
    #expect(finished.status == 2)
    #expect(
      finished.errors
        == "crosswalk: standard output: writing failed (No space left on device)\n")
  }
}
