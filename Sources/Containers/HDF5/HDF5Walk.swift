import Diagnostics
import Documents
import Tensors

/// The walk over a file that makes its survey; the only reading that libhdf5 does for us.
///
/// The way down is kept on a stack of ours: a file of 20,000 nested groups overflows the
/// system's. Each object is entered once, by its address, so a circle of links ends.
struct HDF5Walk {
  private var survey = HDF5Survey()
  private var firstPath: [UInt64: String] = [:]
  private var stack: [Level] = []
  private var userBlock = 0
  /// What is left of ``HDF5Survey/Limits/byteCount``.
  private var budget = HDF5Survey.Limits.byteCount

  /// A group on the way down, with the links still to follow.
  private struct Level {
    let path: String
    let group: HDF5Handle
    let links: [HDF5Link]
    var next = 0
  }

  /// Surveys a file, or what lies in a window of it.
  ///
  /// - Throws: `malformed`, `unsafe` or `tooLarge`, naming the object.
  static func survey(_ path: String, window: Range<Int>? = nil) throws(CrosswalkError)
    -> HDF5Survey
  {
    let file = try HDF5Handle.file(reading: path, window: window)
    var walk = HDF5Walk()
    walk.survey.superblock = try file.superblockVersion()
    walk.userBlock = try file.userBlock()
    let root = try file.object(".")
    walk.firstPath[try root.address()] = ""
    try walk.enter(root, at: "")
    while let level = walk.stack.last {
      guard level.next < level.links.count else {
        walk.stack.removeLast()
        continue
      }
      walk.stack[walk.stack.count - 1].next += 1
      let link = level.links[level.next]
      let path = level.path + "/" + link.name
      do {
        try walk.follow(link, of: level.group, at: path)
      } catch {
        throw error.inside(.object(path.shortened))
      }
    }
    return walk.survey
  }

  private mutating func follow(_ link: HDF5Link, of group: HDF5Handle, at path: String)
    throws(CrosswalkError)
  {
    try spend(path.utf8.count + 64)
    switch link.kind {
    case .hard: try visit(try group.object(link.name), at: path)
    case .soft: add(path, .softLink(try group.softTarget(link)))
    case .external: add(path, try group.externalTarget(link))
    case .other: add(path, .other("a link of a kind unknown here"))
    }
  }

  private mutating func visit(_ object: HDF5Handle, at path: String) throws(CrosswalkError) {
    if let known = firstPath.updateValue(path, forKey: try object.address()) {
      firstPath[try object.address()] = known
      return add(path, .hardLink(known))
    }
    switch object.objectKind() {
    case .group: try enter(object, at: path)
    case .dataset:
      let limit = budget / 32
      var dataset = try object.dataset(userBlock: userBlock, chunkLimit: limit)
      try spend(dataset.cost)
      let (attributes, skipped) = try attributes(of: object)
      dataset.element = dataset.element.given(attributes)
      add(path, .dataset(dataset), attributes, skipped)
    case .other:
      let (attributes, skipped) = try attributes(of: object)
      add(path, .other("a named datatype"), attributes, skipped)
    }
  }

  private mutating func enter(_ group: HDF5Handle, at path: String) throws(CrosswalkError) {
    guard stack.count < HDF5Survey.Limits.depth else {
      throw CrosswalkError(
        .tooLarge, "groups nested deeper than \(HDF5Survey.Limits.depth) levels")
    }
    let links = try group.links(atMost: HDF5Survey.Limits.entries - survey.entries.count)
    let (attributes, skipped) = try attributes(of: group)
    add(path, .group(links: links.count), attributes, skipped)
    stack.append(Level(path: path, group: group, links: links))
  }

  private mutating func attributes(of object: HDF5Handle) throws(CrosswalkError)
    -> (JSONObject, [HDF5Survey.Skipped])
  {
    var attributes = JSONObject()
    var skipped: [HDF5Survey.Skipped] = []
    for name in try object.attributeNames(atMost: budget / 64) {
      try spend(name.utf8.count + 64)
      switch try object.attribute(name) {
      case .value(let value):
        try spend(value.cost)
        attributes[name] = value
      case .skipped(let reason): skipped.append(.init(name: name, reason: reason))
      }
    }
    return (attributes, skipped)
  }

  private mutating func add(
    _ path: String, _ target: HDF5Survey.Target, _ attributes: JSONObject = JSONObject(),
    _ skipped: [HDF5Survey.Skipped] = []
  ) {
    survey.entries.append(
      .init(path: path, target: target, attributes: attributes, skippedAttributes: skipped))
  }

  private mutating func spend(_ cost: Int) throws(CrosswalkError) {
    guard survey.entries.count < HDF5Survey.Limits.entries else { throw HDF5Limit.entries }
    guard cost <= budget else { throw HDF5Limit.byteCount }
    budget -= cost
  }
}

extension HDF5Survey.Element {
  /// The element, seen with its dataset's attributes: an opaque one may be named by `dtype`.
  fileprivate func given(_ attributes: JSONObject) -> HDF5Survey.Element {
    guard case .opaque(let byteCount) = self else { return self }
    guard let dtype = attributes["dtype"]?.stringValue.flatMap({ HDF5.opaqueDTypes[$0] }),
      dtype.byteCount == byteCount
    else { return .other("opaque items of \(byteCount) bytes") }
    return .number(dtype, bigEndian: false)
  }
}

extension HDF5Survey.Dataset {
  /// Roughly the bytes that the survey spends on it.
  fileprivate var cost: Int {
    switch layout {
    case .compact(let bytes): bytes.count + 64
    case .chunked(let chunking): chunking.chunks.count * 32 + 64
    case .external(let segments): segments.reduce(64) { $0 + $1.file.utf8.count + 32 }
    case .virtual(let mappings):
      mappings.reduce(64) {
        $0 + $1.file.utf8.count + $1.dataset.utf8.count + 80 * ($1.target.start.count + 1)
      }
    default: 64
    }
  }
}

extension JSON {
  /// Roughly the bytes of a value read from an attribute, whose nesting is bounded by its rank.
  fileprivate var cost: Int {
    switch self {
    case .string(let text): text.utf8.count + 16
    case .array(let items): items.reduce(16) { $0 + $1.cost }
    default: 16
    }
  }
}

extension String {
  /// A path that still fits a line, however deep it leads.
  fileprivate var shortened: String {
    utf8.count > 200 ? String(prefix(160)) + "…" : self
  }
}
