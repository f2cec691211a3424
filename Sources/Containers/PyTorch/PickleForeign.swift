import Diagnostics

/// Names that are known from attacks, and names of torch's own that make tensors in ways not read.
///
/// Nothing that a pickle names is ever called, so that safety does not rest on this list: a class
/// that is not known is described, never made. But who sends a file that would run a command
/// elsewhere should be found out here.
enum ForeignNames {
  /// Modules of which an honest checkpoint wants nothing, wherever in a dotted name they stand.
  private static let armed: Set<Substring> = [
    "os", "posix", "nt", "sys", "subprocess", "ctypes", "_ctypes", "importlib", "_posixsubprocess",
  ]
  /// Modules of which an honest checkpoint wants nothing.
  private static let modules: Set<Substring> = [
    "_aix_support", "_osx_support", "_pickle", "_pyrepl", "aiohttp", "asyncio", "bdb", "cPickle",
    "cProfile", "cloudpickle", "code", "codeop", "commands", "dill", "distutils", "doctest",
    "ensurepip", "fileinput", "ftplib", "glob", "httplib", "http", "httpx", "idlelib", "imp",
    "imaplib", "joblib", "lib2to3", "linecache", "marshal", "multiprocessing", "nturl2path", "pdb",
    "pickle", "pip", "pkgutil", "platform", "poplib", "popen2", "profile", "pty", "pydoc",
    "requests", "runpy", "setuptools", "shutil", "signal", "smtplib", "socket", "socketserver",
    "ssl", "tempfile", "telnetlib", "test", "threading", "timeit", "tokenize", "trace", "types",
    "urllib", "urllib2", "uuid", "venv", "webbrowser", "xmlrpc", "zipimport",
  ]
  /// Functions that reach whatever there is.
  private static let functions: Set<String> = [
    "functools.reduce", "io.FileIO", "io.open", "_io.open", "_io.FileIO", "codecs.open",
    "operator.attrgetter", "operator.methodcaller", "_operator.attrgetter",
    "_operator.methodcaller", "numpy.testing._private.utils.runstring", "numpy.f2py",
  ]
  /// What of Python's own names is harmless even to Python; all others there are refused.
  private static let harmless: Set<String> = [
    "list", "dict", "tuple", "int", "long", "float", "str", "unicode", "bool", "bytes", "object",
    "slice", "range", "xrange", "type",
  ]

  /// Functions of torch that make tensors of kinds which are not read, and what these are; refused
  /// when the tensor's name is known.
  static let unreadTensors: [String: String] = [
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils._rebuild_sparse_csr_tensor": "a sparse tensor",
    "torch._utils._rebuild_qtensor": "a quantised tensor",
    "torch._utils._rebuild_nested_tensor": "a nested tensor",
    "torch._utils._rebuild_wrapper_subclass": "a tensor of a class of its own",
    "torch._utils._rebuild_meta_tensor_no_storage": "a tensor of the meta device, without numbers",
  ]

  /// Whether a name is a weapon, so that the whole file is refused.
  static func isWeapon(_ module: String, _ name: String) -> Bool {
    let whole = "\(module).\(name)"
    let parts = whole.split(separator: ".", omittingEmptySubsequences: false)
    if let first = parts.first, modules.contains(first) { return true }
    if parts.contains(where: armed.contains) || functions.contains(whole) { return true }
    if ["builtins", "__builtin__", "__main__.builtins"].contains(module) {
      return !harmless.contains(name)
    }
    return parts.contains { ["__builtins__", "__import__", "__globals__"].contains($0) }
  }

  /// Whether a name is one of torch's functions: what it would make may be a tensor, and must not
  /// pass for a mere description.
  static func isFunctionOfTorch(_ module: String, _ name: String) -> Bool {
    let whole = "\(module).\(name)"
    guard whole.hasPrefix("torch."), let last = whole.split(separator: ".").last?.first else {
      return false
    }
    let isNamedOnly = [
      "torch.per_", "torch.nn.functional.", "torch._C._nn.", "torch.serialization._get_layout",
    ]
    .contains { whole.hasPrefix($0) }
    return !isNamedOnly && (last.isLowercase || last == "_")
  }
}

extension PickleMachine {
  /// The meaning of a name: one of those that are known, or one that is kept as a name.
  func global(_ module: String, _ name: String) throws(CrosswalkError) -> PickleValue {
    if let global = TorchGlobal(module, name) { return .global(global) }
    let isWeapon = ForeignNames.isWeapon(module, name)
    let isRefusedLater = ForeignNames.unreadTensors["\(module).\(name)"] != nil
    guard !isWeapon, isRefusedLater || !ForeignNames.isFunctionOfTorch(module, name) else {
      throw refusal(
        .unsafe,
        "the checkpoint wants \(module).\(name), "
          + (isWeapon ? "which no honest one does" : "which is not on the list of what is safe"),
        remedy: "save only tensors and plain values: torch.save(model.state_dict(), FILE)")
    }
    return .global(.foreign("\(module).\(name)"))
  }

  /// What a class that is not known would be called with, kept and never called.
  mutating func foreign(_ name: String, _ arguments: [PickleValue]) throws(CrosswalkError)
    -> PickleValue
  {
    switch name {
    case "collections.defaultdict": return try make(.dictionary)
    case "collections.Counter":
      guard let counts = arguments.first else { return try make(.dictionary) }
      return try make(.dictionary, try items(counts, .dictionary))
    default:
      let kept = try make(.tuple, arguments)
      return try make(.foreign, [.global(.foreign(name)), kept, .none, .none])
    }
  }

  /// Sets the state of the object below the top of the stack.
  mutating func build() throws(CrosswalkError) {
    let state = try pop()
    let target = try pop()
    if case .object(let index) = target, objects[index].kind == .foreign {
      replace(ForeignObject.state, of: index, by: state)
    } else {
      // An OrderedDict's attributes, `_metadata`: versions of modules, which no tensor needs.
      _ = try object(target, .dictionary)
    }
    stack.append(target)
  }

  /// The object that takes what a pickle adds to an object: that itself, or a foreign one's content.
  mutating func receiver(_ value: PickleValue, _ kind: PickleObject.Kind) throws(CrosswalkError)
    -> Int
  {
    guard case .object(let index) = value, objects[index].kind == .foreign else {
      return try object(value, kind)
    }
    if case .none = objects[index].items[ForeignObject.content] {
      replace(ForeignObject.content, of: index, by: try make(kind))
    }
    return try object(objects[index].items[ForeignObject.content], kind)
  }
}

/// An object of a class that is not known: what the pickle says of it.
struct ForeignObject {
  /// The class or function, with its module.
  let name: String
  let arguments: [PickleValue]
  let state: PickleValue
  /// What was added to it as to a list, set or dictionary.
  let content: PickleValue

  /// Where these stand among the items of a ``PickleObject``, after the name and the arguments.
  static let state = 2
  static let content = 3

  init?(_ value: PickleValue, in objects: [PickleObject]) {
    guard case .object(let index) = value, objects[index].kind == .foreign,
      case .global(.foreign(let name)) = objects[index].items[0],
      case .object(let arguments) = objects[index].items[1]
    else { return nil }
    self.name = name
    self.arguments = objects[arguments].items
    state = objects[index].items[Self.state]
    content = objects[index].items[Self.content]
  }
}
