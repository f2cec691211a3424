import Documents
import Tensors

/// What libhdf5 told about a file: everything but the bytes of its datasets.
///
/// It is all that crosses from the library's side to ours, and nothing in it is believed before
/// ``HDF5Contents`` has checked it against the file's size.
public struct HDF5Survey: Sendable, Equatable {
  /// The version of the file's superblock.
  var superblock = 0
  /// The root group and all that is linked from it, parents before children.
  var entries: [Entry] = []

  /// One name in the file.
  struct Entry: Sendable, Equatable {
    /// The path from the root, which itself is empty.
    var path: String
    /// What the name stands for.
    var target: Target
    /// The attributes of the object, empty for links.
    var attributes = JSONObject()
    /// Attributes that JSON does not hold, each with the reason.
    var skippedAttributes: [Skipped] = []
  }

  /// What a name stands for.
  enum Target: Sendable, Equatable {
    /// A group of so many links, met for the first time.
    case group(links: Int)
    /// A dataset, met for the first time.
    case dataset(Dataset)
    /// An object that was met before, at that path.
    case hardLink(String)
    /// An object of another file, by its path there.
    case externalLink(file: String, path: String)
    /// A path to be looked up, from the link's own group unless it begins with a slash.
    case softLink(String)
    /// Something else.
    case other(String)
  }

  /// An attribute that was not read.
  struct Skipped: Sendable, Equatable {
    var name: String
    var reason: String
  }

  /// A dataset: what its elements are and where they lie.
  struct Dataset: Sendable, Equatable {
    var element: Element
    var shape: [Int]
    var layout: Layout
    var filters: [Filter] = []
    /// The bytes of one element that was never written, empty for zeros.
    var fill: [UInt8] = []
  }

  /// What the elements of a dataset are.
  enum Element: Sendable, Equatable {
    case number(DType, bigEndian: Bool)
    /// Bytes that the library gives no meaning; Keras keeps bfloat16 so.
    case opaque(byteCount: Int)
    case other(String)
  }

  /// Where the elements of a dataset lie.
  enum Layout: Sendable, Equatable {
    /// Nowhere: never written.
    case unallocated
    case contiguous(offset: Int, byteCount: Int)
    /// In the object's header; here they are.
    case compact([UInt8])
    case chunked(Chunking)
    /// In other files, one stretch after another.
    case external([Segment])
    /// Nowhere: the dataset is made of parts of others.
    case virtual([Mapping])
    /// In a way that is not followed here.
    case other(String)
  }

  /// A stretch of another file that holds some of a dataset's bytes.
  struct Segment: Sendable, Equatable {
    var file: String
    var offset: Int
    var byteCount: Int
  }

  /// Which elements of a virtual dataset are which of another's.
  struct Mapping: Sendable, Equatable {
    /// The file of the other; a dot for the same.
    var file: String
    var dataset: String
    var target: Selection
    var source: Selection
  }

  /// A regular pattern of elements: for each axis blocks, so many, so far apart; without axes, all
  /// elements of a dataset whose shape only the dataset itself tells.
  struct Selection: Sendable, Equatable {
    var start: [Int]
    var stride: [Int]
    var count: [Int]
    var block: [Int]
  }

  /// How a dataset is cut into chunks, and where they are.
  struct Chunking: Sendable, Equatable {
    var shape: [Int]
    /// Whether chunks that reach over the dataset's edge are stored without filters.
    var edgesAreRaw: Bool
    var chunks: [Chunk] = []
  }

  /// A chunk that was written.
  struct Chunk: Sendable, Equatable {
    /// Its row-major position among the chunks.
    var index: Int
    var offset: Int
    var byteCount: Int
    /// A set bit for each filter that was left out.
    var mask: Int
  }

  /// A step that each chunk went through on its way into the file.
  struct Filter: Sendable, Equatable {
    var id: Int
    var name: String
    var values: [Int]
  }
}

extension HDF5Survey {
  /// How much a file may hold before it is refused; a sound checkpoint is far below.
  enum Limits {
    /// Groups within groups.
    static let depth = 1000
    /// Files and virtual datasets, each reached from the one before.
    static let files = 64
    /// Names, links included.
    static let entries = 1_000_000
    /// Bytes of names, attributes and chunk tables together.
    static let byteCount = 256 << 20
    /// Parts of one dataset that lie elsewhere.
    static let pieces = 1 << 16
    /// Elements of one attribute.
    static let attributeElements = 1 << 20
    /// Bytes of one chunk, which has to be held in memory whole.
    static let chunkByteCount = 512 << 20
  }
}
