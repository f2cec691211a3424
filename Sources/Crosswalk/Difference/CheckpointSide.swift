import Containers
import Diagnostics
import Tensors

/// One of two checkpoints to compare: understood as a model, or just its tensors.
struct CheckpointSide {
  let path: String
  let tensors: TensorTable
  let model: ModelCheckpoint?
  /// Why it is not understood as a model.
  var reason: String?

  /// What is wrong with a checkpoint that is sound, but of no family or not enough said of it.
  private static let foreign: [CrosswalkError.Kind] = [
    .unsupported, .ambiguous, .invalidConfig, .incompleteMapping,
  ]

  /// Understands a checkpoint, as far as that goes.
  ///
  /// - Parameter isRaw: whether the tensors are to be compared as they are in the files.
  /// - Throws: whatever opening meets; what understanding meets only where the options ask for it.
  init(_ path: String, _ options: ModelCheckpoint.Options, isRaw: Bool) throws(CrosswalkError) {
    if isRaw {
      let checkpoint = try Checkpoint(
        opening: path, config: options.config, options: options.reading)
      self.init(path, checkpoint.contents.tensors, reason: nil)
      return
    }
    // What is left over or missing is this comparison's to tell.
    var lenient = options
    (lenient.allowsMissing, lenient.allowsUnmapped, lenient.areShared) = (true, true, true)
    do throws(CrosswalkError) {
      self.init(try ModelCheckpoint(opening: path, options: lenient))
    } catch {
      let isForeign = Self.foreign.contains(error.kind)
      guard isForeign, options.family == nil, options.overrides.isEmpty else { throw error }
      let checkpoint = try Checkpoint(
        opening: path, config: options.config, options: options.reading)
      self.init(path, checkpoint.contents.tensors, reason: error.message)
    }
  }

  private init(_ path: String, _ tensors: TensorTable, reason: String?) {
    self.path = path
    self.tensors = tensors
    self.reason = reason
    model = nil
  }

  init(_ model: ModelCheckpoint) {
    path = model.checkpoint.path
    tensors = model.checkpoint.contents.tensors
    self.model = model
  }
}

extension CheckpointSide {
  /// The names in the files of what makes each of our parameters.
  var sources: [String: [String]] {
    var sources: [String: [String]] = [:]
    for (name, fate) in model?.account.tensors ?? [] {
      guard case .mapped(let parameters) = fate else { continue }
      for parameter in parameters { sources[parameter, default: []].append(name) }
    }
    return sources
  }
}
