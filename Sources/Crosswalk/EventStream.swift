public import Diagnostics

/// The events of a pass, to be awaited one by one while it works.
///
/// ```swift
/// let events = EventStream()
/// async let report = events.following { events throws(CrosswalkError) in
///   try Inspection().inspect("model.safetensors", observer: events)
/// }
/// for await event in events { print(event) }
/// print(try await report.tensors.count)
/// ```
/// Events wait, all of them, until someone takes them; there is one reader.
public struct EventStream: Observer, AsyncSequence {
  private let stream: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation

  /// A stream that nothing has been said to yet.
  public init() { (stream, continuation) = AsyncStream.makeStream() }

  /// Passes an event on to whoever awaits it.
  public func observe(_ event: Event) { continuation.yield(event) }

  /// Ends the stream: whoever awaits events gets what was said so far, then nothing.
  public func finish() { continuation.finish() }

  /// The events in order.
  public func makeAsyncIterator() -> AsyncStream<Event>.Iterator { stream.makeAsyncIterator() }

  /// Does work away from the caller's actor and ends the stream when it is done.
  ///
  /// Cancelling the task that awaits this cancels the work, at the next piece or node.
  ///
  /// - Parameter work: a pass, or several, given this stream as their observer.
  /// - Throws: what the work throws.
  @concurrent
  public func following<Result: Sendable>(
    _ work: @Sendable (EventStream) throws(CrosswalkError) -> Result
  ) async throws(CrosswalkError) -> Result {
    defer { finish() }
    return try work(self)
  }
}
