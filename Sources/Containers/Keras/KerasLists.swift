import Documents

/// What Keras 2 wrote into the attributes of an HDF5 file, and Keras 3 still does for `.h5`.
public struct KerasLists: Sendable {
  /// The model's config as a text; nil where only weights were saved.
  public let config: String?
  /// The tensors of each layer in the model's order; nil where the file has no such lists.
  public let layers: [(name: String, tensors: [String])]?

  /// Finds the lists in the metadata of contents.
  public init(of contents: Contents) {
    let metadata = contents.metadata
    let objects = metadata["objects"]
    config = metadata["attributes"]?["model_config"]?.stringValue
    let isWhole = objects?["/model_weights"] != nil
    let root = isWhole ? objects?["/model_weights"] : metadata["attributes"]
    guard let names = KerasFacts.pieces(of: "layer_names", { root?[$0] }) else {
      layers = nil
      return
    }
    let folder = isWhole ? "model_weights/" : ""
    layers = names.compactMap(\.stringValue).map { layer in
      let group = objects?["/\(folder)\(layer)"]
      let weights = KerasFacts.pieces(of: "weight_names") { group?[$0] } ?? []
      return (layer, weights.compactMap(\.stringValue).map { "\(folder)\(layer)/\($0)" })
    }
  }
}
