// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "app/backup/tar_stream.h"

namespace tuesday::backup {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::size_t kPaxBytesMax = 4 * kTarNameBytesMax;

std::unexpected<Error> Broken(std::uint64_t offset, std::string_view why) {
  return Fail(ErrorCode::kCorrupt, fmt::format("The backup is damaged at byte {}: {}.", offset, why),
              "Use another copy of it; nothing was changed.");
}

std::string_view Field(std::string_view block, std::size_t at, std::size_t bytes) {
  const std::string_view field = block.substr(at, bytes);
  return field.substr(0, field.find('\0'));
}

// A number as TarWriter prints it: octal digits to the field's end but one.
std::optional<std::uint64_t> Octal(std::string_view block, std::size_t at, std::size_t bytes) {
  const std::string_view text = Field(block, at, bytes);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool HasChecksum(std::string_view block) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  return Octal(block, 148, 8) == sum && block[155] == ' ';
}

bool IsZeros(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

// A name that stays below the folder that it is unpacked into.
bool IsInside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Result<std::string_view> TarReader::Piece(std::size_t bytes_max) {
  TRY(const std::string_view piece, source_(bytes_max));
  if (piece.empty()) {
    return Fail(ErrorCode::kCorrupt, fmt::format("The backup is cut off after {} bytes.", offset_),
                "Use another copy of it; nothing was changed.");
  }
  offset_ += piece.size();
  return piece;
}

Result<std::string> TarReader::Exactly(std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    TRY(const std::string_view piece, Piece(bytes - all.size()));
    all += piece;
  }
  return all;
}

Result<std::string_view> TarReader::Bytes() {
  if (left_ > 0) {
    TRY(const std::string_view piece, Piece(static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPieceBytes))));
    left_ -= piece.size();
    return piece;
  }
  if (padding_ > 0) {
    TRY(const std::string padding, Exactly(static_cast<std::size_t>(std::exchange(padding_, 0))));
    if (!IsZeros(padding)) return Broken(offset_, "bytes behind the end of a file");
  }
  return std::string_view();
}

Result<void> TarReader::PassOver() {
  while (true) {
    TRY(const std::string_view piece, Bytes());
    if (piece.empty()) return {};
  }
}

Result<void> TarReader::ReadPax(std::uint64_t size, TarEntry& names) {
  if (size > kPaxBytesMax) return Broken(offset_, "a name is too long");
  TRY(const std::string padded,
      Exactly(static_cast<std::size_t>((size + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes)));
  std::string_view rest = std::string_view(padded).substr(0, static_cast<std::size_t>(size));
  while (!rest.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 3) return Broken(offset_, "a pax header");
    const std::string_view record = rest.substr(digits + 1, length - digits - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || rest[length - 1] != '\n') return Broken(offset_, "a pax header");
    const std::string_view key = record.substr(0, equals);
    if (key != "path" && key != "linkpath") return Broken(offset_, "a pax header that is not ours");
    (key == "path" ? names.path : names.link) = record.substr(equals + 1);
    rest.remove_prefix(length);
  }
  return {};
}

Result<void> TarReader::ReadEnd() {
  TRY(const std::string second, Exactly(kTarBlockBytes));
  if (!IsZeros(second)) return Broken(offset_, "a header is missing");
  TRY(const std::string_view more, source_(1));
  if (!more.empty()) return Broken(offset_, "bytes behind its end");
  return {};
}

Result<std::optional<TarEntry>> TarReader::Next() {
  TRY_OK(PassOver());
  TarEntry entry;
  while (true) {
    TRY(const std::string block, Exactly(kTarBlockBytes));
    if (IsZeros(block)) {
      TRY_OK(ReadEnd());
      return std::nullopt;
    }
    const auto mode = Octal(block, 100, 8);
    const auto size = Octal(block, 124, 12);
    if (!HasChecksum(block) || !mode || !size || std::string_view(block).substr(257, 5) != "ustar") {
      return Broken(offset_, "no header of ours");
    }
    if (block[156] == 'x') {
      TRY_OK(ReadPax(*size, entry));
      continue;
    }
    if (entry.path.empty()) entry.path = Field(block, 0, 100);
    if (entry.link.empty()) entry.link = Field(block, 157, 100);
    entry.mode = static_cast<mode_t>(*mode & 07777);
    entry.size = *size;
    const char type = block[156];
    if (type != '0' && type != '2' && type != '5') return Broken(offset_, "an entry of a kind that is not ours");
    entry.kind = type == '0' ? TarKind::kFile : type == '2' ? TarKind::kLink : TarKind::kFolder;
    if (!IsInside(entry.path)) return Broken(offset_, fmt::format("the name \"{}\"", entry.path));
    if (entry.kind != TarKind::kFile && entry.size != 0) return Broken(offset_, "a folder or link with bytes");
    left_ = entry.size;
    padding_ = (kTarBlockBytes - entry.size % kTarBlockBytes) % kTarBlockBytes;
    return entry;
  }
}

}  // namespace tuesday::backup
