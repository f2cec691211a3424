import Diagnostics
import Tensors

/// What is written beside rows and columns: the tokens of a run's inputs.
struct TokenLabels {
  private let inputs: TensorTable
  private let vocabulary: Vocabulary?

  init(inputs: TensorTable, vocabulary: Vocabulary?) {
    self.inputs = inputs
    self.vocabulary = vocabulary
  }

  /// A label for each position: its token, its id where no vocabulary has it, or its number where
  /// the inputs hold no ids for it.
  func labels(_ tokens: TokenInput?, _ batch: Int, of batches: Int, _ length: Int)
    throws(CrosswalkError) -> [String]
  {
    guard let tokens, let tensor = inputs[tokens.name], tensor.dtype.isIntegral,
      let row = try row(of: tensor, tokens.batchAxis, batch, batches, length)
    else { return (0..<length).map(String.init) }
    return row.map { id in
      Int(exactly: id).flatMap { vocabulary?[$0] } ?? Int(exactly: id).map(String.init) ?? "\(id)"
    }
  }

  /// Which positions are padding; empty when nothing says so.
  func padding(_ mask: PaddingInput?, _ batch: Int, of batches: Int, _ length: Int)
    throws(CrosswalkError) -> [Bool]
  {
    guard let mask, let tensor = inputs[mask.name], tensor.dtype.category != .complex,
      let row = try row(of: tensor, mask.batchAxis, batch, batches, length)
    else { return [] }
    // A mask of numbers below zero is one that is added to scores.
    let isAdded = tensor.dtype.isFloating && row.contains { $0 < 0 }
    let padding = row.map { isAdded ? $0 <= -1e4 : ($0 != 0) == mask.marksPadding }
    return padding.contains(true) ? padding : []
  }

  /// A row of a batch; nil when the tensor has another shape.
  private func row(
    of tensor: StoredTensor, _ batchAxis: Int, _ batch: Int, _ batches: Int, _ length: Int
  ) throws(CrosswalkError) -> [Double]? {
    let isSecond = batchAxis == 1
    guard tensor.shape == (isSecond ? [length, batches] : [batches, length]) else { return nil }
    let numbers = try NumberReader(tensor).first(tensor.count)
    return (0..<length).map { numbers[isSecond ? $0 * batches + batch : batch * length + $0] }
  }
}
