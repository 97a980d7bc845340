// SPDX-License-Identifier: Apache-2.0
// A copy of a database that is in use, and a look at all of one. Both read every page, and with it every checksum.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tuesday::sqlite {

// Writes the database at `from` as it is at one moment to `to`, which must not exist. One reading transaction: its writer
// goes on. The copy is not synced. Returns its format. kUnsupported, kCorrupt as OpenDatabase.
Result<std::uint64_t> CopyDatabase(const std::string& from, const std::string& to);

// kCorrupt says what SQLite finds wrong.
Result<void> CheckPages(const std::string& path);

}  // namespace tuesday::sqlite
