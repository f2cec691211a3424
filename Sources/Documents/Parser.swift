import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Turns a text into a value: the locator checks it, json-c reads it, and what json-c would pass
/// over in silence is refused.
struct Parser {
  /// The text with a NUL at its end.
  let text: [UInt8]
  let file: String?

  /// Where a value begins, and how many parts it has; in the order of the text.
  private struct Entry {
    var offset: UInt32
    var count: UInt32 = 0
  }

  func parse() throws(CrosswalkError) -> JSON {
    try checkUTF8()
    let entries = try locate()
    let skipped = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let tree: JSONC.Tree
    do {
      tree = try JSONC.parse(
        terminated: skipped == 0 ? text : Array(text.dropFirst(skipped)),
        depth: Document.maximumDepth)
    } catch {
      throw refusal(
        .init(kind: .malformed, message: "this is not JSON", offset: error.offset + skipped),
        cause: error.cause)
    }
    var rest = entries[...]
    return try convert(tree.root, &rest)
  }

  private func checkUTF8() throws(CrosswalkError) {
    guard String(validating: text, as: UTF8.self) == nil else { return }
    var parser = Unicode.UTF8.ForwardParser()
    var bytes = text.makeIterator()
    var offset = 0
    while case .valid(let scalar) = parser.parseScalar(from: &bytes) { offset += scalar.count }
    throw CrosswalkError(
      .malformed, "the text is not UTF-8",
      at: Place(file: file, lineStep(of: offset, in: text), .byte(UInt64(offset))))
  }

  /// The values of the text in order.
  private func locate() throws(CrosswalkError) -> [Entry] {
    var locator = Locator(terminated: text)
    var entries: [Entry] = []
    var open: [Int] = []
    do {
      while true {
        switch try locator.next() {
        case .opened(let offset):
          open.append(entries.count)
          entries.append(Entry(offset: UInt32(clamping: offset)))
        case .scalar(let offset): entries.append(Entry(offset: UInt32(clamping: offset)))
        case .closed(let frame):
          if let index = open.popLast() { entries[index].count = UInt32(clamping: frame.count) }
        case .finished: return entries
        }
      }
    } catch {
      throw refusal(error, pointer: locator.pointer)
    }
  }

  /// A value of json-c's tree, in step with the values of the text.
  ///
  /// It calls itself no deeper than ``Document/maximumDepth``.
  private func convert(_ value: JSONC.Value, _ entries: inout ArraySlice<Entry>)
    throws(CrosswalkError) -> JSON
  {
    guard let entry = entries.popFirst() else { throw outOfStep(at: 0) }
    switch value.kind {
    case .null: return .null
    case .bool: return .bool(value.bool)
    case .string: return .string(value.string ?? "")
    case .number: return .number(try finite(value.number, at: Int(entry.offset)))
    case .integer: return try integer(value.clampedInteger, at: Int(entry.offset))
    case .array: return .array(try elements(of: value, entry, &entries))
    case .object: return .object(try members(of: value, entry, &entries))
    }
  }

  private func elements(
    of value: JSONC.Value, _ entry: Entry, _ entries: inout ArraySlice<Entry>
  ) throws(CrosswalkError) -> [JSON] {
    let count = value.elementCount
    guard count == entry.count else { throw outOfStep(at: Int(entry.offset)) }
    var elements: [JSON] = []
    elements.reserveCapacity(count)
    for index in 0..<count { elements.append(try convert(value.element(index), &entries)) }
    return elements
  }

  private func members(
    of value: JSONC.Value, _ entry: Entry, _ entries: inout ArraySlice<Entry>
  ) throws(CrosswalkError) -> JSONObject {
    // json-c keeps one member for each key.
    guard value.memberCount == entry.count else { throw duplicate(inObjectAt: Int(entry.offset)) }
    var object = JSONObject()
    object.reserveCapacity(Int(entry.count))
    try value.forEachMember { (key, member) throws(CrosswalkError) in
      object[key] = try convert(member, &entries)
    }
    // To Swift, keys that differ only in how their accents are composed are one.
    guard object.count == entry.count else { throw duplicate(inObjectAt: Int(entry.offset)) }
    return object
  }
}

// MARK: numbers

extension Parser {
  private func finite(_ number: Double, at offset: Int) throws(CrosswalkError) -> Double {
    guard number.isFinite else {
      throw refusal(
        .init(
          kind: .malformed, message: "the number is too large for binary64", offset: offset))
    }
    return number
  }

  /// The integer of a literal, exactly; json-c clamps what 64 bits do not hold.
  private func integer(_ clamped: Int64, at offset: Int) throws(CrosswalkError) -> JSON {
    if clamped != .min && clamped != .max { return .integer(clamped) }
    let literal = Locator(terminated: text).integerLiteral(at: offset)
    if let value = Int64(literal) { return .integer(value) }
    if let value = UInt64(literal) { return .unsigned(value) }
    if let value = Double(literal), value.isFinite, exactDecimal(of: value) == literal {
      return .number(value)
    }
    throw refusal(
      .init(
        kind: .malformed, message: "the integer is too large to be held exactly", offset: offset,
        expected: "an integer of 64 bits, or one that binary64 holds",
        found: String(literal.prefix(40))))
  }

  /// All digits of an integral number.
  private func exactDecimal(of value: Double) -> String {
    // The longest has 309 digits and a sign.
    var digits = [CChar](repeating: 0, count: 320)
    _ = withVaList([value]) { vsnprintf(&digits, digits.count, "%.0f", $0) }
    return String(decoding: digits.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

// MARK: refusals

extension Parser {
  private func refusal(_ refusal: Locator.Refusal, pointer: String? = nil, cause: String? = nil)
    -> CrosswalkError
  {
    CrosswalkError(
      refusal.kind, refusal.message,
      at: Place(
        file: file, lineStep(of: refusal.offset, in: text),
        .pointer(pointer ?? self.pointer(at: refusal.offset))),
      expected: refusal.expected, found: refusal.found, cause: cause, remedy: refusal.remedy)
  }

  private func outOfStep(at offset: Int) -> CrosswalkError {
    refusal(.init(kind: .malformed, message: "json-c reads this text otherwise", offset: offset))
  }

  /// The pointer to the value that begins at an offset.
  private func pointer(at offset: Int) -> String {
    var locator = Locator(terminated: text)
    while let step = try? locator.next() {
      switch step {
      case .scalar(let start) where start >= offset: return locator.pointer
      case .opened(let start) where start >= offset: return locator.pointer
      case .finished: return ""
      default: continue
      }
    }
    return locator.pointer
  }

  /// The refusal of the first key that stands a second time in an object.
  private func duplicate(inObjectAt start: Int) -> CrosswalkError {
    var locator = Locator(terminated: text)
    var seen: Set<String> = []
    while let step = try? locator.next() {
      if case .finished = step { break }
      // The object's own frame, each time it has a new key.
      guard let frame = locator.stack.first(where: { $0.start == start }),
        frame.count > seen.count, let literal = frame.key
      else { continue }
      let key = JSONC.string(ofLiteral: text[literal])
      if !seen.insert(key).inserted {
        return refusal(
          .init(
            kind: .malformed, message: "the key '\(key)' stands twice in one object",
            offset: literal.lowerBound),
          pointer: locator.pointer)
      }
    }
    return outOfStep(at: start)
  }
}
