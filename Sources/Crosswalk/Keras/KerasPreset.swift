import Containers
import Diagnostics
import Documents
import Tensors

extension KerasPreset {
  /// The dialect whose folders are presets.
  static let dialect = "keras"

  /// What stands before the backbone's names in a file of a task: Keras makes it of the class.
  static func prefix(of config: JSON?) -> String {
    guard let name = config?["config"]?["backbone"]?["class_name"]?.stringValue else { return "" }
    return "layers/\(snakeCase(name))/"
  }

  /// A class's name as Keras writes it in paths: `GPTNeoXBackbone` is `gpt_neo_x_backbone`.
  private static func snakeCase(_ name: String) -> String {
    let letters = Array(name)
    var words = ""
    for (index, letter) in letters.enumerated() {
      let next = letters.indices.contains(index + 1) ? letters[index + 1] : "A"
      if index > 0, letter.isUppercase, next.isLowercase || letters[index - 1].isLowercase {
        words += "_"
      }
      words += letter.lowercased()
    }
    return words
  }
}

extension Output {
  /// What a translated model puts into the destination, and what goes beside it.
  func parcel(of model: Translation, generation: JSON?) throws(CrosswalkError) -> Parcel {
    let contents = Contents(tensors: model.tensors, metadata: .object(model.metadata))
    guard let config = model.config else { return Parcel(contents: contents, companions: []) }
    guard isFolder, model.dialect == KerasPreset.dialect else {
      let metadata = container.adding(Document(config), to: contents.metadata)
      return Parcel(
        contents: Contents(tensors: model.tensors, metadata: metadata),
        companions: Companion.config(config, generation: generation), notes: model.notes)
    }
    return try preset(of: model, config)
  }

  /// KerasHub keeps the backbone apart from what its task adds.
  private func preset(of model: Translation, _ config: JSON) throws(CrosswalkError) -> Parcel {
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
    return Parcel(
      contents: Contents(tensors: own), companions: companions, notes: model.notes)
  }
}
