import Diagnostics
import Documents
import Tensors
import TestSupport
import Testing

@testable import Containers

@Suite struct WordVectorsTests {
  static let files = Expectation.all(of: "words")
  static let sound = files.filter { $0.error == nil }

  @Test(arguments: files) func `word vectors are read or refused`(file: Expectation) throws {
    try file.check { () throws(CrosswalkError) in
      let contents = try ContainerRegistry.open(try FileReader(file.path)).contents
      for (name, tensor) in contents.tensors {
        do throws(CrosswalkError) { _ = try tensor.bytes() } catch {
          throw error.inside(.tensor(name))
        }
      }
      return contents
    }
  }

  @Test func `there are files`() { #expect(Self.files.count > 20) }

  @Test(arguments: sound) func `a file is of one container`(file: Expectation) throws {
    let reader = try FileReader(file.path)
    let known = ContainerRegistry.all.filter { $0.recognises(reader) }
    #expect(known.map { $0.name } == [WordVectors.name])
  }

  @Test(arguments: sound, ["again.vec", "again.glove.txt", "again.w2v"])
  func `what was read is written in each form and read again`(file: Expectation, name: String)
    throws
  {
    let contents = try WordVectors.open(try FileReader(file.path))
    try Scratch.withFolder { folder in
      let hasSpaces = file.name.hasPrefix("odd-words")
      if hasSpaces, name.hasSuffix("w2v") {
        let error = #expect(throws: CrosswalkError.self) {
          try Scratch.write(contents, as: WordVectors.self, to: "\(folder)/\(name)")
        }
        #expect(error?.remedy?.contains(".glove.txt") == true)
      } else {
        let again = try Scratch.write(contents, as: WordVectors.self, to: "\(folder)/\(name)")
        try file.check { () throws(CrosswalkError) in again }
      }
    }
  }

  @Test(arguments: ["gensim.bin", "tool.bin"])
  func `binary rows keep their ends`(name: String) throws {
    let path = Shelf.fixture("containers/words/\(name)")
    let contents = try WordVectors.open(try FileReader(path))
    try Scratch.withFolder { folder in
      _ = try Scratch.write(contents, as: WordVectors.self, to: folder + "/again.word2vec.bin")
      let again = try FileReader(folder + "/again.word2vec.bin").head(.max)
      #expect(again == (try FileReader(path).head(.max)))
    }
  }

  @Test func `rows are read in any parts, of any form`() throws {
    for file in Self.sound {
      let tensor = try #require(
        try WordVectors.open(try FileReader(file.path)).tensors[WordVectors.vectors])
      let whole = try tensor.bytes()
      for range in [3..<9, 0..<1, 12..<13, 7..<40, 39..<40, 0..<40] {
        let part = whole[(range.lowerBound * 4)..<(range.upperBound * 4)]
        #expect(try tensor.bytes(range) == Array(part))
      }
    }
  }

  @Test func `what is known first`() throws {
    let contents = try WordVectors.open(
      try FileReader(Shelf.fixture("containers/words/packed.bin")))
    let facts = WordVectors.facts(of: contents)
    #expect(facts["words"] == 8)
    #expect(facts["width"] == 5)
    #expect(facts["first_words"]?.arrayValue?.first == "</s>")
    #expect(contents.metadata["form"] == "word2vec binary")
  }

  // MARK: writing

  static func table(_ words: [String], width: Int) throws -> Contents {
    var tensors = TensorTable()
    let numbers = [Float](repeating: 0.5, count: words.count * width)
    try tensors.append("vectors.weight", StoredTensor(numbers, shape: [words.count, width]))
    let bytes = words.flatMap { Array($0.utf8) }
    try tensors.append("words.bytes", StoredTensor(bytes, shape: [bytes.count]))
    let offsets = words.reduce(into: [Int64(0)]) {
      $0.append($0[$0.count - 1] + Int64($1.utf8.count))
    }
    try tensors.append("words.offsets", StoredTensor(offsets, shape: [offsets.count]))
    return Contents(tensors: tensors)
  }

  static func refusal(_ contents: Contents, _ name: String) throws -> CrosswalkError? {
    try Scratch.withFolder { folder in
      #expect(throws: CrosswalkError.self) {
        try Scratch.write(contents, as: WordVectors.self, to: "\(folder)/\(name)")
      }
    }
  }

  @Test func `what a form cannot hold is refused`() throws {
    let split = try Self.refusal(Self.table(["a\nb"], width: 2), "a.vec")
    #expect(split?.message.contains("row 1") == true)
    let numbered = ["a 1", "b 2", "c 3"]
    for (words, width) in [(["a"], 1), (numbered, 2)] {
      let refusal = try Self.refusal(Self.table(words, width: width), "a.glove")
      #expect(refusal?.remedy?.contains(".vec") == true)
    }
    try Scratch.withFolder { folder in
      let again = try Scratch.write(
        Self.table(numbered, width: 2), as: WordVectors.self, to: folder + "/a.vec")
      #expect(try again.tensors["words.bytes"]?.bytes() == Array("a 1b 2c 3".utf8))
    }
  }

  @Test func `tensors that are no word vectors are refused`() throws {
    var other = TensorTable()
    try other.append("w", StoredTensor([Float(1)], shape: [1]))
    #expect(try Self.refusal(Contents(tensors: other), "a.vec")?.kind == .unsupported)
    let wrongs: [[Int64]] = [
      [0, 1, 2], [0, 2, 1, 3], [-1, 1, 2, 3], [0, 1, 2, 9], [0, 1, 2, 2],
    ]
    for wrong in wrongs {
      var tensors = TensorTable()
      for (name, tensor) in try Self.table(["a", "b", "c"], width: 2).tensors {
        try tensors.append(
          name, name == "words.offsets" ? StoredTensor(wrong, shape: [wrong.count]) : tensor)
      }
      let error = try Self.refusal(Contents(tensors: tensors), "a.vec")
      #expect(error?.place.description.contains("words.") == true)
    }
  }

  @Test func `the longest ending says the container`() throws {
    #expect(try ContainerRegistry.writable(for: "a.word2vec.bin").name == WordVectors.name)
    #expect(try ContainerRegistry.writable(for: "a.bin").name == PyTorch.name)
  }
}

@Suite struct DecimalTextTests {
  static func number(_ text: String) -> Float? {
    Array(text.utf8).withUnsafeBytes { DecimalText.number($0) }
  }

  @Test func `numbers are read to the nearest`() {
    var random = Mutations(seed: 7)
    for _ in 0..<20_000 {
      let number = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
      guard !number.isNaN else { continue }
      var text: [UInt8] = []
      DecimalText.append(number, to: &text)
      #expect(Self.number(String(decoding: text, as: UTF8.self))?.bitPattern == number.bitPattern)
      // More digits than tell it, and numbers between two of binary32.
      let wide = Double(number) * (1 + 0x1p-25)
      #expect(Self.number("\(wide)") == Float("\(wide)"))
    }
    // Halfway between two numbers, and just beyond: rounded by way of binary64 it would be the lower.
    #expect(Self.number("1.00000005960464477539062500001") == Float(1).nextUp)
    #expect(Self.number("16777217") == 16_777_216)
    #expect(Self.number("16777219.000") == 16_777_220)
  }

  @Test(arguments: [
    "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1_0", "1 ", "nanx", "--1", "١",
  ])
  func `what is no number`(text: String) { #expect(Self.number(text) == nil) }

  @Test func `words for numbers`() {
    #expect(Self.number("nan")?.isNaN == true)
    #expect(Self.number("-NaN")?.sign == .minus)
    #expect(Self.number("-inf") == -.infinity)
    #expect(Self.number("Infinity") == .infinity)
    #expect(Self.number("+.5") == 0.5)
    #expect(Self.number("1e400") == .infinity)
    #expect(Self.number("1e-400") == 0)
    #expect(Self.number("0e9999999999999999999999")?.bitPattern == 0)
  }
}
