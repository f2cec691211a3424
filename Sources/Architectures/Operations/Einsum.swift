public import Diagnostics

/// Sums of products over named axes (Einstein's convention, as numpy.einsum writes it).
public struct Einsum: Operation {
  /// `einsum`.
  public static let name = "einsum"
  /// What it does.
  public static let summary = "sums of products over named axes: bqd,bkd->bqk"
  /// `input`: as many as the equation names.
  public static let roles: [Role] = [.many("input")]
  /// The axes of inputs and output.
  package let equation: Equation

  /// Reads `equation`.
  public init(_ settings: inout Settings) throws(CrosswalkError) {
    let text = try settings.text("equation")
    guard let equation = Equation(text) else {
      throw CrosswalkError(
        .invalidDocument, "not an equation of axes", at: Place(.key("equation")),
        expected: "letters for axes, such as bqd,bkd->bqk or ...ij,...jk->...ik", found: text)
    }
    self.equation = equation
  }

  /// The axes of the output, each of the extent that the inputs give it.
  public func signature(_ inputs: InputTypes) throws(CrosswalkError) -> Signature {
    let types = inputs["input"]
    let labels = try equation.labels(ranks: types.map(\.axes.count))
    var axes: [Int: Axis] = [:]
    for (type, own) in zip(types, labels.inputs) {
      for (axis, label) in zip(type.axes, own) {
        guard let known = axes[label] else {
          axes[label] = axis
          continue
        }
        guard let ours = known.extent, ours != 1 else {
          if known.extent == 1 || (axis.extent ?? 1) != 1 { axes[label] = axis }
          continue
        }
        guard let theirs = axis.extent, theirs != ours, theirs != 1 else { continue }
        throw CrosswalkError(
          .wrongShape, "an axis of two extents", at: Place(.key("equation")),
          expected: "\(known.name) \(ours)", found: "\(axis.name) \(theirs)")
      }
    }
    return Signature(TensorType(.floating, labels.output.map { axes[$0] ?? Axis("axis") }))
  }

  /// The axes of inputs and output, by letters.
  package struct Equation: Sendable, Equatable {
    private let inputs: [Term]
    /// nil where it follows: the letters that stand once, in order.
    private let output: Term?

    /// The letters of one tensor, and where among them an ellipsis stands.
    private struct Term: Sendable, Equatable {
      var letters: [Int] = []
      var ellipsis: Int?

      init?(_ text: Substring) {
        var rest = text
        while let letter = rest.first {
          if rest.hasPrefix("..."), ellipsis == nil {
            ellipsis = letters.count
            rest = rest.dropFirst(3)
          } else if letter.isASCII, letter.isLetter, let value = letter.asciiValue {
            letters.append(Int(value))
            rest = rest.dropFirst()
          } else {
            return nil
          }
        }
      }

      init(_ letters: [Int]) {
        self.letters = letters
        ellipsis = 0
      }

      /// The labels of so many axes; those of an ellipsis are below zero, -1 the last.
      func labels(_ more: Int) -> [Int] {
        guard let ellipsis else { return letters }
        return letters[..<ellipsis] + (0..<more).map { $0 - more } + letters[ellipsis...]
      }
    }

    init?(_ text: String) {
      let text = text.filter { !$0.isWhitespace }
      var sides: [Substring] = [text[...]]
      if let arrow = text.indices.first(where: { text[$0...].hasPrefix("->") }) {
        sides = [text[..<arrow], text[text.index(arrow, offsetBy: 2)...]]
      }
      var inputs: [Term] = []
      for part in sides[0].split(separator: ",", omittingEmptySubsequences: false) {
        guard let term = Term(part) else { return nil }
        inputs.append(term)
      }
      let letters = inputs.flatMap(\.letters)
      if sides.count == 2 {
        guard let output = Term(sides[1]), Set(output.letters).count == output.letters.count,
          output.letters.allSatisfy(letters.contains),
          output.ellipsis == nil || inputs.contains(where: { $0.ellipsis != nil })
        else { return nil }
        self.output = output
      } else {
        output = nil
      }
      self.inputs = inputs
    }

    /// The labels of each input's axes and of the output's.
    ///
    /// - Throws: `wrongShape` when the inputs have other numbers of axes.
    package func labels(ranks: [Int]) throws(CrosswalkError) -> (inputs: [[Int]], output: [Int]) {
      guard ranks.count == inputs.count else {
        throw CrosswalkError(
          .wrongShape, "an equation of another number of inputs", at: Place(.key("equation")),
          expected: String(inputs.count), found: String(ranks.count))
      }
      var labels: [[Int]] = []
      var most = 0
      for (term, rank) in zip(inputs, ranks) {
        let more = rank - term.letters.count
        guard more == 0 || (more > 0 && term.ellipsis != nil) else {
          throw CrosswalkError(
            .wrongShape, "an input of another number of axes", at: Place(.key("equation")),
            expected: String(term.letters.count), found: String(rank))
        }
        most = max(most, more)
        labels.append(term.labels(more))
      }
      let all = inputs.flatMap(\.letters)
      let once = Set(all).filter { letter in all.count { $0 == letter } == 1 }.sorted()
      return (labels, (output ?? Term(once)).labels(most))
    }
  }
}
