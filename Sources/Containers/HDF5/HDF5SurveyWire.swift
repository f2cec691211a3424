import Diagnostics
import Documents
import Tensors

extension HDF5Survey: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    superblock = try reader.take()
    entries = try reader.take()
  }

  func write(to writer: inout WireWriter) {
    writer.put(superblock)
    writer.put(entries)
  }
}

extension HDF5Survey.Entry: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    path = try reader.take()
    target = try reader.take()
    attributes = try reader.take()
    skippedAttributes = try reader.take()
  }

  func write(to writer: inout WireWriter) {
    writer.put(path, target, attributes)
    writer.put(skippedAttributes)
  }
}

extension HDF5Survey.Skipped: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    name = try reader.take()
    reason = try reader.take()
  }

  func write(to writer: inout WireWriter) { writer.put(name, reason) }
}

extension HDF5Survey.Target: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    switch try reader.takeInt() {
    case 0: self = .group(links: try reader.take())
    case 1: self = .dataset(try reader.take())
    case 2: self = .hardLink(try reader.take())
    case 3: self = .softLink(try reader.take())
    case 4: self = .other(try reader.take())
    case 5: self = .externalLink(file: try reader.take(), path: try reader.take())
    default: throw WireReader.garbled
    }
  }

  func write(to writer: inout WireWriter) {
    switch self {
    case .externalLink(let file, let path): writer.put(5, file, path)
    case .group(let links): writer.put(0, links)
    case .dataset(let dataset): writer.put(1, dataset)
    case .hardLink(let path): writer.put(2, path)
    case .softLink(let path): writer.put(3, path)
    case .other(let what): writer.put(4, what)
    }
  }
}

extension HDF5Survey.Dataset: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    element = try reader.take()
    shape = try reader.take()
    layout = try reader.take()
    filters = try reader.take()
    fill = try reader.takeBytes()
  }

  func write(to writer: inout WireWriter) {
    writer.put(element)
    writer.put(shape)
    writer.put(layout)
    writer.put(filters)
    writer.put(bytes: fill)
  }
}

extension HDF5Survey.Element: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    switch try reader.takeInt() {
    case 0:
      guard let dtype = DType(rawValue: try reader.take()) else { throw WireReader.garbled }
      self = .number(dtype, bigEndian: try reader.takeInt() != 0)
    case 1: self = .opaque(byteCount: try reader.take())
    case 2: self = .other(try reader.take())
    default: throw WireReader.garbled
    }
  }

  func write(to writer: inout WireWriter) {
    switch self {
    case .number(let dtype, let isBig): writer.put(0, dtype.rawValue, isBig ? 1 : 0)
    case .opaque(let byteCount): writer.put(1, byteCount)
    case .other(let what): writer.put(2, what)
    }
  }
}

extension HDF5Survey.Layout: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    switch try reader.takeInt() {
    case 0: self = .unallocated
    case 1: self = .contiguous(offset: try reader.take(), byteCount: try reader.take())
    case 2: self = .compact(try reader.takeBytes())
    case 3: self = .chunked(try reader.take())
    case 4: self = .external(try reader.take())
    case 5: self = .virtual(try reader.take())
    case 6: self = .other(try reader.take())
    default: throw WireReader.garbled
    }
  }

  func write(to writer: inout WireWriter) {
    switch self {
    case .unallocated: writer.put(0)
    case .contiguous(let offset, let byteCount): writer.put(1, offset, byteCount)
    case .compact(let bytes):
      writer.put(2)
      writer.put(bytes: bytes)
    case .chunked(let chunking): writer.put(3, chunking)
    case .external(let segments): writer.put(4, segments)
    case .virtual(let mappings): writer.put(5, mappings)
    case .other(let what): writer.put(6, what)
    }
  }
}

extension HDF5Survey.Segment: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    (file, offset, byteCount) = (try reader.take(), try reader.take(), try reader.take())
  }

  func write(to writer: inout WireWriter) { writer.put(file, offset, byteCount) }
}

extension HDF5Survey.Mapping: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    (file, dataset) = (try reader.take(), try reader.take())
    (target, source) = (try reader.take(), try reader.take())
  }

  func write(to writer: inout WireWriter) { writer.put(file, dataset, target, source) }
}

extension HDF5Survey.Selection: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    (start, stride) = (try reader.take(), try reader.take())
    (count, block) = (try reader.take(), try reader.take())
  }

  func write(to writer: inout WireWriter) {
    for part in [start, stride, count, block] { writer.put(part) }
  }
}

extension HDF5Survey.Chunking: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    shape = try reader.take()
    edgesAreRaw = try reader.takeInt() != 0
    chunks = try reader.take()
  }

  func write(to writer: inout WireWriter) {
    writer.put(shape)
    writer.put(edgesAreRaw ? 1 : 0, chunks)
  }
}

extension HDF5Survey.Chunk: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    index = try reader.take()
    offset = try reader.take()
    byteCount = try reader.take()
    mask = try reader.take()
  }

  func write(to writer: inout WireWriter) { writer.put(index, offset, byteCount, mask) }
}

extension HDF5Survey.Filter: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    id = try reader.take()
    name = try reader.take()
    values = try reader.take()
  }

  func write(to writer: inout WireWriter) {
    writer.put(id, name)
    writer.put(values)
  }
}

extension CrosswalkError: Wired {
  init(from reader: inout WireReader) throws(CrosswalkError) {
    let kind = Kind(rawValue: try reader.take())
    self.init(kind, try reader.take())
    place.steps = try reader.take([String].self).map { .object($0) }
    let parts = try reader.take([String].self)
    guard parts.count == 4 else { throw WireReader.garbled }
    if !parts[0].isEmpty { (expected, found) = (parts[0], parts[1]) }
    if !parts[2].isEmpty { cause = parts[2] }
    if !parts[3].isEmpty { remedy = parts[3] }
  }

  func write(to writer: inout WireWriter) {
    writer.put(kind.rawValue, message)
    // The walk knows no other steps.
    writer.put(place.steps.compactMap { if case .object(let path) = $0 { path } else { nil } })
    writer.put([expected, found, cause, remedy].map { $0 ?? "" })
  }
}
