import Architectures
import Diagnostics
import Documents
import Engine
import Tensors

/// What a generation begins with: the inputs of the first run, and how each goes on.
struct GenerationPrompt {
  /// The input that takes the tokens.
  let tokens: String
  /// The output that scores the next token.
  let output: String
  /// All inputs of the first run.
  private(set) var inputs = TensorTable()
  /// The tokens to begin with, row by row of the batch.
  private(set) var ids: [[Int]] = []
  /// For each row of the batch, how many tokens of padding come first.
  private(set) var leading: [Int] = []
  /// For each row of the batch, the ids of the source.
  private(set) var source: [[Int]] = []
  /// The other inputs that grow, each with its last places.
  private var followers: [(name: String, rule: Rule, last: [Int])] = []

  /// What the names of a decoder's inputs begin with, where there is an encoder beside it.
  static let decoder = "decoder_"

  /// How an input goes on beside the tokens.
  private enum Rule {
    /// With ones: a mask.
    case one
    /// With the next number: positions.
    case next
    /// With the same.
    case same
  }

  init(
    _ architecture: Architecture, _ given: TensorTable, _ values: GenerationValues,
    tokens: String?, output: String?
  ) throws(CrosswalkError) {
    let names = GenerationNames(architecture)
    self.tokens = if let tokens { tokens } else { try names.tokens() }
    self.output = if let output { output } else { try names.output(after: self.tokens) }
    let token = architecture.inputs.first { $0.name == self.tokens }
    let growing = architecture.inputs.filter { input in
      input.name != self.tokens && input.type.axes.map(\.name) == token?.type.axes.map(\.name)
    }
    let isPair = self.tokens.hasPrefix(Self.decoder)
    var given = given
    if isPair || given[self.tokens] == nil {
      try begin(&given, values, batch: given.first { _ in true }?.1.shape.first ?? 1, growing)
    }
    ids = try Self.rows(given[self.tokens], self.tokens)
    let main = isPair ? given["input_ids"] : given[self.tokens]
    if let main, main.dtype.isIntegral, main.shape.count == 2 {
      source = try Self.rows(main, "input_ids")
    }
    try prepareMask(&given, values, isPair ? [] : growing, architecture)
    try prepareFollowers(given, growing)
    inputs = given
  }

  // MARK: The first tokens

  /// Puts the token that a sequence begins with before all else.
  private func begin(
    _ given: inout TensorTable, _ values: GenerationValues, batch: Int, _ growing: [Input]
  ) throws(CrosswalkError) {
    let isPair = tokens.hasPrefix(Self.decoder)
    var start = isPair ? try values.ids("decoder_start_token_id") : nil
    if start == nil { start = try values.ids("bos_token_id") }
    guard let start, let first = start.first, start.count == 1 || start.count == batch else {
      if given[tokens] != nil { return }
      throw CrosswalkError(
        .invalidInput, "nothing says with which token a sequence begins",
        at: Place(.tensor(tokens)), remedy: "give --begin ID, or the input itself")
    }
    let starts = start.count == 1 ? Array(repeating: first, count: batch) : start
    guard let present = given[tokens] else {
      try given.append(tokens, Self.tensor(starts.map { [$0] }))
      return
    }
    let rows = try Self.rows(present, tokens)
    guard rows.count == starts.count, !zip(rows, starts).contains(where: { $0.first == $1 }) else {
      return
    }
    given = try given.replacing(tokens, by: Self.tensor(zip(starts, rows).map { [$0] + $1 }))
    for input in growing where input.type.element == .mask {
      guard let mask = given[input.name] else { continue }
      let longer = try Self.rows(mask, input.name).map { [1] + $0 }
      given = try given.replacing(input.name, by: Self.tensor(longer))
    }
  }

  // MARK: What grows beside the tokens

  /// Makes the mask of a decoder that stands alone, and its positions, as transformers does.
  private mutating func prepareMask(
    _ given: inout TensorTable, _ values: GenerationValues, _ growing: [Input],
    _ architecture: Architecture
  ) throws(CrosswalkError) {
    leading = Array(repeating: 0, count: ids.count)
    guard let input = growing.first(where: { $0.type.element == .mask }) else { return }
    let mask =
      if let mask = given[input.name] {
        try Self.rows(mask, input.name)
      } else {
        try inferredMask(values)
      }
    guard mask.count == ids.count, mask[0].count == ids[0].count else { return }
    let isWhole = !mask.joined().contains(0)
    if isWhole, input.absence != .refused {
      given = try given.removing(input.name)
    } else {
      given = try given.replacing(input.name, by: Self.tensor(mask))
    }
    leading = mask.map { $0.firstIndex { $0 != 0 } ?? 0 }
    guard let positions = growing.first(where: { $0.name == "position_ids" }),
      given[positions.name] == nil
    else { return }
    let counted = mask.map { row in
      var count = -1
      return row.map { flag in
        count += flag
        return flag == 0 ? 0 : count
      }
    }
    try given.append(positions.name, Self.tensor(counted))
  }

  /// The mask of padding, where there is padding that is no end of a sequence.
  private func inferredMask(_ values: GenerationValues) throws(CrosswalkError) -> [[Int]] {
    let ends = try values.ids("eos_token_id") ?? []
    guard let padding = try values.integer("pad_token_id", minimum: -1), !ends.contains(padding),
      ids.joined().contains(padding)
    else { return ids.map { row in row.map { _ in 1 } } }
    return ids.map { row in row.map { $0 == padding ? 0 : 1 } }
  }

  private mutating func prepareFollowers(_ given: TensorTable, _ growing: [Input])
    throws(CrosswalkError)
  {
    for input in growing {
      guard let tensor = given[input.name] else { continue }
      let rule: Rule =
        input.type.element == .mask ? .one : input.name.hasSuffix("position_ids") ? .next : .same
      let last = try Self.rows(tensor, input.name).map { $0.last ?? 0 }
      followers.append((input.name, rule, last))
    }
  }

  /// What each growing input gets next.
  mutating func next(_ chosen: [Int]) -> [String: [Int]] {
    var columns = [tokens: chosen]
    for place in followers.indices {
      let last = followers[place].last
      let rows = last.count == 1 ? 1 : chosen.count
      followers[place].last = (0..<rows).map { row in
        switch followers[place].rule {
        case .one: 1
        case .next: (last.count == 1 ? last[0] : last[row]) + 1
        case .same: last.count == 1 ? last[0] : last[row]
        }
      }
      columns[followers[place].name] = followers[place].last
    }
    return columns
  }

  /// Follows a selection of the batch's rows, of which there were `count`.
  mutating func select(_ rows: [Int], of count: Int) {
    for place in followers.indices where followers[place].last.count == count {
      followers[place].last = rows.map { followers[place].last[$0] }
    }
  }

  /// The inputs with each row of the batch so many times.
  func repeated(_ times: Int) throws(CrosswalkError) -> TensorTable {
    guard times > 1 else { return inputs }
    var repeated = TensorTable()
    for (name, tensor) in inputs {
      guard tensor.shape.first == ids.count else {
        try repeated.append(name, tensor)
        continue
      }
      let bytes = try tensor.bytes()
      let width = bytes.count / ids.count
      let rows = (0..<(ids.count * times)).flatMap { row in
        bytes[(row / times * width)..<((row / times + 1) * width)]
      }
      try repeated.append(
        name,
        StoredTensor(
          tensor.dtype, [ids.count * times] + tensor.shape.dropFirst(),
          source: MemorySource(rows, of: tensor.dtype)))
    }
    return repeated
  }

  // MARK: Tables of ids

  private static func rows(_ tensor: StoredTensor?, _ name: String) throws(CrosswalkError)
    -> [[Int]]
  {
    guard let tensor, tensor.shape.count == 2, tensor.count > 0,
      tensor.dtype.category != .complex
    else {
      throw CrosswalkError(
        .invalidInput, "not a table of ids", at: Place(.tensor(name)),
        expected: "(batch, sequence)", found: tensor.map { "\($0.shape)" } ?? "nothing")
    }
    let (ids, width) = (try tensor.ints(), tensor.shape[1])
    return (0..<tensor.shape[0]).map { Array(ids[($0 * width)..<(($0 + 1) * width)]) }
  }

  static func tensor(_ rows: [[Int]]) throws(CrosswalkError) -> StoredTensor {
    try StoredTensor(
      rows.joined().map { Int64($0) }, shape: [rows.count, rows.first?.count ?? 0])
  }

  func otherRows(_ rows: Int) -> CrosswalkError {
    CrosswalkError(
      .unsupported, "the output '\(output)' has other rows than the batch",
      expected: "\(ids.count) or a multiple", found: "\(rows)")
  }
}

extension TensorTable {
  /// The table with another tensor, or a new one, of a name.
  func replacing(_ name: String, by tensor: StoredTensor) throws(CrosswalkError) -> TensorTable {
    var table = try removing(name)
    try table.append(name, tensor)
    return table
  }

  /// The table without a name.
  func removing(_ name: String) throws(CrosswalkError) -> TensorTable {
    var table = TensorTable()
    for (other, tensor) in self where other != name { try table.append(other, tensor) }
    return table
  }
}

/// Which input of a graph takes tokens, and which output scores them.
private struct GenerationNames {
  let architecture: Architecture

  init(_ architecture: Architecture) { self.architecture = architecture }

  /// `decoder_input_ids`, or the only ids whose name begins as a decoder's; `input_ids`, or the only
  /// ids that must be given.
  ///
  /// - Throws: `unsupported` where there is none, or the model predicts in any order: what is next is
  ///   then asked for in a stream of its own (Yang 2019), which the graph has not.
  func tokens() throws(CrosswalkError) -> String {
    if architecture.inputs.contains(where: { $0.name == "perm_mask" }) {
      throw CrosswalkError(
        .unsupported, "a model that predicts tokens in any order generates none",
        at: Place(.tensor("perm_mask")), expected: "one whose tokens see those before them",
        remedy: "run it, and read its logits")
    }
    let candidates = architecture.inputs.filter {
      $0.type.element == .integer && $0.type.axes.count == 2
    }
    let decoders = candidates.map(\.name).filter { $0.hasPrefix(GenerationPrompt.decoder) }
    for name in ["decoder_input_ids", decoders.count == 1 ? decoders[0] : "", "input_ids"]
    where candidates.contains(where: { $0.name == name }) {
      return name
    }
    let needed = candidates.filter { $0.absence == .refused }
    guard needed.count == 1 else {
      throw CrosswalkError(
        .unsupported, "nothing says which input takes the tokens",
        expected: "decoder_input_ids or input_ids",
        found: architecture.inputs.map(\.name).joined(separator: ", "),
        remedy: "name it with --tokens")
    }
    return needed[0].name
  }

  /// `logits`, or the only output that has a number for each token there is, at each place.
  func output(after tokens: String) throws(CrosswalkError) -> String {
    if architecture.outputs.contains(where: { $0.name == "logits" }) { return "logits" }
    let value = architecture.inputs.firstIndex { $0.name == tokens }
    let places = value.map { architecture.inputs[$0].type.axes.map(\.name) } ?? []
    let tables = architecture.nodes.filter {
      $0.operationName == "embedding" && $0.arguments["input"]?.first == value
    }
    let rows = tables.compactMap { $0.settings["rows"]?.intValue }.max()
    let names = architecture.outputs.filter {
      let type = architecture.type(of: $0.value)
      return type.axes.count == 3 && Array(type.axes.prefix(2)).map(\.name) == places
        && (rows == nil || type.width == rows)
    }.map(\.name)
    guard names.count == 1 else {
      throw CrosswalkError(
        .unsupported, "nothing says which output scores the next token", expected: "logits",
        found: architecture.outputs.map(\.name).joined(separator: ", "),
        remedy: "name it with --logits, or give a checkpoint that has a language model's head")
    }
    return names[0]
  }
}
