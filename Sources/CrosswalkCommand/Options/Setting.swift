import ArgumentParser
import Documents

/// One config value set by hand, as `n_head=12`.
struct Setting: ExpressibleByArgument {
  /// The config's key.
  let key: String
  /// The value: JSON when it reads as JSON, else a string.
  let value: JSON

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      return nil
    }
    key = String(argument[..<equals])
    let text = String(argument[argument.index(after: equals)...])
    value = (try? Document(parsing: text).root) ?? .string(text)
  }
}
