import Foundation
import PackagePlugin

/// Puts every JSON file of a target's `Tables` folder into the target as text, so that a new
/// family is one file and the executable stays one file.
@main
struct EmbedTables: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Tables")
    let output = context.pluginWorkDirectoryURL.appending(path: "Tables.swift")
    let files = try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
      .sorted { $0.path < $1.path }
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) tables",
        executable: try context.tool(named: "TableEmbedder").url,
        arguments: [output.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
    ]
  }
}
