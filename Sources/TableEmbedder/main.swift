import Foundation

// Writes a Swift file that holds the given text files: TableEmbedder OUTPUT FILE...
let arguments = CommandLine.arguments.dropFirst()
guard let output = arguments.first else {
  FileHandle.standardError.write(Data("usage: TableEmbedder OUTPUT FILE...\n".utf8))
  exit(64)
}
var text =
  "/// The table files, by name.\nenum Tables {\n  static let files: [(name: String, text: String)] = [\n"
for path in arguments.dropFirst() {
  let name = URL(filePath: path).deletingPathExtension().lastPathComponent
  let content = try String(contentsOf: URL(filePath: path), encoding: .utf8)
  text += "    (\n      \"\(name)\",\n      ###\"\"\"\n\(content)\n\"\"\"###\n    ),\n"
}
text += "  ]\n}\n"
try text.write(toFile: output, atomically: true, encoding: .utf8)
