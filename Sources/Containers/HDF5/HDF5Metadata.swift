import Diagnostics
import Documents
import Tensors

/// Metadata in HDF5's form, checked for what can be written.
struct HDF5Metadata {
  /// The root's attributes in order.
  let root: [(String, JSON)]
  /// The paths that have attributes, or are groups to be made.
  let objects: [String]
  /// Links by path, in order.
  let links: [(path: String, link: Link)]
  private let attributesByPath: [String: JSONObject]
  private let linksByPath: [String: Link]

  /// A further name of an object.
  struct Link {
    var isSoft: Bool
    var target: String
  }

  /// Understands metadata; without a member `attributes` it is the root's attributes itself.
  ///
  /// - Throws: `unsupported`, naming a member that HDF5 has no place for.
  init(_ metadata: JSON) throws(CrosswalkError) {
    let members = metadata.objectValue ?? JSONObject()
    let form =
      members["attributes"]?.objectValue == nil
      ? JSONObject([("attributes", .object(members))]) : members
    // What an archive of Keras says of itself is not for the weights in it.
    let known = ["attributes", "objects", "skipped"] + Keras.descriptions
    if let key = form.keys.first(where: { !known.contains($0) }) {
      throw CrosswalkError(
        .unsupported, "HDF5 has no place for this metadata", at: Place(.key(key)),
        remedy: "move it into 'attributes'")
    }
    root = Self.members(form["attributes"])
    var attributes: [String: JSONObject] = [:]
    for (path, value) in Self.members(form["objects"]) {
      attributes[Self.cleaned(path)] = value.objectValue ?? JSONObject()
    }
    objects = Self.members(form["objects"]).map { Self.cleaned($0.0) }.filter { !$0.isEmpty }
    attributesByPath = attributes
    links = Self.members(form["links"]).compactMap { path, value in
      value["target"]?.stringValue.map {
        (Self.cleaned(path), Link(isSoft: value["kind"]?.stringValue == "soft", target: $0))
      }
    }
    linksByPath = Dictionary(links.map { ($0.path, $0.link) }) { first, _ in first }
  }

  private static func members(_ value: JSON?) -> [(String, JSON)] {
    (value?.objectValue?.members ?? []).map { ($0.key, $0.value) }
  }

  /// A path with one slash before each part.
  private static func cleaned(_ path: String) -> String {
    HDF5.steps(of: path).map { "/" + $0 }.joined()
  }

  /// The attributes of a group or dataset, in order.
  func attributes(of path: String) -> [(String, JSON)] {
    (attributesByPath[path]?.members ?? []).map { ($0.key, $0.value) }
  }

  /// The path that a soft link at this path shall hold.
  func softTarget(of path: String) -> String? {
    linksByPath[path].flatMap { $0.isSoft ? $0.target : nil }
  }

  /// The word by which a dataset of this dtype is kept as opaque bytes, nil when it is numbers.
  ///
  /// Formats that are not IEEE's always are: HDF5 would read their largest numbers as infinities.
  func opaqueWord(_ path: String, _ dtype: DType) -> String? {
    if [.f8e4m3, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0].contains(dtype) {
      return HDF5.opaqueDTypes.first { $0.value == dtype }?.key
    }
    guard let word = attributesByPath[path]?["dtype"]?.stringValue else { return nil }
    return HDF5.opaqueDTypes[word] == dtype ? word : nil
  }
}

extension HDF5 {
  /// The words of the attribute `dtype` with which Keras names opaque elements.
  static let opaqueDTypes: [String: DType] = [
    "bfloat16": .bf16, "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2,
    "float8_e4m3fnuz": .f8e4m3fnuz, "float8_e5m2fnuz": .f8e5m2fnuz, "float8_e8m0fnu": .f8e8m0,
  ]

  /// The path that a link's target is, seen from the link, without following further links.
  static func resolved(_ target: String, from link: String) -> String {
    let base = target.utf8.first == UInt8(ascii: "/") ? "" : parent(of: link)
    return base + steps(of: target).filter { $0 != "." }.map { "/" + $0 }.joined()
  }
}
