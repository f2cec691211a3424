import Diagnostics

/// Has a file surveyed in another process; for now in this one, until the helper is built.
struct HDF5Helper {
  let executable: String
  let limits: HDF5.Containment.Limits

  func survey(_ path: String) throws(CrosswalkError) -> HDF5Survey { try HDF5Walk.survey(path) }
}
