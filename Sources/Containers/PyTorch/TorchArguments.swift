public import Diagnostics
public import Documents

extension PyTorch {
  /// What a training program was told, where it has kept that beside the model.
  ///
  /// These are the arguments of its command line, or of the model in its configuration, as fairseq
  /// keeps them: `args`, `cfg.model`. Nothing of it is made an object of its class.
  public static func config(in contents: Contents, of path: String) throws(CrosswalkError)
    -> Document?
  {
    let values = contents.metadata["values"]
    let candidates = [values?["args"], member("model", of: values?["cfg"])]
    let told = candidates.compactMap { $0.flatMap(plain)?.objectValue }
    return told.first { $0["arch"] != nil || $0["_name"] != nil }.map { Document(.object($0)) }
  }

  private static func member(_ name: String, of value: JSON?) -> JSON? {
    value.flatMap(plain)?[name]
  }

  /// A description of a namespace or of OmegaConf's nodes as the values that they hold.
  private static func plain(_ value: JSON) -> JSON? {
    if let items = value.arrayValue { return .array(items.map { plain($0) ?? .null }) }
    guard let object = value.objectValue else { return value }
    guard let name = object["__class__"]?.stringValue else {
      return .object(JSONObject(object.members.map { ($0.key, plain($0.value) ?? .null) }))
    }
    let state = object["state"]
    if name == "argparse.Namespace" { return state.flatMap(plain) }
    guard name.hasPrefix("omegaconf.") else { return value }
    return (state?["_content"] ?? state?["_val"]).flatMap(plain)
  }
}
