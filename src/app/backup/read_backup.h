// SPDX-License-Identifier: Apache-2.0
// Reads a backup as a stream and believes nothing: names, digests and the listing are compared while it is read, the database's
// pages and the journal's chain afterwards. Blocks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/backup/write_backup.h"

namespace tuesday::backup {

// Where entries go. Calls come in order: Begin, Bytes for each piece of a file, End.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  virtual Result<void> Begin(const TarEntry& entry) = 0;
  virtual Result<void> Bytes(std::string_view piece) = 0;
  virtual Result<void> End() = 0;
};

// kUnsupported: another format. kCorrupt: cut, changed, or not a backup. What `sink` was given is good only after success.
Result<Summary> ReadBackup(const TarReader::Source& source, EntrySink& sink);

// Reads it all and keeps nothing. `scratch_folder` is ours alone.
Result<Summary> CheckBackup(const TarReader::Source& source, const std::string& scratch_folder);

// Every page of `folder`/tuesday.db, SQLite's own rules, and the journal's chain.
Result<void> CheckDatabase(const std::string& folder);

// Reads a file or, for "-", standard input.
Result<TarReader::Source> OpenSource(const std::string& path);

}  // namespace tuesday::backup
