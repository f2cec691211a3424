public import Containers
public import Diagnostics
import Documents
import Families
public import Reports
import Tensors

/// How to look at a checkpoint of any container.
///
/// No family is needed; when one recognises the checkpoint, the report names it. Statistics are
/// exact, quantiles too, for tensors of any size, in bounded memory.
public struct Inspection: Sendable {
  /// Which tensors are looked at; nil for all.
  public var names: Glob?
  /// Whether statistics are made; every value is read for them.
  public var statistics = false
  /// How many values of each tensor are shown.
  public var values = Values.none

  /// The part of each tensor that is looked at; nil for the whole.
  public var slice: TensorSlice?

  /// What reading may do.
  public var reading = ReadOptions()

  /// Looks at names, dtypes and shapes.
  public init() {}

  /// How many values of a tensor are shown.
  public enum Values: Sendable, Equatable {
    /// None.
    case none
    /// The first so many, in row-major order.
    case first(Int)
    /// All of them, however many.
    case all
  }

  /// Opens a checkpoint and looks at it.
  ///
  /// - Throws: whatever opening and reading meet; `missingTensor` when no name fits.
  public func inspect(_ path: String, observer: any Observer = Silence()) throws(CrosswalkError)
    -> InspectReport
  {
    let checkpoint = try Checkpoint(opening: path, options: reading)
    observer.observe(.opened(path: path, container: checkpoint.container))
    do throws(CrosswalkError) {
      return try inspect(checkpoint, observer: observer)
    } catch { throw error.inFile(path) }
  }

  /// Looks at a checkpoint that is open already.
  ///
  /// - Throws: whatever reading meets; `missingTensor` when no name fits.
  public func inspect(_ checkpoint: Checkpoint, observer: any Observer = Silence())
    throws(CrosswalkError) -> InspectReport
  {
    var chosen = try chosen(from: checkpoint.contents.tensors)
    if let slice {
      var parts: [(String, StoredTensor)] = []
      for (name, tensor) in chosen {
        do throws(CrosswalkError) { parts.append((name, try slice.part(of: tensor))) } catch {
          throw error.inside(.tensor(name))
        }
      }
      chosen = parts
    }
    let container = ContainerRegistry.container(named: checkpoint.container)
    var inspector = TensorInspector(
      inspection: self, storage: { container?.storage(of: $0, in: checkpoint.contents) },
      observer: observer)
    return InspectReport(
      path: checkpoint.path, container: checkpoint.container,
      files: checkpoint.files.count > 1 ? checkpoint.files : [],
      family: Self.family(of: checkpoint), metadata: Self.metadata(of: checkpoint),
      tensors: try inspector.tensors(chosen))
  }

  /// What people ask of such a file first of all, and then the metadata.
  private static func metadata(of checkpoint: Checkpoint) -> JSON {
    let container = ContainerRegistry.container(named: checkpoint.container)
    var metadata = container?.facts(of: checkpoint.contents) ?? JSONObject()
    for (key, value) in checkpoint.contents.metadata.objectValue?.members ?? [] {
      metadata[key] = value
    }
    return .object(metadata)
  }

  private func chosen(from tensors: TensorTable) throws(CrosswalkError) -> [(String, StoredTensor)]
  {
    guard let names else { return Array(tensors) }
    let chosen = tensors.filter { names.matches($0.0) }
    guard chosen.isEmpty else { return chosen }
    let examples = tensors.names.prefix(3).joined(separator: ", ")
    throw CrosswalkError(
      .missingTensor, "no tensor's name fits",
      remedy: "there are \(tensors.count) tensors, such as \(examples)")
  }

  /// The family that a checkpoint is of, as far as that can be told at a glance.
  private static func family(of checkpoint: Checkpoint) -> String? {
    let metadata = checkpoint.contents.metadata
    let texts = metadata["attributes"] ?? metadata
    if texts["format"]?.stringValue == NativeCheckpoint.format {
      return texts["family"]?.stringValue
    }
    // Inspection is for what no family knows, too: not to recognise it is no failure.
    return try? FamilyLibrary.recognise(
      config: checkpoint.config, tensors: checkpoint.contents.tensors
    ).name
  }
}
