import Diagnostics
import Documents

/// What flows into an architecture and out of it.
extension ArchitectureReader {
  mutating func readInputs(_ json: JSON?) throws(CrosswalkError) {
    guard let members = json?.objectValue, !members.isEmpty else {
      throw invalid("an architecture names its inputs", at: "/inputs")
    }
    for (name, description) in members.members {
      let pointer = "/inputs/\(name.pointerEscaped)"
      guard let description = description.objectValue else {
        throw invalid("an input is an object", at: pointer, description)
      }
      try refuseUnknownKeys(
        of: description, known: ["dtype", "axes", "optional", "default", "like", "description"],
        at: pointer)
      values[name] = inputs.count
      inputs.append(
        Input(
          name: name, type: try inputType(description, at: pointer),
          absence: try absence(description, at: pointer)))
    }
    for input in inputs {
      if case .filled(_, let like) = input.absence, members[like] == nil || like == input.name {
        throw invalid("no other input is called '\(like)'", at: "/inputs/\(input.name)/like")
      }
    }
  }

  func inputType(_ json: JSONObject, at pointer: String) throws(CrosswalkError)
    -> TensorType
  {
    guard let element = json["dtype"]?.stringValue.flatMap(TensorType.Element.init(rawValue:))
    else {
      throw invalid(
        "an input's dtype", at: pointer + "/dtype", expected: "'integer', 'floating' or 'mask'",
        json["dtype"] ?? .null)
    }
    guard let list = json["axes"]?.arrayValue else {
      throw invalid("an input names its axes", at: pointer + "/axes")
    }
    var axes: [Axis] = []
    for (position, axis) in list.enumerated() {
      if let name = axis.stringValue {
        axes.append(Axis(name))
      } else if let extent = axis.intValue, extent > 0 {
        axes.append(.width(extent))
      } else if let (name, extent) = axis.objectValue?.members.first,
        let extent = extent.intValue, extent > 0
      {
        axes.append(Axis(name, extent))
      } else {
        throw invalid(
          "an axis", at: "\(pointer)/axes/\(position)",
          expected: "a name, a width, or an object such as {\"heads\": 4}", axis)
      }
    }
    return TensorType(element, axes)
  }

  func absence(_ json: JSONObject, at pointer: String) throws(CrosswalkError)
    -> Input.Absence
  {
    if let fill = json["default"] {
      guard let number = fill.doubleValue, let like = json["like"]?.stringValue else {
        throw invalid(
          "a default is a number in the shape of another input", at: pointer + "/default",
          expected: "a number, and 'like'", fill)
      }
      return .filled(number, like: like)
    }
    return json["optional"]?.boolValue == true ? .allowed : .refused
  }

  mutating func readOutputs(_ json: JSON?) throws(CrosswalkError) {
    guard let members = json?.objectValue, !members.isEmpty else {
      throw invalid("an architecture names its outputs", at: "/outputs")
    }
    for (name, reference) in members.members {
      let pointer = "/outputs/\(name.pointerEscaped)"
      outputs.append((name, try value(reference, at: pointer, in: Scope(carries: values))))
    }
  }
}
