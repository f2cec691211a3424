import Documents
import Testing

@testable import CrosswalkCommand

@Suite struct OptionTests {
  private static let settings: [(String, String, JSON)] = [
    ("n_head=12", "n_head", 12), ("eps=1e-5", "eps", 1e-5), ("act=gelu", "act", "gelu"),
    ("text=\"7\"", "text", "7"), ("x=", "x", ""), ("norm_first=true", "norm_first", true),
    ("sizes=[1, 2]", "sizes", [1, 2]), ("a=b=c", "a", "b=c"),
  ]

  @Test(arguments: settings)
  func `a setting is JSON where it reads as JSON`(text: String, key: String, value: JSON) throws {
    let setting = try #require(Setting(argument: text))
    #expect(setting.key == key)
    #expect(setting.value == value)
  }

  @Test(arguments: ["n_head", "=12", ""])
  func `a setting without a key is none`(text: String) {
    #expect(Setting(argument: text) == nil)
  }

  @Test(arguments: [
    ("1", 1), ("10B", 10), ("5kb", 5000), ("1.5MB", 1_500_000), ("2GiB", 2 << 30),
  ])
  func `a size has units`(text: String, count: Int) {
    #expect(ByteSize(argument: text)?.count == count)
  }

  @Test(arguments: ["", "MB", "0", "-1", "nan", "inf", "1e300", "5XB", "0.4"])
  func `what is no size is none`(text: String) {
    #expect(ByteSize(argument: text) == nil)
  }
}
