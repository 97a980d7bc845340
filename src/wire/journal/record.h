// SPDX-License-Identifier: Apache-2.0
// One record of the journal as bytes: canonical JSON (RFC 8785) that names the hash of the record before.
// Pure. The bytes are frozen by docs/formats/journal.md: what was written once is verified and shown for ever.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/audit/entry.h"

namespace tuesday::journal {

inline constexpr std::int64_t kFormat = 1;
inline constexpr std::size_t kRecordBytesMax = 16 << 10;
inline constexpr int kDataDepthMax = 32;

// The number of a record must be exact in every JSON reader: at most 2^53 - 1.
inline constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << 53) - 1;

// What the first record names as the hash before it.
inline constexpr std::string_view kNoPrevious = "0000000000000000000000000000000000000000000000000000000000000000";

// Where a chain ends: the number and hash of its last record. A fresh value is the end of the empty chain.
struct ChainEnd {
  std::uint64_t number = 0;
  std::string hash{kNoPrevious};

  friend bool operator==(const ChainEnd&, const ChainEnd&) = default;
};

// A record's content without its place in the chain.
struct Content {
  WallTime at;
  ObjectName object;
  std::string attempt;  // Empty: none.
  audit::Entry entry;

  friend bool operator==(const Content&, const Content&) = default;
};

// A record as it was decoded.
struct Record {
  std::uint64_t number = 0;
  std::string previous;
  Content content;

  friend bool operator==(const Record&, const Record&) = default;
};

// A record's bytes and the chain's new end, whose hash is the SHA-256 of the bytes.
struct Encoded {
  std::string bytes;
  ChainEnd end;
};

// Writes the record that follows `before`. Text that is not UTF-8 is mended. kLimit when the bytes would be more than
// kRecordBytesMax or the data is nested deeper than kDataDepthMax.
Result<Encoded> Encode(const ChainEnd& before, const Content& content);

// Reads a record's bytes back. kCorrupt when they are not exactly what Encode writes; kUnsupported for a newer format.
Result<Record> Decode(std::string_view bytes);

// Shows that `bytes` with `hash` is the record that follows `before`, and returns the new end of the chain. The error
// (kCorrupt) names the record by its number.
Result<ChainEnd> VerifyNext(const ChainEnd& before, std::string_view bytes, std::string_view hash);

}  // namespace tuesday::journal
