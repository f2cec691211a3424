import Diagnostics
import Testing

@testable import Tensors

@Suite struct CastTests {
  @Test func `every 16-bit code survives being widened and narrowed`() {
    for code in UInt16.min...UInt16.max {
      let half = SmallFloats.float(f16: code)
      #expect(half.bitPattern == FloatFormat.f16.decode(code).bitPattern)
      if half.isNaN {
        #expect(FloatFormat.f16.encode(Double(half)) & 0x7C00 == 0x7C00)
      } else {
        #expect(SmallFloats.f16(half) == code && FloatFormat.f16.encode(Double(half)) == code)
        let brain = Float(bitPattern: UInt32(code) << 16)
        if !brain.isNaN {
          #expect(SmallFloats.bf16(brain) == code && FloatFormat.bf16.encode(Double(brain)) == code)
        }
      }
    }
  }

  @Test func `every 8-bit code survives being widened and narrowed`() {
    for format in [FloatFormat.f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz] {
      for code in UInt16(0)...255 where !format.decode(code).isNaN {
        #expect(format.encode(Double(format.decode(code))) == code)
      }
    }
    #expect(FloatFormat.f8e4m3.decode(0x7E) == 448)
    #expect(FloatFormat.f8e5m2.decode(0x7B) == 57344)
    #expect(FloatFormat.f8e4m3fnuz.decode(0x7F) == 240)
    #expect(FloatFormat.f8e5m2fnuz.decode(0x7F) == 57344)
  }

  @Test func `formats without a negative zero have one NaN in its place`() throws {
    for format in [FloatFormat.f8e4m3fnuz, .f8e5m2fnuz] {
      #expect((UInt16(0)...255).filter { format.decode($0).isNaN } == [0x80])
      for value in [Double.nan, -.nan, .infinity, -.infinity, 1e9, -1e9] {
        #expect(format.encode(value) == 0x80)
      }
      for value in [0, -0.0, 1e-9, -1e-9] { #expect(format.encode(value) == 0) }
    }
    let tensor = try StoredTensor([Int64(-3), 0, 8], shape: [3])
    #expect(try tensor.cast(to: .f8e4m3fnuz).doubles() == [-3, 0, 8])
  }

  @Test func `a scale is a power of two, and nothing becomes one`() throws {
    for code in UInt16(0)..<255 {
      let exponent = Int(code) - 127
      #expect(
        FloatFormat.f8e8m0.decode(code) == Float(sign: .plus, exponent: exponent, significand: 1))
    }
    #expect(FloatFormat.f8e8m0.decode(255).isNaN)
    let tensor = try StoredTensor([Float(2)], shape: [1])
    #expect(throws: CrosswalkError.self) { try tensor.cast(to: .f8e8m0) }
    #expect(throws: CrosswalkError.self) {
      try StoredTensor([Int64(2)], shape: [1]).cast(to: .f8e8m0)
    }
    let scale = try StoredTensor(.f8e8m0, [2], source: MemorySource([127, 128], of: .f8e8m0))
    #expect(try scale.cast(to: .f32).floats() == [1, 2])
    #expect(throws: CrosswalkError.self) { try scale.adding(1) }
  }

  @Test func `rounding picks the nearest code and the even one of two`() {
    var random = Seeded(1)
    for format in [
      FloatFormat.f16, .bf16, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz,
    ] {
      for _ in 0..<2000 {
        let codes = UInt16(0)..<(format.encode(.infinity) - 1)
        let code = UInt16.random(in: codes, using: &random)
        let (low, high) = (Double(format.decode(code)), Double(format.decode(code + 1)))
        let middle = (low + high) / 2
        #expect(format.encode(middle) == (code & 1 == 0 ? code : code + 1))
        #expect(format.encode(middle.nextUp) == code + 1)
        #expect(format.encode(middle.nextDown) == code)
      }
    }
  }

  @Test func `the fast loops round as the exact one does`() {
    var random = Seeded(2)
    for _ in 0..<200_000 {
      let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
      let near = Float(Double.random(in: -70000...70000, using: &random))
      let small = Float(Double.random(in: -1e-4...1e-4, using: &random))
      for number in [value, near, small] where !number.isNaN {
        #expect(SmallFloats.f16(number) == FloatFormat.f16.encode(Double(number)))
        #expect(SmallFloats.bf16(number) == FloatFormat.bf16.encode(Double(number)))
      }
    }
  }

  @Test func `a binary64 is rounded once, not by way of binary32`() throws {
    // Just above the middle of two neighbours: binary32 would round it to the middle, then to even.
    let tensor = try StoredTensor([1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-8 + 0x1p-40], shape: [2])
    #expect(try tensor.cast(to: .f16).floats()[0] == 1 + 0x1p-10)
    #expect(try tensor.cast(to: .bf16).floats()[1] == 1 + 0x1p-7)
    // The same for integers that binary64 does not hold.
    let whole = try StoredTensor([Int64(1) << 62 + Int64(1) << 54 + 1], shape: [1])
    #expect(try whole.cast(to: .bf16).doubles() == [0x1p62 + 0x1p55])
  }

  @Test(arguments: [DType.f64, .f32, .f16, .bf16, .f8e5m2, .f8e4m3])
  func `NaN and infinities are kept`(dtype: DType) throws {
    let tensor = try StoredTensor([Double.infinity, -.infinity, .nan, 1e300, -0.0], shape: [5])
    let values = try tensor.cast(to: dtype).doubles()
    #expect(values[2].isNaN)
    #expect(values[4] == 0 && values[4].sign == .minus)
    if dtype == .f8e4m3 {
      #expect(values[0].isNaN && values[1].isNaN && values[3].isNaN)
    } else {
      #expect(values[0] == .infinity && values[1] == -.infinity)
      #expect(values[3] == (dtype == .f64 ? 1e300 : .infinity))
    }
  }

  @Test func `integers cast where they fit and say where they do not`() throws {
    let tensor = try StoredTensor([Int64(-128), 0, 1, 127], shape: [2, 2])
    #expect(try tensor.cast(to: .i8).ints() == [-128, 0, 1, 127])
    #expect(try tensor.cast(to: .f16).ints_viaFloats() == [-128, 0, 1, 127])
    let error = #expect(throws: CrosswalkError.self) { try tensor.cast(to: .u64).bytes() }
    #expect(error?.kind == .wrongDType && error?.found == "-128")
    #expect(throws: CrosswalkError.self) { try tensor.cast(to: .bool).bytes() }
    let extremes = try StoredTensor([Int64.min, .max], shape: [2])
    #expect(try extremes.ints() == [.min, .max])
    #expect(try extremes.floats() == [-0x1p63, 0x1p63])
    #expect(throws: CrosswalkError.self) { try tensor.cast(to: .c64) }
    #expect(throws: CrosswalkError.self) { try tensor.cast(to: .f32).cast(to: .i64) }
    #expect(throws: CrosswalkError.self) { try tensor.cast(to: .f32).ints() }
  }

  @Test func `a constant is added in the tensor's own dtype`() throws {
    let tensor = try StoredTensor([Float(0.1), -1, 3e-9], shape: [3])
    #expect(try tensor.adding(1).floats() == [0.1 + 1, 0, 3e-9 + 1])
    #expect(try tensor.adding(0.1).floats() == [Float(0.1) + Float(0.1), -1 + 0.1, 3e-9 + 0.1])
    let half = try tensor.cast(to: .bf16).adding(1)
    #expect(half.dtype == .bf16)
    #expect(try half.floats() == [1.1015625, 0, 1])
    #expect(throws: CrosswalkError.self) {
      try StoredTensor([Int64(1)], shape: [1]).adding(1)
    }
  }

  @Test func `a filled tensor holds its number everywhere`() throws {
    #expect(try StoredTensor.filled(.bf16, [2, 2], value: 1.5).floats() == [1.5, 1.5, 1.5, 1.5])
    #expect(try StoredTensor.filled(.i32, [3], value: -7).ints() == [-7, -7, -7])
    #expect(try StoredTensor.filled(.c64, [1], value: 2).bytes() == [0, 0, 0, 64, 0, 0, 0, 0])
    #expect(throws: CrosswalkError.self) { try StoredTensor.filled(.i32, [3], value: .nan) }
    #expect(throws: CrosswalkError.self) { try StoredTensor.filled(.u8, [3], value: 256) }
  }
}

extension StoredTensor {
  fileprivate func ints_viaFloats() throws -> [Int] { try floats().map { Int($0) } }
}
