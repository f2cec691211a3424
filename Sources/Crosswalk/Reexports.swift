// `import Crosswalk` is enough for a program: the passes speak in these rooms' types.
@_exported public import Architectures
@_exported public import Containers
@_exported public import Diagnostics
@_exported public import Documents
@_exported public import Engine
@_exported public import Families
@_exported public import Reports
@_exported public import Tensors
