// SPDX-License-Identifier: Apache-2.0
// Writes a backup of a state folder as one stream, also while its daemon runs: the database is read in one transaction, blobs
// never change, metrics only grow. Reads the folder and asks nobody, so that it works when the daemon does not. Blocks.
#pragma once

#include <string>

#include "app/backup/listing.h"

namespace tuesday::backup {

struct WriteOptions {
  std::string state_folder;
  std::string scratch_folder;  // Ours alone; takes a copy of the database meanwhile.
  Header header;               // `database_format` is filled in.
  TarWriter::Sink sink;
};

struct Summary {
  Header header;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // Of the files.
};

// kNotFound: no database there. kCorrupt: it is damaged, and a copy of it would be too.
Result<Summary> WriteBackup(const WriteOptions& options);

}  // namespace tuesday::backup
