/// The one error of the house: what went wrong, where, and what to do about it.
///
/// Every room throws it by typed throws and adds to ``place`` what it alone knows.
public struct CrosswalkError: Error, Sendable, Equatable {
  /// What went wrong, as a code that a program can switch over.
  public var kind: Kind
  /// What went wrong, as a short clause for a person.
  public var message: String
  /// Where it went wrong, from the file inwards.
  public var place: Place
  /// What was needed; given together with ``found`` or not at all.
  public var expected: String?
  /// What was there instead.
  public var found: String?
  /// The words of the C library or the system beneath, copied at once.
  public var cause: String?
  /// What the user can do.
  public var remedy: String?

  /// Makes an error.
  public init(
    _ kind: Kind, _ message: String, at place: Place = Place(), expected: String? = nil,
    found: String? = nil, cause: String? = nil, remedy: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.place = place
    self.expected = expected
    self.found = found
    self.cause = cause
    self.remedy = remedy
  }

  /// The same error seen from one step further out.
  public func inside(_ step: Place.Step) -> CrosswalkError {
    var error = self
    error.place.steps.insert(step, at: 0)
    return error
  }

  /// The same error, said of a file unless it already names one.
  public func inFile(_ path: String) -> CrosswalkError {
    var error = self
    if error.place.file == nil { error.place.file = path }
    return error
  }
}

extension CrosswalkError {
  /// An extensible named code for what went wrong.
  public struct Kind: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The code's name.
    public let rawValue: String
    /// A kind of that name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The code's name.
    public var description: String { rawValue }

    /// A file or folder that is not there or may not be read or written.
    public static let cannotOpen = Kind(rawValue: "cannotOpen")
    /// Bytes that no container recognises.
    public static let unrecognized = Kind(rawValue: "unrecognized")
    /// A file that ends before what it announces.
    public static let truncated = Kind(rawValue: "truncated")
    /// Bytes or text that break the rules of their format.
    public static let malformed = Kind(rawValue: "malformed")
    /// Something sound that this version does not do.
    public static let unsupported = Kind(rawValue: "unsupported")
    /// Something refused because following it would be unsafe.
    public static let unsafe = Kind(rawValue: "unsafe")
    /// A size beyond a stated limit.
    public static let tooLarge = Kind(rawValue: "tooLarge")
    /// A tensor that is needed and not there.
    public static let missingTensor = Kind(rawValue: "missingTensor")
    /// A tensor of another shape than needed.
    public static let wrongShape = Kind(rawValue: "wrongShape")
    /// A tensor of another dtype than needed.
    public static let wrongDType = Kind(rawValue: "wrongDType")
    /// Two rules that claim one name, or two files that fit one description.
    public static let ambiguous = Kind(rawValue: "ambiguous")
    /// Tensors or parameters that no rule takes or fills.
    public static let incompleteMapping = Kind(rawValue: "incompleteMapping")
    /// A config that is missing a key or says what the family does not handle.
    public static let invalidConfig = Kind(rawValue: "invalidConfig")
    /// An architecture or family file that is not valid.
    public static let invalidDocument = Kind(rawValue: "invalidDocument")
    /// An input to a run that is missing or of the wrong kind.
    public static let invalidInput = Kind(rawValue: "invalidInput")
    /// A destination that exists already.
    public static let outputExists = Kind(rawValue: "outputExists")
    /// A write that failed.
    public static let cannotWrite = Kind(rawValue: "cannotWrite")
    /// Work that was cancelled.
    public static let cancelled = Kind(rawValue: "cancelled")
  }
}

extension CrosswalkError: CustomStringConvertible {
  /// One line: place, message, expected and found, cause, remedy.
  public var description: String {
    var line = ""
    if let where_ = place.description.nonEmpty { line += where_ + ": " }
    line += message
    if let expected, let found { line += ": expected \(expected), found \(found)" }
    if let cause = cause?.nonEmpty { line += " (\(cause))" }
    if let remedy = remedy?.nonEmpty { line += "; \(remedy)" }
    return line.printable
  }
}

extension String {
  /// The string, or nil when it is empty.
  var nonEmpty: String? { isEmpty ? nil : self }

  /// The text with every control and format character escaped, so that nothing a file says can
  /// move the cursor, colour the terminal or break the line.
  public var printable: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
