import Diagnostics
import Documents
import Tensors

/// Writes a GGUF file of version 3.
struct GGUFWriter {
  private let contents: Contents
  private let types: JSON?
  private let tensorTypes: JSON?
  private let alignment: Int

  /// The longest name that ggml reads.
  private static let maximumNameSize = 63
  private static let maximumRank = 4

  init(_ contents: Contents) {
    self.contents = contents
    types = contents.metadata[GGUF.typesKey]
    tensorTypes = contents.metadata[GGUF.tensorTypesKey]
    let wanted = contents.metadata["general.alignment"]?.intValue ?? GGUF.defaultAlignment
    let isSound = wanted >= 1 && wanted <= 1 << 20 && wanted & (wanted - 1) == 0
    alignment = isSound ? wanted : GGUF.defaultAlignment
  }

  func write(to file: FileWriter, observer: any Observer) throws(CrosswalkError) {
    try file.append(head())
    for (name, tensor) in contents.tensors {
      try pad(file)
      if try type(of: tensor, name).decode == nil {
        try file.append(tensor, named: name, observer: observer)
      } else {
        try appendQuantised(tensor, name, to: file, observer: observer)
      }
    }
    try pad(file)
  }

  private func pad(_ file: FileWriter) throws(CrosswalkError) {
    let missing = (alignment - file.offset % alignment) % alignment
    if missing > 0 { try file.append([UInt8](repeating: 0, count: missing)) }
  }

  private func head() throws(CrosswalkError) -> [UInt8] {
    let members = (contents.metadata.objectValue?.members ?? []).filter {
      $0.key != GGUF.typesKey && $0.key != GGUF.tensorTypesKey
    }
    var bytes = GGUF.mark
    bytes.append(littleEndian: UInt32(3))
    bytes.append(littleEndian: UInt64(contents.tensors.count))
    bytes.append(littleEndian: UInt64(members.count))
    for (key, value) in members {
      bytes.append(text: key)
      bytes.append(value, noted: types?[key]?.stringValue.flatMap(GGUFValueType.init(word:)))
    }
    var offset = 0
    for (name, tensor) in contents.tensors {
      let type = try type(of: tensor, name)
      bytes.append(text: name)
      bytes.append(littleEndian: UInt32(tensor.shape.count))
      for extent in tensor.shape.reversed() { bytes.append(littleEndian: UInt64(extent)) }
      bytes.append(littleEndian: type.code)
      bytes.append(littleEndian: UInt64(offset))
      let (end, overflow) = offset.addingReportingOverflow(
        tensor.count / type.blockCount * type.blockByteCount + alignment - 1)
      guard !overflow else { throw CrosswalkError(.tooLarge, "more bytes than 64 bits count") }
      offset = end / alignment * alignment
    }
    return bytes
  }

  private func type(of tensor: StoredTensor, _ name: String) throws(CrosswalkError) -> GGUFType {
    let place = Place(.tensor(name))
    guard name.utf8.count <= Self.maximumNameSize, tensor.shape.count <= Self.maximumRank else {
      throw CrosswalkError(
        .unsupported, "GGUF cannot hold this name or shape", at: place,
        expected: "\(Self.maximumNameSize) bytes and \(Self.maximumRank) axes at most",
        found: "\(name.utf8.count) bytes, \(tensor.shape.count) axes",
        remedy: "write HDF5 or safetensors instead")
    }
    let isQuantised = tensorTypes?[name]?.stringValue == GGUFType.eightBits.name
    let rowsFit = (tensor.shape.last ?? 1).isMultiple(of: GGUFType.eightBits.blockCount)
    if isQuantised, tensor.dtype == .f32, rowsFit { return GGUFType.eightBits }
    guard let type = GGUFType.plain(tensor.dtype) else {
      throw CrosswalkError(
        .unsupported, "GGUF has no dtype \(tensor.dtype.rawValue)", at: place,
        remedy: "write HDF5 or a PyTorch file instead")
    }
    return type
  }

  private func appendQuantised(
    _ tensor: StoredTensor, _ name: String, to file: FileWriter, observer: any Observer
  ) throws(CrosswalkError) {
    let size = GGUFType.eightBits.blockCount
    var numbers = [Float](repeating: 0, count: size)
    for start in stride(from: 0, to: tensor.count, by: size * 4096) {
      let range = start..<min(start + size * 4096, tensor.count)
      let bytes = try tensor.bytes(range)
      var blocks: [UInt8] = []
      for block in stride(from: 0, to: range.count, by: size) {
        bytes.withUnsafeBytes { bytes in
          for index in 0..<size {
            numbers[index] = bytes.loadUnaligned(
              fromByteOffset: (block + index) * 4, as: Float.self)
          }
        }
        guard Quants.appendQ8(numbers, to: &blocks) else {
          throw CrosswalkError(
            .unsupported, "Q8_0 holds finite numbers up to some 8 million only",
            at: Place(.tensor(name)), remedy: "write the tensor as F32")
        }
      }
      try file.append(blocks)
      observer.observe(.advanced(by: bytes.count, item: name))
    }
  }
}

extension Quants {
  /// Appends a block of thirty-two numbers as Q8_0; false for numbers that it cannot hold.
  static func appendQ8(_ numbers: [Float], to bytes: inout [UInt8]) -> Bool {
    var largest: Float = 0
    for number in numbers {
      guard number.isFinite else { return false }
      largest = max(largest, number.magnitude)
    }
    let scale = largest / 127
    let code = SmallFloats.f16(scale)
    guard code < 0x7C00 else { return false }
    bytes.append(littleEndian: code)
    let inverse = scale == 0 ? 0 : 1 / scale
    for number in numbers {
      let scaled = (number * inverse).rounded(.toNearestOrAwayFromZero)
      // A scale so small that its inverse is infinite is nothing as binary16.
      bytes.append(UInt8(bitPattern: Int8(scaled.isFinite ? max(-127, min(127, scaled)) : 0)))
    }
    return true
  }
}

extension [UInt8] {
  fileprivate mutating func append(text: String) {
    append(littleEndian: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  /// Appends a type and a value of it: as noted where it fits, else as guessed, else as JSON text.
  fileprivate mutating func append(_ value: JSON, noted: GGUFValueType?) {
    for type in [noted, GGUFValueType(guessedFor: value)] {
      guard let type, let bytes = [UInt8](value, as: type) else { continue }
      append(littleEndian: type.code)
      append(contentsOf: bytes)
      return
    }
    append(littleEndian: UInt32(8))
    append(text: value.text(indented: false))
  }

  /// A value as a type writes it; nil where it does not fit.
  private init?(_ value: JSON, as type: GGUFValueType) {
    guard let element = type.element else {
      self.init(value, scalar: type.code)
      return
    }
    guard let values = value.arrayValue else { return nil }
    self = []
    append(littleEndian: element)
    append(littleEndian: UInt64(values.count))
    for value in values {
      let inner = element == GGUFValueType.array ? GGUFValueType(guessedFor: value) : nil
      let bytes = inner.map { [UInt8](value, as: $0) } ?? [UInt8](value, scalar: element)
      guard let bytes else { return nil }
      append(contentsOf: bytes)
    }
  }

  private init?(_ value: JSON, scalar code: UInt32) {
    self = []
    func add<Number: FixedWidthInteger>(_ number: Number?) -> Bool {
      if let number { append(littleEndian: number) }
      return number != nil
    }
    let done =
      switch code {
      case 0: add(value.intValue.flatMap { UInt8(exactly: $0) })
      case 1: add(value.intValue.flatMap { Int8(exactly: $0) })
      case 2: add(value.intValue.flatMap { UInt16(exactly: $0) })
      case 3: add(value.intValue.flatMap { Int16(exactly: $0) })
      case 4: add(value.intValue.flatMap { UInt32(exactly: $0) })
      case 5: add(value.intValue.flatMap { Int32(exactly: $0) })
      case 6: add(value.doubleValue.map { Float($0).bitPattern })
      case 7: add(value.boolValue.map { UInt8($0 ? 1 : 0) })
      case 8: add(value.stringValue.map { UInt64($0.utf8.count) })
      case 10: add(value.unsignedValue)
      case 11: add(value.intValue.flatMap { Int64(exactly: $0) })
      case 12: add(value.doubleValue.map(\.bitPattern))
      default: false
      }
    guard done else { return nil }
    if code == 8 { append(contentsOf: Array((value.stringValue ?? "").utf8)) }
  }
}

extension JSON {
  fileprivate var unsignedValue: UInt64? {
    if case .unsigned(let value) = self { return value }
    return intValue.flatMap { UInt64(exactly: $0) }
  }
}
