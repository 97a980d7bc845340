// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "app/backup/tar_stream.h"
#include "base/check.h"

namespace tuesday::backup {
namespace {

constexpr std::size_t kNameField = 100;
constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kChecksumBytes = 8;

// Where the fields are (POSIX.1-2017, pax, "ustar Interchange Format").
void PutField(std::array<char, kTarBlockBytes>& block, std::size_t at, std::string_view text) {
  std::memcpy(block.data() + at, text.data(), text.size());
}

std::string PaxRecord(std::string_view key, std::string_view value) {
  // The length counts its own digits too.
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + fmt::formatted_size("{}", rest);
  length = rest + fmt::formatted_size("{}", length);
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

Result<void> TarWriter::Put(std::string_view bytes) {
  written_ += bytes.size();
  return sink_(bytes);
}

Result<void> TarWriter::Header(const TarEntry& entry, std::string_view name, std::string_view link, char type) {
  std::array<char, kTarBlockBytes> block{};
  PutField(block, 0, name.substr(0, kNameField));
  PutField(block, 100, fmt::format("{:07o}", entry.mode));
  PutField(block, 108, "0000000");
  PutField(block, 116, "0000000");
  PutField(block, 124, fmt::format("{:011o}", entry.size));
  PutField(block, 136, "00000000000");
  PutField(block, kChecksumAt, std::string(kChecksumBytes, ' '));
  block[156] = type;
  PutField(block, 157, link.substr(0, kNameField));
  PutField(block, 257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  PutField(block, kChecksumAt, fmt::format("{:06o}", sum));
  block[kChecksumAt + 6] = '\0';
  return Put({block.data(), block.size()});
}

Result<void> TarWriter::Begin(const TarEntry& entry) {
  CHECK(left_ == 0 && padding_ == 0, "the entry before is whole");
  if (entry.path.size() > kTarNameBytesMax || entry.link.size() > kTarNameBytesMax || entry.size > kTarFileBytesMax) {
    return Fail(ErrorCode::kLimit, fmt::format("{} has too long a name or is too large for a backup.", entry.path));
  }
  std::string pax;
  if (entry.path.size() > kNameField) pax += PaxRecord("path", entry.path);
  if (entry.link.size() > kNameField) pax += PaxRecord("linkpath", entry.link);
  if (!pax.empty()) {
    const TarEntry names{.kind = TarKind::kFile, .path = {}, .mode = 0600, .size = pax.size(), .link = {}};
    TRY_OK(Header(names, "pax", "", 'x'));
    pax.append((kTarBlockBytes - pax.size() % kTarBlockBytes) % kTarBlockBytes, '\0');
    TRY_OK(Put(pax));
  }
  const char type = entry.kind == TarKind::kFile ? '0' : entry.kind == TarKind::kLink ? '2' : '5';
  left_ = entry.size;
  padding_ = (kTarBlockBytes - entry.size % kTarBlockBytes) % kTarBlockBytes;
  return Header(entry, entry.path, entry.link, type);
}

Result<void> TarWriter::Bytes(std::string_view bytes) {
  CHECK(bytes.size() <= left_, "no more bytes than were said");
  left_ -= bytes.size();
  TRY_OK(Put(bytes));
  if (left_ > 0 || padding_ == 0) return {};
  const std::string zeros(std::exchange(padding_, 0), '\0');
  return Put(zeros);
}

Result<void> TarWriter::Finish() {
  CHECK(left_ == 0 && padding_ == 0, "the last entry is whole");
  return Put(std::string(2 * kTarBlockBytes, '\0'));
}

}  // namespace tuesday::backup
