import Testing

@Suite struct ArchitecturesTests {}
