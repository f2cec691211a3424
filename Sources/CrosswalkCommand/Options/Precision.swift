public import ArgumentParser
public import Engine

/// `--precision float32` and `float64`.
extension Precision: ExpressibleByArgument {}
