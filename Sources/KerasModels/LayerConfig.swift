import Diagnostics
import Documents

/// A layer as a config writes it: its class, its settings, and the calls that were made of it.
///
/// One object stands for one layer however often it is called, so that its weights are one.
final class LayerConfig {
  /// The class: `Dense`.
  let className: String
  /// The name by which the model knows it.
  let name: String
  /// Its settings.
  let settings: JSONObject
  /// The function of TensorFlow that it is, if it is one: an operation, too.
  let function: TensorFlowFunction?
  /// Whether it is an operation of `keras.ops`, which has no weights and no place among the layers.
  let isOperation: Bool
  /// Whether its weights are kept as small integers.
  let isQuantised: Bool
  /// Where it stands in the config.
  let cursor: DocumentCursor
  /// The version of Keras that wrote it.
  let version: Int
  /// Whether it is within another layer, which the config has in its place.
  let isPart: Bool
  /// Its weights, once it has been called.
  var weights: [LayerWeight] = []
  /// The name of its class in Keras's program.
  var programName: String?
  /// How often it has been called.
  var calls = 0
  /// The model that it is, if it is one.
  let model: ModelConfig?
  /// Layers within it, by the names that its table gives them.
  var parts: [String: LayerConfig] = [:]

  /// Reads a layer.
  ///
  /// - Throws: `invalidConfig` for an object that is no layer.
  init(_ cursor: DocumentCursor, version: Int, isPart: Bool = false) throws(CrosswalkError) {
    self.cursor = cursor
    self.isPart = isPart
    self.version = version
    function = try TensorFlowFunction(cursor)
    className =
      if let function { function.className } else {
        try cursor.require("class_name").string()
      }
    let config = try cursor.require("config")
    let module = cursor.value["module"]?.stringValue ?? ""
    // Old files do not say the module: what is no layer cannot be trained or not.
    let isUntold = module.isEmpty && version >= 3 && config.value["trainable"] == nil
    let isTold = module.contains(".ops.")
    isOperation =
      function != nil ? true : isUntold ? try LayerLibrary.isKnown("ops.\(className)") : isTold
    let registered = cursor.value["registered_name"]?.stringValue ?? ""
    tableName =
      if isOperation { "ops." + className } else if registered.contains(">") { registered } else {
        registered.isEmpty || module.isEmpty || module.hasPrefix("keras")
          ? className : "Custom>\(className)"
      }
    model =
      ModelConfig.classes.contains(className) && config.value["layers"] != nil
      ? try ModelConfig(config, className: className, version: version) : nil
    settings = config.value.objectValue ?? JSONObject()
    let policy = settings["dtype"]
    let kind = policy?["class_name"]?.stringValue ?? policy?.stringValue ?? ""
    isQuantised = kind.hasPrefix("Quantized") || kind.contains("_from_")
    name = (cursor.value["name"] ?? settings["name"])?.stringValue ?? className.snakeCased
  }

  /// What the config calls it wherever it stands, so that a layer within another is known again.
  var sharedID: Int? { cursor.value["shared_object_id"]?.intValue }

  /// Whether training changes its weights.
  var isTrainable: Bool { settings["trainable"]?.boolValue ?? true }

  /// The name of its table: the class of a layer of Keras's own, and `keras_hub>TransformerEncoder`
  /// for a layer that is registered elsewhere.
  let tableName: String

  /// The name as the graph has it: without what a node's name may not have.
  var nodeName: String {
    var text = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { $0.value <= 32 || "/{}@".unicodeScalars.contains($0) ? "_" : $0 })
    )
    if text.split(separator: ".", omittingEmptySubsequences: false).contains(where: \.isEmpty) {
      text = text.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "_")
    }
    return text.isEmpty ? "_" : text
  }

  /// Names the layer in an error.
  func placed(_ error: CrosswalkError) -> CrosswalkError {
    var error = error
    error.place.steps.removeAll { if case .line = $0 { true } else { false } }
    error.place.file = nil
    var place = cursor.place
    place.steps += [.layer(name, of: className)] + error.place.steps
    error.place = place
    return error
  }
}

/// A weight of a layer: where Keras keeps it, and which parameter it is.
struct LayerWeight {
  /// Its paths in Keras 3's tree, below the layer: `vars/0`.
  var paths: [String]
  /// Its names in Keras 2's lists, below the layer: `kernel`.
  var names: [String]
  /// The parameters.
  let ours: [String]
  /// The steps from theirs to ours.
  let steps: JSON?
  /// Whether training changes it.
  var isTrainable: Bool
  /// Why it is no parameter, if it is none.
  var ignored: String?
  /// Whether it is another layer's, which only Keras 2's lists have once more.
  var isCopy = false
  /// The shape of the zeros that stand for it where a file must have it.
  var zeros: JSON?
}

extension String {
  /// The name that Keras makes of a class's: `multi_head_attention`.
  var snakeCased: String {
    var words = ""
    let letters = Array(
      unicodeScalars.filter {
        $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
      })
    for (position, letter) in letters.enumerated() {
      let isUpper = letter.properties.isUppercase
      if isUpper, position > 0 {
        let before = letters[position - 1]
        let after = position + 1 < letters.count ? letters[position + 1] : nil
        // keras.utils.naming: (.)([A-Z][a-z]+) first, then ([a-z])([A-Z]).
        if before != "_", after?.properties.isLowercase == true || before.properties.isLowercase {
          words += "_"
        }
      }
      words += String(letter).lowercased()
    }
    return words
  }
}
