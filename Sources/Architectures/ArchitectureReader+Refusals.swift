import Diagnostics
import Documents

/// How an architecture's mistakes are told, each with its place.
extension ArchitectureReader {
  func unknownOperation(_ json: JSON?, at pointer: String) -> CrosswalkError {
    let known = Operations.all.map { $0.name }
    let near = nearest(to: json?.stringValue ?? "", among: known)
    return CrosswalkError(
      .invalidDocument, "no operation is called \(json?.summary ?? "nothing")",
      at: document.place(of: pointer + "/operation"),
      remedy: near.isEmpty
        ? "the operations: \(known.joined(separator: ", "))"
        : "did you mean \(near.joined(separator: ", "))?")
  }

  func placed(_ error: CrosswalkError, at pointer: String, node: String) -> CrosswalkError {
    var error = error
    var place = document.place(of: pointer)
    var pointer = pointer
    while case .key(let key)? = error.place.steps.first {
      pointer += "/\(key.pointerEscaped)"
      place = document.place(of: pointer)
      error.place.steps.removeFirst()
    }
    place.steps += [.node(node)] + error.place.steps
    error.place = place
    return error
  }

  func invalid(
    _ message: String, at pointer: String, expected: String? = nil, _ found: JSON? = nil
  ) -> CrosswalkError {
    CrosswalkError(
      .invalidDocument, message, at: document.place(of: pointer),
      expected: expected ?? found.map { _ in "otherwise" }, found: found?.summary)
  }

  func refuseUnknownKeys(of object: JSONObject, known: [String], at pointer: String)
    throws(CrosswalkError)
  {
    for key in object.keys where !known.contains(key) {
      let near = nearest(to: key, among: known)
      throw CrosswalkError(
        .invalidDocument, "the key '\(key)' means nothing here",
        at: document.place(of: "\(pointer)/\(key.pointerEscaped)"),
        remedy: "did you mean one of \((near.isEmpty ? known : near).joined(separator: ", "))?")
    }
  }

  func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
      && name.utf8.count <= 1000
      && name.unicodeScalars.allSatisfy { $0.value > 32 && $0 != "/" && $0.value != 127 }
  }
}
