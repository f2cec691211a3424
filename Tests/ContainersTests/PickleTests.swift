import Diagnostics
import Documents
import Tensors
import Testing

@testable import Containers

/// Storages of zeros, of whatever size a pickle asks for.
struct ZeroStorages: TorchStorages {
  func storage(_ key: String, _ dtype: DType, byteCount: Int) throws(CrosswalkError)
    -> StoredTensor
  {
    try StoredTensor.filled(dtype, [byteCount / dtype.byteCount], value: 0)
  }
}

@Suite struct PickleTests {
  /// What a pickle's bytes give: tensors, and the tree of the rest.
  static func read(_ bytes: [UInt8]) throws -> (TensorTable, JSON?) {
    var machine = PickleMachine(bytes)
    let root = try machine.run()
    var tree = TorchTree(machine.objects, storages: ZeroStorages())
    let values = try tree.walk(root).values
    return (tree.tensors, values)
  }

  static func read(_ text: String) throws -> JSON? {
    try read([0x80, 2] + text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }).1
  }

  /// Pickles without their protocol, and the JSON that they give.
  static let values: [(String, String)] = [
    ("K\u{7}.", "7"), ("J\u{fe}\u{ff}\u{ff}\u{ff}.", "-2"), ("M\u{0}\u{1}.", "256"),
    ("N.", "null"), ("\u{88}.", "true"), ("\u{8a}\u{0}.", "0"), ("\u{8a}\u{1}\u{ff}.", "-1"),
    ("\u{8a}\u{2}\u{ff}\u{0}.", "255"), ("G\u{3f}\u{f8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}.", "1.5"),
    ("(K\u{1}K\u{2}t.", "[1,2]"), ("](K\u{1}K\u{2}e.", "[1,2]"), ("]N\u{61}.", "[null]"),
    ("(K\u{1}l.", "[1]"), ("(U\u{1}aK\u{1}d.", #"{"a":1}"#), ("}U\u{1}aK\u{1}s.", #"{"a":1}"#),
    ("}K\u{3}]s.", #"{"3":[]}"#), ("K\u{1}K\u{2}\u{86}.", "[1,2]"),
    ("\u{8f}(K\u{1}\u{90}.", "[1]"), ("c__builtin__\nset\n](K\u{4}e\u{85}R.", "[4]"),
    ("ctorch\nfloat16\n.", #""torch.float16""#), ("C\u{2}\u{1}\u{ff}.", #""0x01ff""#),
    ("ctorch\nSize\n(K\u{2}K\u{3}t\u{85}R.", "[2,3]"),
    ("\u{8c}\u{b}collections\u{8c}\u{b}OrderedDict\u{93})R.", "{}"),
    ("K\u{1}q\u{0}0h\u{0}.", "1"), ("K\u{1}2\u{86}.", "[1,1]"), ("K\u{1}(K\u{2}K\u{3}1.", "1"),
    ("}K\u{1}K\u{2}\u{86}K\u{3}s.", #"{"(1, 2)":3}"#),
    ("ca\nB\n.", #""a.B""#), ("ca\nB\n)R.", #"{"__class__":"a.B"}"#),
    ("ca\nB\n)\u{81}}U\u{1}xK\u{1}sb.", #"{"__class__":"a.B","state":{"x":1}}"#),
    ("ca\nB\n)\u{81}K\u{2}a.", #"{"__class__":"a.B","items":[2]}"#),
    ("ca\nB\nK\u{5}\u{85}}\u{92}.", #"{"__class__":"a.B","arguments":[5,{}]}"#),
    ("ccollections\ndefaultdict\nc__builtin__\nlist\n\u{85}R.", "{}"),
  ]

  @Test(arguments: values) func `plain values are read`(pickle: String, json: String) throws {
    #expect(try Self.read(pickle)?.text(indented: false) == json)
  }

  @Test func `integers of 64 bits are exact and longer ones are described`() throws {
    let ones = String(repeating: "\u{ff}", count: 7)
    #expect(try Self.read("\u{8a}\u{8}\(ones)\u{7f}.") == .integer(.max))
    #expect(try Self.read("\u{8a}\u{9}\(ones)\u{ff}\u{0}.") == .unsigned(.max))
    #expect(try Self.read("\u{8a}\u{a}\(ones)\u{ff}\u{ff}\u{1}.")?.stringValue != nil)
    #expect(try Self.read("\u{8a}\u{9}\(ones)\u{7f}\u{ff}.")?.stringValue != nil)
  }

  static let broken: [(String, String?)] = [
    (".", "malformed"), ("", "truncated"), ("K", "truncated"), ("t.", "malformed"),
    ("(.", "malformed"), ("h\u{0}.", "malformed"), ("N(u.", "malformed"), ("}(Nu.", "malformed"),
    ("]NNs.", "malformed"), ("}Na.", "malformed"), ("NQ.", "malformed"), ("N)R.", "unsafe"),
    ("cos\nsystem\n.", "unsafe"), ("cbuiltins\neval\n.", "unsafe"), ("ctorch\nload\n.", "unsafe"),
    ("ctorch\nFloatStorage\n)R.", "unsafe"), ("I1\n.", "unsupported"),
    ("\u{82}\u{1}.", "unsupported"),
    ("X\u{ff}\u{ff}\u{ff}\u{ff}a.", "truncated"), ("U\u{1}\u{ff}.", nil),
    ("ctorch._utils\n_rebuild_tensor_v2\n)R.", "malformed"), ("N}b.", "malformed"),
    ("}U\u{1}aNsU\u{1}aNs.", "malformed"), ("](K\u{1}K\u{2}e(K\u{1}s.", "malformed"),
    ("\u{8c}\u{2}os\u{8c}\u{1}b\u{93}.", "unsafe"), ("\u{80}\u{6}.", "unsupported"),
    ("\u{8e}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}.", "tooLarge"),
  ]

  @Test(arguments: [
    "os\nsystem", "posix\nsystem", "nt\nsystem", "sys\nexit", "subprocess\nPopen", "builtins\neval",
    "__builtin__\nexec", "builtins\ngetattr", "builtins\n__import__", "builtins\nopen",
    "importlib\nimport_module", "runpy\nrun_path", "pickle\nloads", "_pickle\nloads",
    "webbrowser\nopen", "socket\nsocket", "ctypes\nCDLL", "shutil\nrmtree", "os.path\njoin",
    "torch.serialization\nos.system", "torch.hub\nload", "torch.jit\nload", "torch\nload",
    "numpy\nos.system", "operator\nattrgetter", "a.__globals__\nb",
    "torch._utils\n_rebuild_anything",
  ])
  func `what attacks use is refused by its name`(name: String) throws {
    let error = #expect(throws: CrosswalkError.self) { try Self.read("c\(name)\n.") }
    #expect(error?.kind == .unsafe)
    #expect(error?.message.contains(name.replacing("\n", with: ".")) == true)
  }

  @Test(arguments: broken)
  func `what breaks the rules is refused`(pickle: String, kind: String?) throws {
    do {
      _ = try Self.read(pickle)
      #expect(kind == nil)
    } catch let error as CrosswalkError {
      #expect(error.kind.rawValue == kind)
    }
  }

  @Test func `a list of lists of lists, each referred to twice, does not expand`() throws {
    // Each level holds the one before twice: 2^60 values, were they walked.
    var bomb: [UInt8] = [0x80, 2, UInt8(ascii: "]")]
    for _ in 0..<60 {
      bomb += Array("2\u{86}".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }
    var machine = PickleMachine(bomb + Array(".".utf8))
    let root = try machine.run()
    #expect(machine.objects.count == 61)
    var tree = TorchTree(machine.objects, storages: ZeroStorages())
    tree.limit = 10_000
    let error = #expect(throws: CrosswalkError.self) { try tree.walk(root) }
    #expect(error?.kind == .tooLarge)
  }

  @Test func `a long text referred to often does not expand`() throws {
    var bomb: [UInt8] = [0x80, 2, UInt8(ascii: "B")]
    bomb.append(littleEndian: UInt32(1 << 20))
    bomb += [UInt8](repeating: 1, count: 1 << 20) + Array("q\u{0}0](".utf8)
    for _ in 0..<1000 { bomb += Array("h\u{0}".utf8) }
    let error = #expect(throws: CrosswalkError.self) { try Self.read(bomb + Array("e.".utf8)) }
    #expect(error?.kind == .tooLarge)
  }

  @Test func `nesting without end is refused and released`() throws {
    var deep: [UInt8] = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "]"), count: 200_000)
    deep += [UInt8](repeating: UInt8(ascii: "a"), count: 199_999) + Array(".".utf8)
    let error = #expect(throws: CrosswalkError.self) { try Self.read(deep) }
    #expect(error?.kind == .tooLarge)
    let cycle = #expect(throws: CrosswalkError.self) { try Self.read("]q\u{0}h\u{0}a.") }
    #expect(cycle?.kind == .tooLarge)
  }

  /// A pickle of one tensor over a storage of four floats.
  static func tensor(shape: [Int], strides: [Int], offset: Int, count: Int = 4) -> [UInt8] {
    func integer(_ value: Int) -> [UInt8] {
      [0x8A, 8] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    func tuple(_ values: [Int]) -> [UInt8] {
      Array("(".utf8) + values.flatMap(integer) + Array("t".utf8)
    }
    return [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n((U\u{7}storagectorch\n".utf8)
      + Array("FloatStorage\nU\u{1}0U\u{3}cpu".utf8) + integer(count) + Array("tQ".utf8)
      + integer(offset) + tuple(shape) + tuple(strides) + Array("tR.".utf8)
  }

  @Test func `views are checked against their storage`() throws {
    let whole = try Self.read(Self.tensor(shape: [2, 2], strides: [2, 1], offset: 0)).0
    #expect(whole["tensor"]?.shape == [2, 2])
    for (shape, strides, offset, count) in [
      ([2, 2], [2, 1], 1, 4), ([5], [1], 0, 4), ([2], [1], -1, 4), ([-1], [1], 0, 4),
      ([2], [-1], 2, 4), ([2], [Int.max], 0, 4), ([Int.max, Int.max], [0, 0], 0, 4),
      ([1 << 40], [0], 0, 4), ([2], [1, 1], 0, 4), ([1], [1], Int.max, 4), ([1], [1], 0, -1),
      ([1], [1], 0, Int.max),
    ] {
      #expect(throws: CrosswalkError.self, "\(shape) \(strides) \(offset) \(count)") {
        try Self.read(Self.tensor(shape: shape, strides: strides, offset: offset, count: count))
      }
    }
  }
}
