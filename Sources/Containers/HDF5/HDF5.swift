public import Diagnostics
import Documents
import Synchronization
import Tensors

/// The HDF5 container: any HDF5 file's datasets of numbers, by their paths.
///
/// A tensor's name is its dataset's path without the first slash, as h5py has it. libhdf5 makes a
/// survey of the file, in this process or in another (``containment``); the bytes of datasets are
/// read by ``FileReader`` where the survey says that they lie, without libhdf5 and without copies.
///
/// ``Contents/metadata`` is an object of
/// - `attributes`: the root's attributes, by name;
/// - `objects`: the attributes of groups and datasets, by path (`/encoder`); an empty group stands
///   here, too;
/// - `links`: `{"kind": "soft" | "hard", "target": PATH}` by path, for each name of an object that
///   has another name already; where that is a tensor, it is a tensor under each name, of one
///   ``StoredTensor/Storage``;
/// - `layouts`: how datasets are stored that are not simply contiguous, by path;
/// - `skipped`: what is no tensor, by path (`/words`, or `/encoder@note` for an attribute), with
///   the reason;
/// - `superblock`: the version of the file's first block.
///
/// Attributes are strings, integers, numbers, truth values, null for an empty one, and arrays of
/// these in the attribute's shape. What links, external storage and virtual datasets lead to in
/// other files stands as if it were in this one, where ``ReadOptions/allowsExternal`` lets them. ``write(_:to:options:observer:)`` takes the same form.
public enum HDF5: Container {
  /// Its name in reports.
  public static let name = "HDF5"
  /// The endings of its files, and that of the index of Keras's shards.
  public static let fileExtensions = ["h5", "hdf5", "weights.json"]

  /// Datasets lie in groups, attributes beside them.
  public static var isHierarchical: Bool { true }

  /// How the file is laid out; links are kept by the tensors' storages.
  public static let descriptions = ["superblock", "layouts", "links", "model_class"]

  /// Whether HDF5's signature stands at the start, or where a user block may end.
  public static func recognises(_ file: FileReader) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    // The search ends early: no one puts a megabyte before an HDF5 file.
    while offset <= min(1 << 20, file.size - signature.count) {
      if (try? file.bytes(at: offset, count: signature.count)) == signature { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  /// Surveys the file; the tensors are read when wanted.
  public static func open(_ file: FileReader, options: ReadOptions) throws(CrosswalkError)
    -> Contents
  {
    try HDF5Contents.contents(survey(file), of: file, options: options)
  }

  /// Has a file surveyed where ``containment`` says.
  static func survey(_ file: FileReader) throws(CrosswalkError) -> HDF5Survey {
    do {
      switch containment {
      case .inProcess: return try HDF5Walk.survey(file.path, window: file.window)
      case .helper(let executable, let limits):
        return try HDF5Helper(executable: executable, limits: limits)
          .survey(file.path, window: file.window)
      }
    } catch {
      throw error.inFile(file.path)
    }
  }
}

extension HDF5 {
  /// Where libhdf5 reads files.
  ///
  /// It cannot be trusted with a damaged file: of 4,000 copies of sound files with one or three
  /// bytes changed, release 1.10.8 crashed on 34 and hung on 4. In a process of its own, with
  /// limits, that becomes an error.
  public enum Containment: Sendable, Equatable {
    /// In this process: for files that are trusted.
    case inProcess
    /// In a process of this executable, which first of all calls
    /// ``HDF5Survey/runChildIfAsked(_:)``.
    case helper(executable: String, limits: Limits = Limits())

    /// What the other process may use before it is ended.
    public struct Limits: Sendable, Equatable {
      /// Bytes of address space.
      public var byteCount: Int
      /// Seconds of processor time.
      public var processorSeconds: Int
      /// Seconds until the answer, on any clock.
      public var seconds: Int

      /// Limits that a sound file does not come near.
      public init(byteCount: Int = 4 << 30, processorSeconds: Int = 20, seconds: Int = 60) {
        self.byteCount = byteCount
        self.processorSeconds = processorSeconds
        self.seconds = seconds
      }
    }
  }

  private static let contained = Mutex(Containment.inProcess)

  /// Where libhdf5 reads files: in this process, unless the program says otherwise at its start.
  public static var containment: Containment {
    get { contained.withLock { $0 } }
    set { contained.withLock { $0 = newValue } }
  }
}
