import CHDF5
import Diagnostics

/// What the survey asks of data that lies elsewhere: in other files, or in other datasets.
extension HDF5Handle {
  /// The file and the path in it that an external link holds.
  func externalTarget(_ link: HDF5Link) throws(CrosswalkError) -> HDF5Survey.Target {
    guard (3...1 << 16).contains(link.valueSize) else {
      throw CrosswalkError(.malformed, "an external link of \(link.valueSize) bytes")
    }
    var value = [UInt8](repeating: 0, count: link.valueSize + 1)
    _ = try HDF5Library.call("read this external link") {
      value.withUnsafeMutableBytes { buffer in
        H5Lget_val(id, link.name, buffer.baseAddress, link.valueSize, hid_t(H5P_DEFAULT))
      }
    }
    // A version and flags, then two texts that end in NUL.
    let texts = value.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
    guard texts.count >= 2, let file = texts.first else {
      throw CrosswalkError(.malformed, "an external link without its two names")
    }
    return .externalLink(file: try text(file), path: try text(texts[texts.startIndex + 1]))
  }

  /// The stretches of other files that hold a dataset's bytes, by its creation properties.
  func segments() throws(CrosswalkError) -> [HDF5Survey.Segment] {
    let count = try HDF5Library.call("tell about external storage") { H5Pget_external_count(id) }
    guard count <= HDF5Survey.Limits.pieces else { throw HDF5Limit.pieces }
    var segments: [HDF5Survey.Segment] = []
    for index in 0..<UInt32(clamping: count) {
      var name = [UInt8](repeating: 0, count: 4097)
      var offset: off_t = 0
      var size: hsize_t = 0
      _ = try HDF5Library.call("tell about external storage") {
        name.withUnsafeMutableBytes { name in
          H5Pget_external(
            id, index, 4096, name.baseAddress?.assumingMemoryBound(to: CChar.self), &offset, &size)
        }
      }
      // The last may be without end.
      segments.append(
        .init(
          file: try text(name.prefix { $0 != 0 }), offset: try checked(offset),
          byteCount: Int(clamping: size)))
    }
    return segments
  }

  /// The mappings of a virtual dataset, by its creation properties; nil for those that have no end,
  /// or follow no regular pattern.
  func mappings() throws(CrosswalkError) -> [HDF5Survey.Mapping]? {
    var count = 0
    _ = try HDF5Library.call("count a virtual dataset's parts") { H5Pget_virtual_count(id, &count) }
    guard count <= HDF5Survey.Limits.pieces else { throw HDF5Limit.pieces }
    var mappings: [HDF5Survey.Mapping] = []
    for index in 0..<count {
      let target = try HDF5Handle("tell a part's place") { H5Pget_virtual_vspace(id, index) }
      let source = try HDF5Handle("tell a part's source") { H5Pget_virtual_srcspace(id, index) }
      guard let target = try target.selection(), let source = try source.selection() else {
        return nil
      }
      mappings.append(
        .init(
          file: try name { H5Pget_virtual_filename(id, index, $0, 4096) },
          dataset: try name { H5Pget_virtual_dsetname(id, index, $0, 4096) },
          target: target, source: source))
    }
    return mappings
  }

  private func name(_ ask: (UnsafeMutablePointer<CChar>?) -> Int) throws(CrosswalkError) -> String {
    var name = [UInt8](repeating: 0, count: 4097)
    let size = try HDF5Library.call("tell a part's name") {
      name.withUnsafeMutableBytes { ask($0.baseAddress?.assumingMemoryBound(to: CChar.self)) }
    }
    guard size < 4096 else { throw CrosswalkError(.tooLarge, "a name of \(size) bytes") }
    return try text(name.prefix { $0 != 0 })
  }

  /// The elements that a dataspace selects; nil for a pattern that is without end or not regular.
  private func selection() throws(CrosswalkError) -> HDF5Survey.Selection? {
    let none = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    var (start, stride, count, block) = (none, none, none, none)
    var rank = 0
    switch HDF5Library.exclusively({ H5Sget_select_type(id) }) {
    case H5S_SEL_ALL: break
    case H5S_SEL_HYPERSLABS:
      guard try HDF5Library.call("tell a pattern", { H5Sis_regular_hyperslab(id) }) > 0 else {
        return nil
      }
      rank = try shape()?.count ?? 0
      _ = try HDF5Library.call("tell a pattern") {
        H5Sget_regular_hyperslab(id, &start, &stride, &count, &block)
      }
    default: return nil
    }
    guard !(count + block).contains(.max) else { return nil }
    return .init(
      start: try numbers(Array(start.prefix(rank))),
      stride: try numbers(Array(stride.prefix(rank))),
      count: try numbers(Array(count.prefix(rank))),
      block: try numbers(Array(block.prefix(rank))))
  }
}
