import Containers
import Diagnostics
import Documents
import Tensors

extension KerasPreset {
  /// The dialect whose folders are presets.
  static let dialect = "keras"
}

extension Output {
  /// What a translated model puts into the destination, and what goes beside it.
  func contents(of model: Translation) throws(CrosswalkError) -> (Contents, [Companion]) {
    let contents = Contents(tensors: model.tensors, metadata: .object(model.metadata))
    guard let config = model.config else { return (contents, []) }
    guard isFolder, model.dialect == KerasPreset.dialect else {
      let metadata = container.adding(Document(config), to: contents.metadata)
      return (
        Contents(tensors: model.tensors, metadata: metadata),
        [Companion(name: "config.json", body: .text(config))]
      )
    }
    return try preset(of: model, config)
  }

  /// KerasHub keeps the backbone apart from what its task adds.
  private func preset(of model: Translation, _ config: JSON) throws(CrosswalkError) -> (
    Contents, [Companion]
  ) {
    let backbone = config["config"]?["backbone"]
    var own = TensorTable()
    var task = TensorTable()
    for (name, tensor) in model.tensors {
      if name.hasPrefix(model.prefix) {
        try own.append(String(name.dropFirst(model.prefix.count)), tensor)
      } else {
        try task.append(name, tensor)
      }
    }
    var companions = [
      Companion(name: KerasPreset.configName, body: .text(backbone ?? config)),
      Companion(
        name: KerasPreset.metadataName,
        body: .text(model.metadata["metadata"] ?? .object(JSONObject()))),
    ]
    if backbone != nil {
      companions.append(Companion(name: KerasPreset.taskName, body: .text(config)))
    }
    if !task.isEmpty {
      let weights = Contents(tensors: task)
      companions.append(Companion(name: KerasPreset.taskWeightsName, body: .weights(weights)))
    }
    return (Contents(tensors: own), companions)
  }
}
