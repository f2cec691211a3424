/* What Swift cannot see of libhdf5, each with its reason. Sound for 1.10.7 and later, 1.14, 2.0. */
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

/* Later releases turn unnumbered names into macros; this asks for the meaning they had in 1.10. */
#define H5_USE_110_API
#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

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

#endif
