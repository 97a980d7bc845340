// SPDX-License-Identifier: Apache-2.0
// A layer under SQLite that ends every page of the database file with a checksum, and refuses a page whose checksum is wrong.
// SQLite itself believes whatever the disk gives it. Only the database file is wrapped: the write-ahead log has checksums of
// its own.
#pragma once

namespace tuesday::sqlite {

inline constexpr int kPageBytes = 4096;
inline constexpr int kChecksumBytes = 8;  // SQLite's "reserved bytes" at the end of each page.

// The name to open a database with. Registers the layer at the first call; thread-safe.
const char* ChecksumVfsName();

}  // namespace tuesday::sqlite
