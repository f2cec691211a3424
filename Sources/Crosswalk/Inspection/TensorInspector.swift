import Diagnostics
import Reports
import Tensors

/// Looks at tensors one after the other.
struct TensorInspector {
  let inspection: Inspection
  let observer: any Observer
  /// The tensors seen so far that say whose bytes they are.
  private var seen: [Twin: InspectReport.Tensor] = [:]
  /// The first tensor of each storage.
  private var owners: [String: String] = [:]

  /// How the file keeps a tensor, where there is something to say of it.
  private let storage: (String) -> String?

  init(
    inspection: Inspection, storage: @escaping (String) -> String?, observer: any Observer
  ) {
    self.inspection = inspection
    self.storage = storage
    self.observer = observer
  }

  /// What is said of some tensors of a checkpoint.
  mutating func tensors(_ chosen: [(String, StoredTensor)]) throws(CrosswalkError)
    -> [InspectReport.Tensor]
  {
    let statistics = inspection.statistics ? try measure(chosen) : [:]
    var tensors: [InspectReport.Tensor] = []
    for (name, tensor) in chosen {
      do throws(CrosswalkError) {
        tensors.append(try inspect(name, tensor, statistics[name]))
      } catch { throw error.inside(.tensor(name)) }
    }
    return tensors
  }

  /// Measures every tensor by name, all processors at once; what is stored once is measured once.
  private func measure(_ chosen: [(String, StoredTensor)]) throws(CrosswalkError)
    -> [String: TensorStatistics]
  {
    var twins = Set<Twin>()
    let distinct = chosen.filter { _, tensor in
      tensor.dtype.category != .complex && Twin(tensor).map { twins.insert($0).inserted } ?? true
    }
    let work = distinct.reduce(0) { $0 &+ TensorStatistics.byteCount(of: $1.1) }
    let observer = observer
    observer.observe(.began(activity: "Inspecting", total: work, unit: .bytes))
    defer { observer.observe(.finished) }
    let measured = try Parallel.map(distinct, weight: { TensorStatistics.byteCount(of: $0.1) }) {
      (item) throws(CrosswalkError) -> TensorStatistics? in
      do throws(CrosswalkError) {
        return try TensorStatistics(of: item.1, named: item.0, observer: observer)
      } catch { throw error.inside(.tensor(item.0)) }
    }
    return zip(distinct, measured).reduce(into: [:]) { $0[$1.0.0] = $1.1 }
  }

  private mutating func inspect(
    _ name: String, _ tensor: StoredTensor, _ statistics: TensorStatistics?
  ) throws(CrosswalkError) -> InspectReport.Tensor {
    let twin = Twin(tensor)
    if let twin, var known = seen[twin] {
      known.note = [known.note, "the same stored numbers as '\(known.name)'"].sentence
      (known.twin, known.name) = (known.name, name)
      return known
    }
    var result = InspectReport.Tensor(
      name: name, dtype: tensor.dtype.rawValue, shape: tensor.shape, bytes: tensor.byteCount)
    result.statistics = statistics?.statistics
    let values = try TensorValues(of: tensor, inspection.values)
    result.values = values.values
    let isComplex = inspection.statistics && tensor.dtype.category == .complex
    let notes = [
      tensor.count == 0 ? "no elements" : nil, storage(name), sharing(name, tensor),
      isComplex ? "complex numbers: no statistics" : nil,
    ]
    result.note = (notes + (statistics?.remarks ?? []) + [values.note]).sentence
    if let twin { seen[twin] = result }
    return result
  }

  /// What to say of a tensor that is another view of a storage that was seen.
  private mutating func sharing(_ name: String, _ tensor: StoredTensor) -> String? {
    guard let key = tensor.storage?.key else { return nil }
    guard let owner = owners[key] else {
      owners[key] = name
      return nil
    }
    return "another view of the storage of '\(owner)'"
  }
}

/// What two tensors have in common that are the same stored numbers.
private struct Twin: Hashable {
  let storage: StoredTensor.Storage
  let dtype: DType
  let shape: [Int]

  /// Nil for a tensor that does not say whose bytes it is.
  init?(_ tensor: StoredTensor) {
    guard let storage = tensor.storage else { return nil }
    self.storage = storage
    dtype = tensor.dtype
    shape = tensor.shape
  }
}

extension [String?] {
  /// Remarks as one text, nil when there are none.
  fileprivate var sentence: String? {
    let said = compactMap { $0 }
    return said.isEmpty ? nil : said.joined(separator: "; ")
  }
}
