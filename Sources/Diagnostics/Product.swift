/// What this is, as it tells others.
public enum Product {
  /// The name, of the command too.
  public static let name = "crosswalk"
  /// The version, as semver.org numbers them.
  public static let version = "0.1.0"
}
