/// The members of a JSON object, in order, each key once.
public struct JSONObject: Sendable {
  /// The members in order.
  public private(set) var members: [(key: String, value: JSON)] = []
  /// Where each key stands, once there are many.
  private var positions: [String: Int] = [:]

  /// So many members are searched one by one: most objects are small, and a table costs more.
  private static let searched = 8

  /// An empty object.
  public init() {}

  /// An object of members in order; a later member replaces an earlier one of its key.
  public init(_ members: [(String, JSON)]) {
    for (key, value) in members { self[key] = value }
  }

  /// The value of a key; setting nil removes the member, setting a new key adds it at the end.
  public subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// The keys in order.
  public var keys: [String] { members.map(\.key) }
  /// The number of members.
  public var count: Int { members.count }
  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// Makes room for members that are about to come.
  mutating func reserveCapacity(_ count: Int) {
    members.reserveCapacity(count)
    if count > Self.searched { positions.reserveCapacity(count) }
  }

  private func position(of key: String) -> Int? {
    members.count > Self.searched ? positions[key] : members.firstIndex { $0.key == key }
  }

  private mutating func append(_ key: String, _ value: JSON) {
    members.append((key, value))
    if members.count > Self.searched + 1 {
      positions[key] = members.count - 1
    } else if members.count > Self.searched {
      indexKeys()
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    positions = [:]
    if members.count > Self.searched { indexKeys() }
  }

  private mutating func indexKeys() {
    for (position, member) in members.enumerated() { positions[member.key] = position }
  }
}

extension JSONObject: Equatable {
  /// Whether both have the same members in the same order.
  public static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.members.elementsEqual(b.members) { $0.key == $1.key && $0.value == $1.value }
  }
}
