import Diagnostics
import Documents

/// The index in a repeated block's name: `{i}` in `encoder.layers.{i}`.
struct Capture {
  let variable: String?

  init(
    in name: String, isNeeded: Bool, failure: (String) -> CrosswalkError
  ) throws(CrosswalkError) {
    let parts = name.split(separator: "{", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw failure("a block's name has one index at most") }
    guard parts.count == 2 else {
      guard !isNeeded else { throw failure("a repeated block's name needs an index such as {i}") }
      variable = nil
      return
    }
    guard parts[1].hasSuffix("}"), parts[0].hasSuffix("."), parts[1].count > 1 else {
      throw failure("the index of a block is the last part of its name: 'layers.{i}'")
    }
    variable = String(parts[1].dropLast())
  }

  /// The name without its index.
  func base(of name: String) -> String {
    guard let variable else { return name }
    return String(name.dropLast(variable.count + 3))
  }
}

/// A block's name as others refer to it: without its index, whatever that is called.
package func blockBase(of name: String) -> String {
  guard name.hasSuffix("}"), let dot = name.lastIndex(of: ".") else { return name }
  return String(name[..<dot])
}

/// What names mean inside a block.
///
/// A reference is looked up innermost first: what the block carries, then nodes of this block,
/// then those of the blocks around it.
struct Scope {
  var prefix = ""
  var carries: [String: Int]
  var indices: [(variable: String, iteration: Int)] = []
  var depth = 0
  /// How often a node here runs, by what counted steps around it say.
  var times = 1
  /// Under whose name parameters go, where that is not the block's own.
  var owner: String?
  private var outer: [(prefix: String, carries: [String: Int])] = []

  init(carries: [String: Int]) { self.carries = carries }

  func entering(_ name: String, capture: Capture, iteration: Int, carries: [String: Int]) -> Scope {
    var scope = self
    if let variable = capture.variable { scope.indices.append((variable, iteration)) }
    scope.prefix = scope.full(name)
    scope.owner = scope.owned(name)
    scope.outer.insert((prefix, self.carries), at: 0)
    scope.carries = carries
    scope.depth += 1
    return scope
  }

  func full(_ name: String) -> String {
    let name = substituted(name)
    return prefix.isEmpty ? name : "\(prefix).\(name)"
  }

  /// The name that a node's parameters have, where blocks share theirs.
  func owned(_ name: String?) -> String? {
    guard let owner, let name else { return nil }
    return "\(owner).\(substituted(name))"
  }

  func find(_ reference: String, in values: [String: Int]) -> Int? {
    let reference = substituted(reference)
    for (prefix, carries) in [(prefix, carries)] + outer {
      if let value = carries[reference] { return value }
      if let value = values[prefix.isEmpty ? reference : "\(prefix).\(reference)"] { return value }
    }
    return nil
  }

  /// The text with each `{i}` replaced by its index.
  func substituted(_ text: String) -> String {
    guard text.contains("{") else { return text }
    var text = text
    for (variable, iteration) in indices {
      text = text.split(separator: "{\(variable)}", omittingEmptySubsequences: false)
        .joined(separator: String(iteration))
    }
    return text
  }

  /// Settings with each `{"each": [...]}` replaced by this iteration's value.
  func iterated(_ settings: JSONObject) -> JSONObject {
    guard let iteration = indices.last?.iteration else { return settings }
    var settings = settings
    for (key, value) in settings.members {
      if let each = value["each"]?.arrayValue {
        settings[key] = each.indices.contains(iteration) ? each[iteration] : .null
      } else if let inner = value.objectValue, !inner.isEmpty {
        // What this iteration does not say is not there, nor an object that says nothing.
        let said = JSONObject(iterated(inner).members.filter { !$0.value.isNull })
        settings[key] = said.isEmpty ? nil : .object(said)
      }
    }
    return settings
  }

  /// The names in an object of names.
  func names(_ json: JSON?) -> [String: String] {
    var names: [String: String] = [:]
    for (key, value) in json?.objectValue.map(iterated)?.members ?? [] {
      names[key] = value.stringValue.map(substituted)
    }
    return names
  }
}
