import Diagnostics
import Documents

/// A JSON value as an attribute: a shape, and items of one sort in row-major order.
enum HDF5Value {
  case empty
  case strings([Int], [String])
  case signed([Int], [Int64])
  case unsigned([Int], [UInt64])
  case numbers([Int], [Double])
  case truths([Int], [Bool])

  /// Finds the form for a value.
  ///
  /// What is no rectangle of items of one sort, such as an object, is kept as its JSON text.
  init(_ value: JSON) {
    var shape: [Int] = []
    var items = [value]
    while case .array(let first)? = items.first {
      guard let level = HDF5Value.flattened(items, length: first.count) else {
        self = .strings([], [value.text(indented: false)])
        return
      }
      shape.append(first.count)
      items = level
    }
    self = HDF5Value.typed(shape, items) ?? .strings([], [value.text(indented: false)])
  }

  private static func flattened(_ rows: [JSON], length: Int) -> [JSON]? {
    var items: [JSON] = []
    for row in rows {
      guard let row = row.arrayValue, row.count == length else { return nil }
      items += row
    }
    return items
  }

  private static func typed(_ shape: [Int], _ items: [JSON]) -> HDF5Value? {
    // Keras writes a list of no names so: numbers, and none of them.
    if items.isEmpty { return .numbers(shape, []) }
    if shape.isEmpty && items[0].isNull { return .empty }
    if let items = all(items, \.stringValue) { return .strings(shape, items) }
    if let items = all(items, \.boolValue) { return .truths(shape, items) }
    if let items = all(items, { if case .integer(let value) = $0 { value } else { nil } }) {
      return .signed(shape, items)
    }
    if let items = all(items, unsigned) { return .unsigned(shape, items) }
    return all(items, exactNumber).map { .numbers(shape, $0) }
  }

  private static func all<Item>(_ items: [JSON], _ item: (JSON) -> Item?) -> [Item]? {
    let found = items.compactMap(item)
    return found.count == items.count ? found : nil
  }

  private static func unsigned(_ value: JSON) -> UInt64? {
    switch value {
    case .integer(let value): UInt64(exactly: value)
    case .unsigned(let value): value
    default: nil
    }
  }

  private static func exactNumber(_ value: JSON) -> Double? {
    switch value {
    case .integer(let value): Double(exactly: value)
    case .unsigned(let value): Double(exactly: value)
    case .number(let value): value
    default: nil
    }
  }
}
