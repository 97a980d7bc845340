// SPDX-License-Identifier: Apache-2.0
// Part of a file on its way into a response. Owns its descriptor and one piece of bytes. Reading blocks for as long as the disk
// does. An internal header of this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.h"

namespace tuesday::http {

inline constexpr std::size_t kFilePieceBytes = 256 << 10;

class BodyFile {
 public:
  // A file that cannot be opened tells so at the first Next.
  static std::unique_ptr<BodyFile> Open(const FilePart& part);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  // The next bytes, good until the next call; empty at the part's end; nullopt when they cannot be read, or are fewer.
  std::optional<std::string_view> Next();

 private:
  explicit BodyFile(int descriptor, const FilePart& part);

  int descriptor_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::string piece_;
};

}  // namespace tuesday::http
