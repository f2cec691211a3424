import Diagnostics

/// Python's pickle machine, restricted to what builds tensors and plain containers.
///
/// It has a stack and a heap, no recursion, and limits on both. A name that is known
/// from attacks is refused where it is mentioned; any other that has no meaning here stays a name,
/// and what would be made with it is described (``ForeignObject``).
/// Source: pickletools of CPython, protocols 2 to 5.
struct PickleMachine {
  var cursor: ByteCursor
  var stack: [PickleValue] = []
  private(set) var objects: [PickleObject] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var steps = 0
  /// Whether it reads what stands as bytes within another pickle.
  let isNested: Bool

  /// The most objects of the heap; a tensor costs seven.
  static let maximumObjects = 4_000_000
  /// The most steps of one pickle.
  static let maximumSteps = 32_000_000

  init(_ bytes: [UInt8], origin: Int = 0, isNested: Bool = false) {
    self.isNested = isNested
    cursor = ByteCursor(bytes, origin: origin)
  }

  /// Runs to the STOP and gives the value left.
  ///
  /// - Throws: `unsafe` for a name that only attacks use, `malformed`, `truncated`,
  ///   `unsupported`, `tooLarge`.
  mutating func run() throws(CrosswalkError) -> PickleValue {
    while true {
      steps += 1
      guard steps <= PickleMachine.maximumSteps else {
        throw refusal(.tooLarge, "the pickle takes more than \(PickleMachine.maximumSteps) steps")
      }
      let start = cursor.step
      do throws(CrosswalkError) {
        let code = try cursor.number(UInt8.self)
        if code == UInt8(ascii: ".") { return try pop() }
        if let value = try constant(code) { stack.append(value) } else { try perform(code) }
      } catch {
        throw error.place.steps.isEmpty ? error.inside(start) : error
      }
    }
  }

  func refusal(_ kind: CrosswalkError.Kind, _ message: String, remedy: String? = nil)
    -> CrosswalkError
  {
    CrosswalkError(kind, message, remedy: remedy)
  }
}

// MARK: stack, heap and memo

extension PickleMachine {
  /// Takes the top of the stack, which may not lie below the last mark.
  mutating func pop() throws(CrosswalkError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw refusal(.malformed, "the pickle takes more from its stack than there is")
    }
    return value
  }

  /// Takes everything above the last mark.
  mutating func popToMark() throws(CrosswalkError) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw refusal(.malformed, "the pickle looks for a mark that it never set")
    }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  mutating func mark() { marks.append(stack.count) }

  /// Puts an object in the heap.
  mutating func make(
    _ kind: PickleObject.Kind, _ items: [PickleValue] = [], by maker: TorchGlobal? = nil
  ) throws(CrosswalkError) -> PickleValue {
    guard objects.count < PickleMachine.maximumObjects else {
      throw refusal(
        .tooLarge, "the pickle makes more than \(PickleMachine.maximumObjects) objects")
    }
    objects.append(PickleObject(kind: kind, items: items, maker: maker))
    return .object(objects.count - 1)
  }

  /// The index and items of a value that must be an object of a kind.
  func object(_ value: PickleValue, _ kind: PickleObject.Kind) throws(CrosswalkError) -> Int {
    guard case .object(let index) = value, objects[index].kind == kind else {
      throw refusal(.malformed, "the pickle uses something else as a \(kind.rawValue)")
    }
    return index
  }

  func items(_ value: PickleValue, _ kind: PickleObject.Kind) throws(CrosswalkError)
    -> [PickleValue]
  {
    objects[try object(value, kind)].items
  }

  /// Adds to the object at the top of the stack.
  mutating func extend(_ kind: PickleObject.Kind, by items: [PickleValue]) throws(CrosswalkError) {
    let value = try pop()
    let index = try receiver(value, kind)
    guard kind != .dictionary || items.count.isMultiple(of: 2) else {
      throw refusal(.malformed, "a key without a value")
    }
    objects[index].items += items
    stack.append(value)
  }

  /// Replaces one item of an object.
  mutating func replace(_ item: Int, of index: Int, by value: PickleValue) {
    objects[index].items[item] = value
  }

  mutating func remember(_ index: Int) throws(CrosswalkError) {
    let value = try pop()
    memo[index] = value
    stack.append(value)
  }

  var memoCount: Int { memo.count }

  mutating func recall(_ index: Int) throws(CrosswalkError) {
    guard let value = memo[index] else {
      throw refusal(.malformed, "the pickle recalls what it never stored")
    }
    stack.append(value)
  }
}
