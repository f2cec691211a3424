import Documents
import Testing

@Suite struct JSONObjectTests {
  @Test(arguments: [0, 1, 7, 8, 9, 10, 30])
  func `an object keeps order and finds its keys at every size`(count: Int) {
    var object = JSONObject()
    for index in 0..<count { object["k\(index)"] = .integer(Int64(index)) }
    #expect(object.keys == (0..<count).map { "k\($0)" })
    for index in 0..<count { #expect(object["k\(index)"] == .integer(Int64(index))) }
    #expect(object["other"] == nil)
    while let key = object.keys.randomElement() {
      let rest = object.keys.filter { $0 != key }
      object[key] = nil
      #expect(object.keys == rest && object[key] == nil)
      for key in rest { #expect(object[key] != nil) }
    }
  }

  @Test func `a new value of a key keeps its place`() {
    var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
    object["b"] = 4
    #expect(object == JSONObject([("a", 3), ("b", 4)]))
    #expect(object != JSONObject([("b", 4), ("a", 3)]))
  }
}
