import Containers
import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

/// What `expectations.json` of a fixture folder says of one file.
struct Expectation: CustomTestStringConvertible, Sendable {
  let path: String
  let name: String
  let tensors: JSONObject?
  let metadata: JSONObject?
  let error: String?

  var testDescription: String { name }

  /// All expectations of a folder under `Fixtures/containers`.
  static func all(of folder: String) -> [Expectation] {
    let path = Shelf.fixture("containers/\(folder)")
    let members =
      (try? Document(reading: path + "/expectations.json"))?.root.objectValue?.members ?? []
    return members.map { name, value in
      Expectation(
        path: "\(path)/\(name)", name: name, tensors: value["tensors"]?.objectValue,
        metadata: value["metadata"]?.objectValue, error: value["error"]?.stringValue)
    }
  }

  /// Checks what was read, or why it was refused, against what is expected.
  func check(_ open: () throws(CrosswalkError) -> Contents) throws {
    let contents: Contents
    do { contents = try open() } catch {
      guard let text = self.error else { throw error }
      #expect(text.isEmpty || error.description.contains(text), "\(error)")
      #expect(error.place.file != nil, "\(error)")
      return
    }
    guard let tensors else {
      Issue.record("\(name) was read, and should be refused")
      return
    }
    #expect(Set(contents.tensors.names) == Set(tensors.keys))
    for (name, expected) in tensors.members {
      let tensor = try #require(contents.tensors[name])
      #expect(tensor.dtype.rawValue == expected["dtype"]?.stringValue)
      #expect(tensor.shape == expected["shape"]?.arrayValue?.map(\.intValue))
      #expect(SHA256.hexadecimal(of: try tensor.bytes()) == expected["sha256"]?.stringValue)
    }
  }
}
