import Diagnostics
public import Documents

/// Which faults a fixture would show in a model: faults put in one at a time, and each judged as
/// `verify` would.
public struct AuditReport: Sendable, Equatable {
  /// What was audited: `bert.h5 by fixture.h5`.
  public var subject: String
  /// The faults that were put in, in graph order.
  public var faults: [Fault]
  /// How many faults were left out, as there were too many.
  public var untried: Int
  /// What each recorded value has seen, in graph order.
  public var values: [Value]
  /// What is worth knowing, a sentence each.
  public var notes: [String]

  /// Gathers a report.
  public init(
    subject: String, faults: [Fault], untried: Int, values: [Value], notes: [String] = []
  ) {
    self.subject = subject
    self.faults = faults
    self.untried = untried
    self.values = values
    self.notes = notes
  }

  /// What became of a fault; the raw value is the word in JSON.
  public enum Fate: String, Sendable, CaseIterable {
    /// Some recorded value differs.
    case killed
    /// No recorded value differs, though the model is another.
    case survived
    /// No output depends on it, and what does was not recorded.
    case invisible
    /// It changes nothing at all with these inputs, and may mean the same.
    case idle
    /// The graph cannot be so, or cannot be computed by parts.
    case refused
  }

  /// One fault.
  public struct Fault: Sendable, Equatable {
    /// The cause in a word, as a diagnosis has it.
    public var cause: String
    /// What is wrong, in a sentence.
    public var says: String
    /// The node where it was put.
    public var node: String
    /// What became of it.
    public var fate: Fate
    /// Why it was not seen.
    public var reason: String?
    /// The first recorded value that differs.
    public var seenBy: String?

    /// Gathers a fault.
    public init(
      cause: String, says: String, node: String, fate: Fate, reason: String? = nil,
      seenBy: String? = nil
    ) {
      self.cause = cause
      self.says = says
      self.node = node
      self.fate = fate
      self.reason = reason
      self.seenBy = seenBy
    }
  }

  /// How much a recorded value shows.
  public struct Value: Sendable, Equatable {
    /// Its name in the fixture.
    public var name: String
    /// How many faults come before it.
    public var reached: Int
    /// How many of them it shows.
    public var seen: Int

    /// Gathers it.
    public init(name: String, reached: Int, seen: Int) {
      self.name = name
      self.reached = reached
      self.seen = seen
    }

    fileprivate var share: Double { Double(seen) / Double(max(reached, 1)) }
  }

  /// How many faults met a fate.
  public func count(_ fate: Fate) -> Int { faults.count { $0.fate == fate } }

  /// The share of the faults that could be seen and were; nil where there was none.
  public var score: Double? {
    let (killed, survived) = (count(.killed), count(.survived))
    return killed + survived == 0 ? nil : Double(killed) / Double(killed + survived)
  }

  /// The recorded value that shows the smallest share of the faults before it.
  public var weakest: Value? {
    values.filter { $0.reached > 0 }.min { $0.share < $1.share }
  }
}

extension AuditReport {
  /// The report as JSON.
  public var json: JSON {
    let counts = Fate.allCases.map { ($0.rawValue, JSON.count(count($0))) }
    let head: [(String, JSON)] = [
      ("format", "crosswalk.audit"), ("version", 1), ("subject", .string(subject)),
      ("score", .measured(score)),
    ]
    let tail: [(String, JSON)] = [
      ("untried", .count(untried)), ("weakest", .text(weakest?.name)), ("notes", .texts(notes)),
      ("values", .array(values.map(\.json))), ("faults", .array(faults.map(\.json))),
    ]
    return .object(JSONObject(head + counts + tail))
  }

  /// The report as text: what would not be seen, then the score.
  public func text(style: Style = .plain) -> String {
    var text = style.paint(subject.printable, as: .heading) + "\n"
    for (fate, heading) in [
      (Fate.survived, "not seen"), (.invisible, "not to be seen in any output"),
      (.idle, "without effect on these inputs, or the same in other words"),
    ] {
      let met = faults.filter { $0.fate == fate }
      guard !met.isEmpty else { continue }
      text += "\n" + style.paint("\(heading) (\(met.count)):", as: .heading) + "\n"
      for (reason, faults) in Self.grouped(met) {
        text += "  " + reason.printable + "\n"
        for fault in faults.prefix(8) {
          text += "    \(fault.cause) at \(fault.node): \(fault.says)".printable + "\n"
        }
        if faults.count > 8 { text += "    and \(faults.count - 8) more\n" }
      }
    }
    for note in notes { text += "\n" + style.paint("note: ", as: .faint) + note.printable }
    if !notes.isEmpty { text += "\n" }
    if let weakest {
      text += "\nweakest recorded value: \(weakest.name.printable), which shows \(weakest.seen) of "
      text += "\(weakest.reached) faults before it\n"
    }
    return text + conclusion(style)
  }

  private func conclusion(_ style: Style) -> String {
    guard let score else {
      return "\n" + style.paint("no fault could be put in", as: .bad) + "\n"
    }
    let (killed, survived) = (count(.killed), count(.survived))
    let percent = Numbers.brief(100 * score, digits: 4)
    var parts = ["\(killed) of \(killed + survived) faults would be seen"]
    for fate in [Fate.invisible, .idle, .refused] where count(fate) > 0 {
      parts.append("\(count(fate)) \(fate.rawValue)")
    }
    if untried > 0 { parts.append("\(untried) left out") }
    return "\n" + style.paint("score \(percent) %", as: survived == 0 ? .good : .bad) + ": "
      + parts.joined(separator: ", ") + "\n"
  }

  private static func grouped(_ faults: [Fault]) -> [(reason: String, faults: [Fault])] {
    var groups: [(reason: String, faults: [Fault])] = []
    for fault in faults {
      let reason = fault.reason ?? "it changes nothing"
      if let index = groups.firstIndex(where: { $0.reason == reason }) {
        groups[index].faults.append(fault)
      } else {
        groups.append((reason, [fault]))
      }
    }
    return groups
  }
}

extension AuditReport.Value {
  fileprivate var json: JSON {
    ["name": .string(name), "reached": .count(reached), "seen": .count(seen)]
  }
}

extension AuditReport.Fault {
  fileprivate var json: JSON {
    [
      "cause": .string(cause), "says": .string(says), "node": .string(node),
      "fate": .string(fate.rawValue), "reason": .text(reason), "seen_by": .text(seenBy),
    ]
  }
}
