// swift-tools-version: 6.2
import PackageDescription

// Coverage-guided fuzzing of the readers; Scripts/fuzz.sh builds and runs it.
let package = Package(
  name: "fuzzing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "crosswalk", path: "..")],
  targets: [
    .executableTarget(
      name: "Fuzz", dependencies: [.product(name: "Crosswalk", package: "crosswalk")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ]
)
