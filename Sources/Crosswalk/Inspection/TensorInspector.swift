import Diagnostics
import Reports
import Tensors

/// Looks at tensors one after the other.
struct TensorInspector {
  let inspection: Inspection
  let observer: any Observer
  /// The tensors seen so far that say whose bytes they are.
  private var seen: [StoredTensor.Storage: InspectReport.Tensor] = [:]
  /// The first tensor of each storage.
  private var owners: [String: String] = [:]

  init(inspection: Inspection, observer: any Observer) {
    self.inspection = inspection
    self.observer = observer
  }

  mutating func tensors(_ chosen: [(String, StoredTensor)]) throws(CrosswalkError)
    -> [InspectReport.Tensor]
  {
    if inspection.statistics {
      let work = chosen.reduce(0) { $0 &+ TensorStatistics.byteCount(of: $1.1) }
      observer.observe(.began(activity: "Inspecting", total: work, unit: .bytes))
    }
    var tensors: [InspectReport.Tensor] = []
    for (name, tensor) in chosen {
      do throws(CrosswalkError) { tensors.append(try inspect(name, tensor)) } catch {
        throw error.inside(.tensor(name))
      }
    }
    if inspection.statistics { observer.observe(.finished) }
    return tensors
  }

  private mutating func inspect(_ name: String, _ tensor: StoredTensor) throws(CrosswalkError)
    -> InspectReport.Tensor
  {
    if let storage = tensor.storage, var twin = seen[storage], twin.dtype == tensor.dtype.rawValue,
      twin.shape == tensor.shape
    {
      twin.note = [twin.note, "the same stored numbers as '\(twin.name)'"].sentence
      twin.name = name
      if inspection.statistics {
        let spared = TensorStatistics.byteCount(of: tensor)
        observer.observe(.advanced(by: spared, item: name))
      }
      return twin
    }
    var result = InspectReport.Tensor(
      name: name, dtype: tensor.dtype.rawValue, shape: tensor.shape, bytes: tensor.byteCount)
    var notes = [tensor.count == 0 ? "no elements" : nil, sharing(name, tensor)]
    if inspection.statistics {
      let statistics = try TensorStatistics(of: tensor, named: name, observer: observer)
      result.statistics = statistics?.statistics
      notes += try statistics?.remarks(on: tensor) ?? ["complex numbers: no statistics"]
    }
    let values = try TensorValues(of: tensor, inspection.values)
    result.values = values.values
    result.note = (notes + [values.note]).sentence
    if let storage = tensor.storage { seen[storage] = result }
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

extension [String?] {
  /// Remarks as one text, nil when there are none.
  fileprivate var sentence: String? {
    let said = compactMap { $0 }
    return said.isEmpty ? nil : said.joined(separator: "; ")
  }
}
