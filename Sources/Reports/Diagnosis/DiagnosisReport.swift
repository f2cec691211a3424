import Diagnostics
public import Documents

/// Why a model does not compute what was recorded.
public struct DiagnosisReport: Sendable, Equatable {
  /// The causes, in the order of the graph.
  public var causes: [Cause]
  /// What was recorded and is wrong for a cause that was not found.
  public var unexplained: [String]
  /// How many recorded values are wrong by themselves.
  public var failing: Int
  /// How many hypotheses were tried.
  public var tried: Int
  /// What was written down of it where, a line each; the comparison is then that after it.
  public var applied: [String] = []

  /// Gathers a report.
  public init(causes: [Cause], unexplained: [String], failing: Int, tried: Int) {
    self.causes = causes
    self.unexplained = unexplained
    self.failing = failing
    self.tried = tried
  }

  /// One cause, wherever it was found.
  public struct Cause: Sendable, Equatable {
    /// The cause in a word: `epsilon`, `transposed`, `activation`.
    public var cause: String
    /// What is wrong, in a sentence.
    public var says: String
    /// The nodes where it is.
    public var nodes: [String]
    /// The relative RMS of the difference at the first of them, and without the cause.
    public var before: Double
    /// What is left of it without the cause.
    public var after: Double
    /// What would be edited, in a line.
    public var edit: String

    /// Gathers a cause.
    public init(
      cause: String, says: String, nodes: [String], before: Double, after: Double, edit: String
    ) {
      self.cause = cause
      self.says = says
      self.nodes = nodes
      self.before = before
      self.after = after
      self.edit = edit
    }
  }
}

extension DiagnosisReport {
  /// The report as JSON.
  public var json: JSON {
    [
      "causes": .array(
        causes.map { cause in
          [
            "cause": .string(cause.cause), "says": .string(cause.says),
            "nodes": .texts(cause.nodes), "edit": .string(cause.edit),
            "relative_rms_before": .measured(cause.before),
            "relative_rms_after": .measured(cause.after),
          ]
        }),
      "unexplained": .texts(unexplained), "failing": .count(failing), "tried": .count(tried),
      "applied": .texts(applied),
    ]
  }

  /// The report as lines.
  public func text(style: Style = .plain) -> String {
    var text = "\n" + style.paint("diagnosis", as: .heading) + "\n"
    for (number, cause) in causes.enumerated() {
      text += "\n\(number + 1). " + style.paint("\(cause.cause): \(cause.says)".printable, as: .bad)
      text += "\n   at \(Self.brief(cause.nodes))"
      text += "\n   relative RMS \(Numbers.scientific(cause.before)), and without it "
      text += "\(Numbers.scientific(cause.after))\n"
    }
    if !unexplained.isEmpty {
      text +=
        "\nno cause was found for \(Self.brief(unexplained)); \(tried) hypotheses were tried\n"
    }
    for line in applied { text += "\nwrote \(line.printable)\n" }
    return text
  }

  private static func brief(_ names: [String]) -> String {
    let shown = names.prefix(4).joined(separator: ", ").printable
    return names.count > 4 ? "\(shown) and \(names.count - 4) more" : shown
  }
}
