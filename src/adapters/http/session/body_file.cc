// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/session/body_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace tuesday::http {

std::unique_ptr<BodyFile> BodyFile::Open(const FilePart& part) {
  return std::unique_ptr<BodyFile>(new BodyFile(::open(part.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), part));
}

BodyFile::BodyFile(int descriptor, const FilePart& part) : descriptor_(descriptor), offset_(part.offset), left_(part.bytes) {}

BodyFile::~BodyFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::string_view> BodyFile::Next() {
  if (descriptor_ < 0) return std::nullopt;
  piece_.resize(std::min<std::uint64_t>(left_, kFilePieceBytes));
  if (piece_.empty()) return std::string_view();
  const ssize_t read = ::pread(descriptor_, piece_.data(), piece_.size(), static_cast<off_t>(offset_));
  if (read <= 0) return std::nullopt;
  offset_ += static_cast<std::uint64_t>(read);
  left_ -= static_cast<std::uint64_t>(read);
  return std::string_view(piece_).substr(0, static_cast<std::size_t>(read));
}

}  // namespace tuesday::http
