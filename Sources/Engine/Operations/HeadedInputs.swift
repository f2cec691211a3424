import Architectures
import Diagnostics

/// Queries, keys and values of attention with as many key as query heads, and which keys are hidden.
struct HeadedInputs<S: Scalar>: Sendable {
  let batch: Int
  let heads: Int
  let queries: Int
  let keys: Int
  let headWidth: Int
  let valueWidth: Int
  let query: Tensor<S>
  let key: Tensor<S>
  let value: Tensor<S>
  /// (batch, keys): what is added to scores.
  let mask: Tensor<S>?

  /// Takes the roles `query`, `key`, `value` and `key_mask`, or others in the place of the first two.
  init(_ call: Call<S>, heads: Int, query: String = "query", key: String = "key")
    throws(CrosswalkError)
  {
    self.query = try call.floating(query)
    self.key = try call.floating(key)
    value = try call.floating("value")
    self.heads = heads
    let shapes = [self.query.shape, self.key.shape, value.shape]
    guard shapes.allSatisfy({ $0.count == 3 && $0[0] == shapes[0][0] }),
      shapes[1][1] == shapes[2][1], shapes[1][1] > 0, shapes[0][2] == shapes[1][2],
      shapes.allSatisfy({ $0[2] > 0 && $0[2] % heads == 0 })
    else {
      throw CrosswalkError(
        .invalidInput, "queries, keys and values of different batches, lengths or widths",
        expected: "(batch, sequence, width), keys as many as values",
        found: shapes.map { "\($0)" }.joined(separator: ", "))
    }
    (batch, queries, keys) = (shapes[0][0], shapes[0][1], shapes[1][1])
    (headWidth, valueWidth) = (shapes[0][2] / heads, shapes[2][2] / heads)
    mask = call.optional("key_mask") == nil ? nil : try call.floating("key_mask")
    if let mask, mask.shape != [batch, keys] {
      throw CrosswalkError(
        .invalidInput, "a key mask of another shape than batch and keys",
        expected: "\([batch, keys])", found: "\(mask.shape)")
    }
  }

  /// One head of a tensor (batch, sequence, heads × width).
  func head(_ tensor: Tensor<S>, _ item: Int) -> Matrix<S> {
    let (row, head) = item.quotientAndRemainder(dividingBy: heads)
    return Matrix(
      start: tensor.start + row * tensor.shape[1] * tensor.width + head * (tensor.width / heads),
      stride: tensor.width)
  }

  /// What is added to the scores of the keys of an item's row of the batch.
  func mask(of item: Int) -> UnsafeMutablePointer<S>? {
    mask.map { $0.start + item / heads * keys }
  }

  /// Puts zeros where keys are hidden.
  func hide(_ row: UnsafeMutablePointer<S>, item: Int) {
    guard let mask = mask(of: item) else { return }
    for key in 0..<keys where mask[key] == -S.infinity { row[key] = 0 }
  }

  /// A table (batch, heads, queries, keys) of zeros.
  func emptyTable() throws(CrosswalkError) -> Tensor<S> {
    let table = try Tensor<S>(shape: [batch, heads, queries, keys])
    table.elements.update(repeating: 0)
    return table
  }
}
