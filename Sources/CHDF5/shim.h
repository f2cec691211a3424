/* What Swift cannot see of libhdf5, each with its reason. Sound for 1.10.7 and later, 1.14, 2.0. */
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

/* Later releases turn unnumbered names into macros; this asks for the meaning they had in 1.10. */
#define H5_USE_110_API
#include <hdf5.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* H5F_ACC_* are comma expressions: they check the library's version in passing. */
static inline unsigned chdf5_access_read(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_access_truncate(void) { return H5F_ACC_TRUNC; }

/* Property list classes and predefined types are variables behind a call of H5open(). */
static inline hid_t chdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_class_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_class_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_class_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_class_attribute_create(void) { return H5P_ATTRIBUTE_CREATE; }
static inline hid_t chdf5_type_i8(void) { return H5T_STD_I8LE; }
static inline hid_t chdf5_type_i16(void) { return H5T_STD_I16LE; }
static inline hid_t chdf5_type_i32(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_type_i64(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_type_u8(void) { return H5T_STD_U8LE; }
static inline hid_t chdf5_type_u16(void) { return H5T_STD_U16LE; }
static inline hid_t chdf5_type_u32(void) { return H5T_STD_U32LE; }
static inline hid_t chdf5_type_u64(void) { return H5T_STD_U64LE; }
static inline hid_t chdf5_type_f32(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_type_f64(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_type_native_i64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_type_native_u64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_type_native_f64(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_type_string(void) { return H5T_C_S1; }

/* Casts in macros: H5T_VARIABLE is ((size_t)(-1)), HADDR_UNDEF ((haddr_t)(-1)). */
static inline size_t chdf5_variable(void) { return H5T_VARIABLE; }
static inline haddr_t chdf5_no_address(void) { return HADDR_UNDEF; }

/* H5O_info_t and H5Literate are plain in 1.10 and macros for versioned ones later. */
static inline herr_t chdf5_object_address(hid_t object, haddr_t *address) {
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_BASIC);
  if (status >= 0) *address = info.addr;
  return status;
}

typedef herr_t (*chdf5_link_visitor)(const char *name, int kind, size_t value_size, void *context);
typedef struct { chdf5_link_visitor visit; void *context; } chdf5_link_visit;

static inline herr_t chdf5_visit_link(
    hid_t group, const char *name, const H5L_info_t *info, void *pointer) {
  chdf5_link_visit *visit = (chdf5_link_visit *)pointer;
  (void)group;
  size_t size = info->type == H5L_TYPE_HARD ? 0 : info->u.val_size;
  return visit->visit(name, (int)info->type, size, visit->context);
}

static inline herr_t chdf5_each_link(
    hid_t group, bool by_creation, chdf5_link_visitor visitor, void *context) {
  chdf5_link_visit visit = {visitor, context};
  hsize_t position = 0;
  return H5Literate(
      group, by_creation ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, H5_ITER_INC, &position,
      chdf5_visit_link, &visit);
}

/* A field named `super`, a keyword in Swift. */
static inline herr_t chdf5_superblock_version(hid_t file, unsigned *version) {
  H5F_info2_t info;
  herr_t status = H5Fget_info2(file, &info);
  if (status >= 0) *version = info.super.version;
  return status;
}

/* H5Dchunk_iter is absent from 1.10, whose H5Dget_chunk_info walks the whole index each time. */
typedef int (*chdf5_chunk_visitor)(
    const hsize_t *offset, unsigned filter_mask, haddr_t address, hsize_t size, void *context);

static inline herr_t chdf5_each_chunk(
    hid_t dataset, hid_t space, int rank, chdf5_chunk_visitor visitor, void *context) {
#if H5_VERSION_GE(1, 14, 0)
  (void)space;
  (void)rank;
  return H5Dchunk_iter(dataset, H5P_DEFAULT, visitor, context);
#else
  hsize_t count = 0, offset[H5S_MAX_RANK], size = 0;
  haddr_t address = 0;
  unsigned mask = 0;
  if (rank < 1 || rank > H5S_MAX_RANK) return -1;
  if (H5Dget_num_chunks(dataset, space, &count) < 0) return -1;
  for (hsize_t index = 0; index < count; index++) {
    if (H5Dget_chunk_info(dataset, space, index, offset, &mask, &address, &size) < 0) return -1;
    int status = visitor(offset, mask, address, size, context);
    if (status != 0) return status;
  }
  return 0;
#endif
}

/* A driver for HDF5 that lies within another file, as in a .keras archive: libhdf5 looks for its
   signature at 0, 512, 1024 and so on only, and a copy of a model costs. Reads only. */
typedef struct { haddr_t start, size; } chdf5_window;
typedef struct {
  H5FD_t shared; /* The library's own fields, which must come first. */
  int descriptor;
  haddr_t eoa;
  chdf5_window window;
} chdf5_window_file;

static H5FD_t *chdf5_window_open(
    const char *name, unsigned flags, hid_t access, haddr_t most) {
  const chdf5_window *window = (const chdf5_window *)H5Pget_driver_info(access);
  (void)most;
  if (!window || (flags & H5F_ACC_RDWR)) return NULL;
  chdf5_window_file *file = (chdf5_window_file *)calloc(1, sizeof *file);
  if (!file) return NULL;
  file->window = *window;
  file->descriptor = open(name, O_RDONLY | O_CLOEXEC);
  if (file->descriptor >= 0) return &file->shared;
  free(file);
  return NULL;
}

static herr_t chdf5_window_close(H5FD_t *shared) {
  chdf5_window_file *file = (chdf5_window_file *)shared;
  close(file->descriptor);
  free(file);
  return 0;
}

static haddr_t chdf5_window_eoa(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const chdf5_window_file *)file)->eoa;
}

static herr_t chdf5_window_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((chdf5_window_file *)file)->eoa = address;
  return 0;
}

static haddr_t chdf5_window_eof(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const chdf5_window_file *)file)->window.size;
}

static herr_t chdf5_window_read(
    H5FD_t *shared, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer) {
  chdf5_window_file *file = (chdf5_window_file *)shared;
  char *bytes = (char *)buffer;
  (void)type;
  (void)transfer;
  if (address > file->window.size || size > file->window.size - address) return -1;
  while (size > 0) {
    ssize_t got = pread(file->descriptor, bytes, size, (off_t)(file->window.start + address));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    bytes += got;
    address += (haddr_t)got;
    size -= (size_t)got;
  }
  return 0;
}

static herr_t chdf5_window_write(
    H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
    const void *buffer) {
  (void)file, (void)type, (void)transfer, (void)address, (void)size, (void)buffer;
  return -1;
}

/* Has files that are opened with these properties read from a window: `size` bytes from `start`. */
static inline herr_t chdf5_read_window(hid_t access, haddr_t start, haddr_t size) {
  static hid_t driver = -1;
  static const H5FD_class_t window_class = {
#if H5_VERSION_GE(1, 14, 0)
      .version = H5FD_CLASS_VERSION,
      .value = (H5FD_class_value_t)312,
#endif
      .name = "crosswalk_window",
      .maxaddr = (((haddr_t)1) << 62),
      .fc_degree = H5F_CLOSE_WEAK,
      .fapl_size = sizeof(chdf5_window),
      .open = chdf5_window_open,
      .close = chdf5_window_close,
      .get_eoa = chdf5_window_eoa,
      .set_eoa = chdf5_window_set_eoa,
      .get_eof = chdf5_window_eof,
      .read = chdf5_window_read,
      .write = chdf5_window_write,
      .fl_map = H5FD_FLMAP_DICHOTOMY,
  };
  chdf5_window window = {start, size};
  if (driver < 0) driver = H5FDregister(&window_class);
  return driver < 0 ? -1 : H5Pset_driver(access, driver, &window);
}

#endif
