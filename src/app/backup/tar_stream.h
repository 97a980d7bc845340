// SPDX-License-Identifier: Apache-2.0
// A tar (POSIX ustar, pax headers for long names and links) as a stream: one entry after the other, no more in memory than one
// block and one header. Any tar program reads what is written here; what is read here must look as if written here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tuesday::backup {

inline constexpr std::size_t kTarBlockBytes = 512;
inline constexpr std::size_t kTarNameBytesMax = 4096;
inline constexpr std::uint64_t kTarFileBytesMax = 077777777777;  // What eleven octal digits hold: 8 GiB less one.

enum class TarKind { kFile, kFolder, kLink };

struct TarEntry {
  TarKind kind = TarKind::kFile;
  std::string path;  // Relative, no "." or ".." part.
  mode_t mode = 0;   // The permission bits.
  std::uint64_t size = 0;
  std::string link;  // Where a link leads.
  friend bool operator==(const TarEntry&, const TarEntry&) = default;
};

class TarWriter {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  // The header of an entry; its bytes follow with Bytes, exactly `entry.size` of them. kLimit: too long or too large.
  Result<void> Begin(const TarEntry& entry);
  Result<void> Bytes(std::string_view bytes);

  // The two empty blocks at the end.
  Result<void> Finish();

  std::uint64_t written() const { return written_; }

 private:
  Result<void> Put(std::string_view bytes);
  Result<void> Header(const TarEntry& entry, std::string_view name, std::string_view link, char type);

  Sink sink_;
  std::uint64_t left_ = 0;  // Of the entry under way.
  std::uint64_t padding_ = 0;
  std::uint64_t written_ = 0;
};

class TarReader {
 public:
  // Fills at most `bytes_max` bytes; an empty answer is the end.
  using Source = std::function<Result<std::string_view>(std::size_t bytes_max)>;
  explicit TarReader(Source source) : source_(std::move(source)) {}

  // The next entry; nullopt after the two empty blocks, behind which nothing may follow. kCorrupt for everything that TarWriter
  // does not write. What was not read of the entry before is passed over.
  Result<std::optional<TarEntry>> Next();

  // A piece of the entry under way; empty at its end.
  Result<std::string_view> Bytes();

  std::uint64_t offset() const { return offset_; }

 private:
  Result<std::string_view> Piece(std::size_t bytes_max);
  Result<std::string> Exactly(std::size_t bytes);
  Result<void> PassOver();
  Result<void> ReadPax(std::uint64_t size, TarEntry& names);
  Result<void> ReadEnd();

  Source source_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace tuesday::backup
