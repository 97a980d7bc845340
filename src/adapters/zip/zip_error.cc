// SPDX-License-Identifier: Apache-2.0
#include "adapters/zip/zip_error.h"

#include <fmt/format.h>

namespace tuesday::zip {

Result<Archive> OpenZip(const std::string& path, int flags) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), flags, &code));
  if (archive != nullptr) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (code == ZIP_ER_NOENT) return Fail(ErrorCode::kNotFound, fmt::format("There is no file {}.", path));
  if (code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS)
    return Fail(ErrorCode::kInvalid, fmt::format("{} is no zip file: {}.", path, why));
  return Fail(ErrorCode::kUnavailable, fmt::format("{} cannot be opened: {}.", path, why));
}

Error ZipError(const std::string& what, zip_error_t* error) {
  return {ErrorCode::kUnavailable, fmt::format("{}: {}.", what, zip_error_strerror(error)), ""};
}

}  // namespace tuesday::zip
