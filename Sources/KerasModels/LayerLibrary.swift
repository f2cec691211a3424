import Diagnostics
import Documents
import Families

/// The tables of the layers that are understood, one file each or one for several that are alike.
struct LayerLibrary {
  /// Tables of a user's own, which come first.
  private let own: [LayerTable]

  /// Reads a user's own tables: one, or a file of several.
  ///
  /// - Throws: `invalidDocument` with the place.
  init(_ own: Document?) throws(CrosswalkError) {
    var tables: [LayerTable] = []
    for part in try own.map(KerasModels.tables(in:)) ?? [] {
      tables.append(try LayerTable(part, base: Self.document(named:)))
    }
    self.own = tables
  }

  /// The table for a layer; nil for one that no table is for.
  func table(for layer: LayerConfig) throws(CrosswalkError) -> LayerTable? {
    if let table = own.first(where: {
      $0.classes.contains(layer.className) || $0.classes.contains(layer.tableName)
    }) {
      return table
    }
    return try Self.table(for: layer.tableName)
  }

  /// Whether a table that comes with the product is for a class.
  static func isKnown(_ name: String) throws(CrosswalkError) -> Bool { try table(for: name) != nil }

  /// The table for a class.
  ///
  /// - Parameter name: the class's name, with the package that it is registered in where it is not
  ///   Keras's own; behind `ops.` for an operation of `keras.ops`.
  private static func table(for name: String) throws(CrosswalkError) -> LayerTable? {
    // Only what has the word in it is parsed.
    for file in Tables.files where file.text.contains("\"\(name)\"") && !file.name.hasPrefix("_") {
      let table = try table(named: file.name)
      if table.classes.contains(name) { return table }
    }
    return nil
  }

  /// Every table, for what lists them.
  static func tables() throws(CrosswalkError) -> [LayerTable] {
    var tables: [LayerTable] = []
    for file in Tables.files where !file.name.hasPrefix("_") {
      tables.append(try table(named: file.name))
    }
    return tables
  }

  private static func table(named name: String) throws(CrosswalkError) -> LayerTable {
    try LayerTable(document(named: name), base: document(named:))
  }

  /// A file of the product's own, by its name without the ending.
  static func document(named name: String) throws(CrosswalkError) -> Document {
    guard let file = Tables.files.first(where: { $0.name == name }) else {
      throw CrosswalkError(.invalidDocument, "no table of a layer is called '\(name)'")
    }
    return try Document(parsing: file.text, file: "\(name).json")
  }
}
