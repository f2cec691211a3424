import Reports

/// Where an attention table stands in its model, and which inputs its rows and columns are.
struct AttentionSite {
  var kind: AttentionReport.Kind
  /// The layer's index in its stack.
  var layer: Int?
  var queries: TokenInput?
  var keys: TokenInput?
  var queryPadding: PaddingInput?
  var keyPadding: PaddingInput?

  /// The layer's index that a name says: its first number.
  static func layer(in name: String) -> Int? {
    name.split(separator: ".").lazy.compactMap { Int($0) }.first { $0 >= 0 }
  }
}

/// An input of token ids.
struct TokenInput: Hashable {
  var name: String
  /// The axis of the batch; the other one is the sequence.
  var batchAxis = 0
}

/// An input that says which tokens are padding.
struct PaddingInput {
  var name: String
  var batchAxis = 0
  /// Whether what is not zero is padding, or else a token.
  var marksPadding: Bool
}
