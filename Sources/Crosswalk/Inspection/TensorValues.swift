import Diagnostics
import Tensors

/// The values of a tensor that are shown, and what is to be said of them.
struct TensorValues {
  var values: [Double]?
  var note: String?

  /// Reads the values that the options ask for, and no more.
  init(of tensor: StoredTensor, _ wanted: Inspection.Values) throws(CrosswalkError) {
    let limit: Int
    switch wanted {
    case .none: return
    case .first(let count): limit = min(max(0, count), tensor.count)
    case .all: limit = tensor.count
    }
    guard tensor.dtype.category != .complex else {
      note = "complex numbers: values are not shown"
      return
    }
    let values = try NumberReader(tensor).first(limit)
    self.values = values
    if limit < tensor.count { note = "the first \(limit) of \(tensor.count) values" }
    let isRounded = values.contains { $0.magnitude > 0x1p53 }
    if tensor.dtype.isIntegral, isRounded {
      note = (note.map { $0 + ", " } ?? "") + "those beyond 2^53 rounded"
    }
  }
}
