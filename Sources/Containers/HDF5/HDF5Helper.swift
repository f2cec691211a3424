import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Has a file surveyed in a process of its own, whose death is an error and not ours.
///
/// It costs some 20 ms for each file, whatever its size: only the survey crosses.
struct HDF5Helper {
  let executable: String
  let limits: HDF5.Containment.Limits

  /// The first argument of a process that is to survey a file.
  static let word = "__survey-hdf5"
  /// The bytes that an answer begins with.
  static let signature = Array("crosswalk survey 1\n".utf8)
  /// An answer is about as large as what the survey may spend.
  private static let largestAnswer = 2 * HDF5Survey.Limits.byteCount

  /// The survey of a file.
  ///
  /// - Throws: what surveying meets; `malformed` when the library fails; `cannotOpen` when there is
  ///   no such executable.
  func survey(_ path: String, window: Range<Int>? = nil) throws(CrosswalkError) -> HDF5Survey {
    let stretch = window.map { [String($0.lowerBound), String($0.upperBound)] } ?? []
    let child = try ChildProcess(
      executable,
      [Self.word, path, String(limits.byteCount), String(limits.processorSeconds)] + stretch)
    let answer = child.output(atMost: Self.largestAnswer, within: limits.seconds)
    guard case .whole(let bytes) = answer else {
      _ = child.end(isPatient: false)
      throw failure("it \(answer.words)")
    }
    let end = child.end(isPatient: true)
    guard bytes.starts(with: Self.signature), bytes.last == 0 else { throw failure(end) }
    switch Self.understood(bytes.dropFirst(Self.signature.count).dropLast()) {
    case .success(let survey): return survey
    case .refusal(let error): throw error
    case .garbled: throw failure("its answer is garbled")
    }
  }

  private enum Answer {
    case success(HDF5Survey)
    case refusal(CrosswalkError)
    case garbled
  }

  private static func understood(_ bytes: ArraySlice<UInt8>) -> Answer {
    do {
      var reader = WireReader(Array(bytes))
      let isRefusal = try reader.takeInt() != 0
      let answer =
        isRefusal
        ? Answer.refusal(try reader.take()) : .success(try reader.take(HDF5Survey.self))
      return reader.isAtEnd ? answer : .garbled
    } catch {
      return .garbled
    }
  }

  private func failure(_ cause: String) -> CrosswalkError {
    CrosswalkError(
      .malformed, "the HDF5 library failed on this file", cause: cause,
      remedy: "it is likely damaged: fetch or write it again")
  }
}

extension HDF5Survey {
  /// Surveys a file and ends the process, when the arguments ask for that; else returns.
  ///
  /// An executable that is a ``HDF5/Containment/helper(executable:limits:)`` calls it first of all.
  ///
  /// - Parameter arguments: the command line, the executable's own name first.
  public static func runChildIfAsked(_ arguments: [String]) {
    guard [5, 7].contains(arguments.count), arguments[1] == HDF5Helper.word,
      let byteCount = UInt64(arguments[3]), let seconds = UInt64(arguments[4])
    else { return }
    let stretch = arguments[5...].compactMap { Int($0) }
    let window = stretch.count == 2 && stretch[0] <= stretch[1] ? stretch[0]..<stretch[1] : nil
    ChildProcess.limitSelf(byteCount: byteCount, processorSeconds: seconds)
    var writer = WireWriter()
    do {
      let survey = try HDF5Walk.survey(arguments[2], window: window)
      writer.put(0, survey)
    } catch {
      writer = WireWriter()
      writer.put(1, error)
    }
    // A zero at the end tells that the answer is whole.
    let isWritten = ChildProcess.write(HDF5Helper.signature + writer.bytes + [0])
    // Nothing of the library's is run on the way out.
    _exit(isWritten ? 0 : 1)
  }
}

extension HDF5.Containment {
  /// A process of the executable that is running now.
  public static func ownExecutable(limits: Limits = Limits()) -> HDF5.Containment {
    #if canImport(Glibc)
      // The kernel's own name for it holds even when the file was moved or replaced meanwhile.
      .helper(executable: "/proc/self/exe", limits: limits)
    #else
      .helper(executable: ChildProcess.ownPath, limits: limits)
    #endif
  }
}
