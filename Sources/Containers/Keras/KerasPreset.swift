import Diagnostics
import Documents
import Tensors

/// A folder as KerasHub's `save_to_preset` writes it: the backbone's config and weights, and beside
/// them those of the task that it is for.
public enum KerasPreset {
  /// The backbone's weights.
  public static let weightsName = Keras.weightsName
  /// The backbone's config.
  public static let configName = Keras.configName
  /// Which Keras wrote it.
  public static let metadataName = Keras.metadataName
  /// The task's config, with the backbone's in it.
  public static let taskName = "task.json"
  /// The task's weights that are not the backbone's, where it has some.
  public static let taskWeightsName = "task.weights.h5"
  /// What stands before the backbone's names, where the task has weights too: in a folder both are
  /// called `layers/…`.
  public static let backbonePrefix = "backbone/"

  /// A task's config, and what the backbone's contents become with its weights.
  struct Task {
    let config: Document
    var contents: Contents
    var files: [String]
  }

  /// Reads what a folder has beside the backbone's contents; nil for a folder without a task.
  static func task(in folder: String, beside backbone: Contents) throws(CrosswalkError) -> Task? {
    let path = Folder.path(folder, taskName)
    guard FileKind.of(path) == .file, backbone.tensors.names.contains(where: KerasFacts.isVariable)
    else { return nil }
    let config = try Document(reading: path)
    guard config.root["config"]?["backbone"] != nil else { return nil }
    var task = Task(config: config, contents: backbone, files: [])
    let weights = Folder.path(folder, taskWeightsName)
    guard FileKind.of(weights) == .file else { return task }
    let (_, own) = try ContainerRegistry.open(FileReader(weights))
    task.contents.tensors = try backbone.tensors.renamed { backbonePrefix + $0 }
    for (name, tensor) in own.tensors { try task.contents.tensors.append(name, tensor) }
    task.files = [weights]
    return task
  }
}
