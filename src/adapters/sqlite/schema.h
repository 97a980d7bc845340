// SPDX-License-Identifier: Apache-2.0
// The tables of tuesday.db and their version. docs/formats/database.md describes them.
#pragma once

#include <memory>
#include <string>

#include "adapters/sqlite/database.h"
#include "base/result.h"

namespace tuesday::sqlite {

inline constexpr std::uint64_t kFormat = 1;      // What this program writes.
inline constexpr std::uint64_t kReadableBy = 1;  // The oldest program that can still work with what this one writes.

// Makes an empty database at `path` as a whole or not at all: it is built under another name, synced and renamed.
Result<void> CreateDatabase(const std::string& path);

// Opens a database that exists, for reading or for writing, and checks its version. kUnsupported when a newer program wrote
// it in a way that this one must not touch; kCorrupt when it is damaged.
Result<std::unique_ptr<Database>> OpenDatabase(const std::string& path, OpenMode mode);

}  // namespace tuesday::sqlite
