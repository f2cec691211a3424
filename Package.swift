// swift-tools-version: 6.2
import PackageDescription

// The manifest is the floor plan: targets stand in floor order and import only downwards.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

func library(_ name: String, over floors: [Target.Dependency], resources: [Resource] = []) -> Target
{
  .target(name: name, dependencies: floors, resources: resources, swiftSettings: settings)
}

func tests(of name: String, also others: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + others,
    swiftSettings: settings)
}

let package = Package(
  name: "crosswalk",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Crosswalk", targets: ["Crosswalk"]),
    .executable(name: "crosswalk", targets: ["CrosswalkCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // 0: doors to C
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CJSON", pkgConfig: "json-c",
      providers: [.apt(["libjson-c-dev"]), .brew(["json-c"])]),
    .systemLibrary(
      name: "CBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CKernels"),
    // 1: how the house speaks
    library("Diagnostics", over: []),
    // 2: numbers, and JSON with positions
    library("Tensors", over: ["Diagnostics"]),
    library("Documents", over: ["CJSON", "Diagnostics"]),
    // 3: the graph as a value
    library("Architectures", over: ["Documents", "Diagnostics"]),
    // 4: bytes and tensors, names and names, graph and trace, results and text
    library("Containers", over: ["CHDF5", "CZlib", "Tensors", "Documents", "Diagnostics"]),
    .target(
      name: "Families",
      dependencies: ["Architectures", "Tensors", "Documents", "Diagnostics"], exclude: ["Tables"],
      swiftSettings: settings, plugins: ["EmbedTables"]),
    library(
      "Engine",
      over: ["CBLAS", "CKernels", "Architectures", "Tensors", "Documents", "Diagnostics"]),
    library(
      "Reports", over: ["CZlib", "Documents", "Diagnostics"], resources: [.embedInCode("Web")]),
    // 5: what others wrote down whole, as families of one
    .target(
      name: "KerasModels",
      dependencies: ["Families", "Architectures", "Tensors", "Documents", "Diagnostics"],
      exclude: ["Tables"], swiftSettings: settings, plugins: ["EmbedTables"]),
    // 6: the passes, one verb each
    library(
      "Crosswalk",
      over: [
        "KerasModels", "Containers", "Families", "Engine", "Reports", "Architectures", "Tensors",
        "Documents",
        "Diagnostics",
      ], resources: [.embedInCode("Diagnosis/Catalogue.json")]),
    // 7: the command
    .executableTarget(
      name: "CrosswalkCommand",
      dependencies: [
        "Crosswalk", "Containers", "Families", "Engine", "Reports", "Architectures", "Tensors",
        "Documents", "Diagnostics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    // what the build itself uses
    .plugin(name: "EmbedTables", capability: .buildTool(), dependencies: ["TableEmbedder"]),
    .executableTarget(name: "TableEmbedder", swiftSettings: settings),
    // programs that use the library as any program would
    .executableTarget(
      name: "CarryOver", dependencies: ["Crosswalk"], path: "Examples/CarryOver",
      swiftSettings: settings),
    // the tests, floor by floor
    .target(
      name: "TestSupport", dependencies: ["Diagnostics"], path: "Tests/TestSupport",
      swiftSettings: settings),
    tests(of: "Diagnostics"),
    tests(of: "Tensors", also: ["Diagnostics"]),
    tests(of: "Documents", also: ["Diagnostics"]),
    tests(of: "Architectures", also: ["Documents", "Diagnostics"]),
    tests(of: "Containers", also: ["Tensors", "Documents", "Diagnostics"]),
    tests(of: "Families", also: ["Architectures", "Tensors", "Documents", "Diagnostics"]),
    tests(
      of: "KerasModels",
      also: ["Families", "Architectures", "Tensors", "Documents", "Diagnostics"]),
    tests(of: "Engine", also: ["Architectures", "Tensors", "Documents", "Diagnostics"]),
    tests(of: "Reports", also: ["Documents", "Diagnostics"]),
    tests(
      of: "Crosswalk",
      also: [
        "Containers", "Families", "Engine", "Reports", "Architectures", "Tensors", "Documents",
        "Diagnostics",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["CrosswalkCommand", "Documents", "Diagnostics", "TestSupport"],
      exclude: ["Snapshots"], swiftSettings: settings),
  ]
)
