// SPDX-License-Identifier: Apache-2.0
// Bytes under their SHA-256: artifacts, samples of sealed attempts. Content cannot change; deleting is the only edit.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday {

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Stores the bytes durably and returns their digest, 64 hex digits. Storing twice is harmless.
  virtual Result<std::string> Put(std::string_view bytes) = 0;
  virtual Result<std::string> Get(std::string_view digest) = 0;
};

}  // namespace tuesday
