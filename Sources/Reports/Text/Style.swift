/// Whether text may carry colour; the command decides, from the terminal and `NO_COLOR`.
public enum Style: Sendable {
  /// Text alone.
  case plain
  /// Text with ANSI colour sequences.
  case colored

  /// What a piece of text means, which colour follows.
  public enum Role: Sendable {
    /// A heading.
    case heading
    /// What is less important.
    case faint
    /// What passed.
    case good
    /// What deserves a look.
    case notable
    /// What failed.
    case bad
  }

  /// The text, coloured for its role when the style has colour.
  public func paint(_ text: String, as role: Role?) -> String {
    guard self == .colored, let role, !text.isEmpty else { return text }
    let code =
      switch role {
      case .heading: "1"
      case .faint: "2"
      case .good: "32"
      case .notable: "33"
      case .bad: "31;1"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
