import Crosswalk

// Carries a checkpoint over to HDF5, proves it against a fixture, and looks at one head:
//   swift run CarryOver MODEL_FOLDER FIXTURE DESTINATION.h5
let arguments = CommandLine.arguments
guard arguments.count == 4 else {
  print("usage: CarryOver MODEL_FOLDER FIXTURE DESTINATION.h5")
  throw CrosswalkError(.invalidInput, "three arguments are needed")
}

// Convert, and hear of progress while it goes on.
let events = EventStream()
async let conversion = events.following { events throws(CrosswalkError) in
  try Conversion().convert(arguments[1], to: arguments[3], observer: events)
}
for await event in events {
  if case .wrote(let path) = event { print("wrote \(path)") }
}
print("\(try await conversion.tensors) tensors")

// Compare every node with what the original framework computed.
let checkpoint = try ModelCheckpoint(opening: arguments[3])
let fixture = try Fixture(reading: arguments[2])
let report = try Verification.verify(checkpoint, against: fixture)
print(
  report.verdict.passes ? "the same, node by node" : "differs at \(report.divergingRow?.name ?? "")"
)

// Run it, keeping every attention table.
let trace = try checkpoint.model().run(fixture.trace.inputs, capture: .matching(Glob("*attention")))
for (node, table) in trace.attention {
  print(node, table.shape)  // (batch, heads, queries, keys)
}
