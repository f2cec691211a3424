import Testing

@Suite struct CrosswalkTests {}
