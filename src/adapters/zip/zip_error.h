// SPDX-License-Identifier: Apache-2.0
// Handles and errors of libzip as ours. An internal header of this folder.
#pragma once

#include <zip.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace tuesday::zip {

// Gives an archive back without writing what was changed.
struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

// `flags` as zip_open has them. kNotFound when there is no file, kInvalid when it is no zip.
Result<Archive> OpenZip(const std::string& path, int flags);

// What libzip says about its last call.
Error ZipError(const std::string& what, zip_error_t* error);

}  // namespace tuesday::zip
