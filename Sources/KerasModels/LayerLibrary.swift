import Diagnostics
import Documents
import Families

/// The tables of the layers that are understood, one file each or one for several that are alike.
enum LayerLibrary {
  /// The table for a class.
  ///
  /// - Parameter name: the class's name; behind `ops.` for an operation of `keras.ops`.
  /// - Returns: nil for a class that no table is for.
  static func table(for name: String) throws(CrosswalkError) -> LayerTable? {
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

  private static func document(named name: String) throws(CrosswalkError) -> Document {
    guard let file = Tables.files.first(where: { $0.name == name }) else {
      throw CrosswalkError(.invalidDocument, "no table of a layer is called '\(name)'")
    }
    return try Document(parsing: file.text, file: "\(name).json")
  }
}
