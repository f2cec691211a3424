import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Another process, whose output is read within limits.
struct ChildProcess: ~Copyable {
  private let id: pid_t
  private let reading: Int32

  /// What came of reading a process's output.
  enum Output {
    case whole([UInt8])
    case tooLarge
    case tooLate(seconds: Int)
    case unreadable

    /// What the process did, to follow "it".
    var words: String {
      switch self {
      case .whole: "ended"
      case .tooLarge: "gave an answer without end"
      case .tooLate(let seconds): "gave no answer within \(seconds) s"
      case .unreadable: "cannot be read from"
      }
    }
  }

  /// Starts an executable with nothing open but a pipe to here as its output.
  ///
  /// - Throws: `cannotOpen`.
  init(_ executable: String, _ arguments: [String]) throws(CrosswalkError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Self.failure(executable, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var id = pid_t()
    let status = Self.spawn(&id, executable, arguments, output: ends[1])
    close(ends[1])
    guard status == 0 else {
      close(ends[0])
      throw Self.failure(executable, status)
    }
    (self.id, reading) = (id, ends[0])
  }

  deinit { close(reading) }

  /// All that the process writes until it closes its output.
  func output(atMost limit: Int, within seconds: Int) -> Output {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let left = deadline - ContinuousClock.now
      guard left > .zero else { return .tooLate(seconds: seconds) }
      var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      // A signal, or a second without news, leads round again to the deadline.
      let milliseconds = left > .seconds(1) ? 1000 : 1 + left / .milliseconds(1)
      guard poll(&waiting, 1, Int32(milliseconds)) > 0 else { continue }
      let count = read(reading, &buffer, buffer.count)
      if count == 0 { return .whole(bytes) }
      if count < 0 && errno != EINTR { return .unreadable }
      bytes += buffer.prefix(max(0, count))
      guard bytes.count <= limit else { return .tooLarge }
    }
  }

  /// Ends the process, if it has not ended, and tells how it did.
  ///
  /// - Parameter isPatient: whether it is about to end by itself.
  func end(isPatient: Bool) -> String {
    var status: Int32 = 0
    // One that has closed its output is given a moment to tell its status.
    for _ in 0..<(isPatient ? 200 : 0) {
      if waitpid(id, &status, WNOHANG) != 0 { return Self.words(for: status) }
      usleep(1000)
    }
    kill(id, SIGKILL)
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    return Self.words(for: status)
  }

  private static func words(for status: Int32) -> String {
    let signal = status & 0x7f
    if signal == 0 { return "it ended with status \(status >> 8 & 0xff) and no answer" }
    if signal == SIGXCPU { return "it used up its processor time" }
    return "it crashed: " + String(cString: strsignal(signal))
  }

  private static func spawn(
    _ id: inout pid_t, _ executable: String, _ arguments: [String], output: Int32
  ) -> Int32 {
    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
    #else
      var actions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = ([executable] + arguments).map { strdup($0) }
    let environment = environment().map { strdup($0) }
    defer { for pointer in words + environment { free(pointer) } }
    return posix_spawn(&id, executable, &actions, nil, words + [nil], environment + [nil])
  }

  /// What a process needs of ours to start, and what keeps libraries quiet in it.
  private static func environment() -> [String] {
    let inherited = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH"]
    return inherited.compactMap { name in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    } + ["SWIFT_BACKTRACE=enable=no", "OPENBLAS_NUM_THREADS=1", "HDF5_PLUGIN_PRELOAD=::"]
  }

  private static func failure(_ executable: String, _ code: Int32) -> CrosswalkError {
    CrosswalkError(
      .cannotOpen, "the process that is to read HDF5 cannot be started",
      at: Place(file: executable), cause: String(cString: strerror(code)))
  }
}

extension ChildProcess {
  /// Binds this process to limits; beyond them it is ended.
  static func limitSelf(byteCount: UInt64, processorSeconds: UInt64) {
    #if canImport(Glibc)
      let kinds = (
        __rlimit_resource_t(RLIMIT_AS.rawValue), __rlimit_resource_t(RLIMIT_CPU.rawValue),
        __rlimit_resource_t(RLIMIT_CORE.rawValue)
      )
    #else
      let kinds = (RLIMIT_AS, RLIMIT_CPU, RLIMIT_CORE)
    #endif
    for (kind, value) in [(kinds.0, byteCount), (kinds.1, processorSeconds), (kinds.2, 0)] {
      var limit = rlimit()
      (limit.rlim_cur, limit.rlim_max) = (rlim_t(value), rlim_t(value))
      // At the soft limit of time comes SIGXCPU, at the hard one SIGKILL.
      if kind == kinds.1 { limit.rlim_max += 1 }
      setrlimit(kind, &limit)
    }
  }

  /// Writes to the standard output; false when it cannot be.
  static func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        #if canImport(Glibc)
          let wrote = Glibc.write(1, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        #else
          let wrote = Darwin.write(1, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        #endif
        if wrote < 0 && errno != EINTR { return false }
        done += max(0, wrote)
      }
      return true
    }
  }
}

#if canImport(Darwin)
  extension ChildProcess {
    /// The path of the executable that is running.
    static var ownPath: String {
      var size: UInt32 = 0
      _NSGetExecutablePath(nil, &size)
      var path = [CChar](repeating: 0, count: Int(size) + 1)
      guard _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments[0] }
      return path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
  }
#endif
