import Containers
import Diagnostics
import Documents
import Families
import KerasModels

extension ModelCheckpoint {
  /// The family of one that a Keras model is whose config says how its layers connect; nil for any
  /// other checkpoint.
  ///
  /// - Parameter tables: tables of the model's own layers.
  static func kerasFamily(of checkpoint: Checkpoint, tables: Document? = nil)
    throws(CrosswalkError) -> Family?
  {
    let contents = checkpoint.contents
    let lists = KerasLists(of: contents)
    var found = checkpoint.config
    if found == nil, let text = lists.config {
      do throws(CrosswalkError) {
        found = try Document(parsing: text, file: checkpoint.path)
      } catch { throw error.inside(.key("model_config")) }
    }
    guard let config = found, KerasModels.recognises(config) else { return nil }
    return try KerasModels.family(
      of: KerasModels.Description(
        config: config, version: KerasFacts(of: contents)?.version, layers: lists.layers,
        tables: tables),
      tensors: contents.tensors)
  }
}
