import Testing

@Suite struct FamiliesTests {}
