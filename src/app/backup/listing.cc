// SPDX-License-Identifier: Apache-2.0
#include "app/backup/listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace tuesday::backup {
namespace {

const char* KindText(TarKind kind) {
  switch (kind) {
    case TarKind::kFile: return "file";
    case TarKind::kFolder: return "folder";
    case TarKind::kLink: return "link";
  }
  return "file";
}

// A name on one line.
std::string OneLine(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '%') {
      text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

std::string_view LineAt(std::string_view text, std::size_t at) { return text.substr(at, text.find('\n', at) - at); }

}  // namespace

std::string HeaderText(const Header& header) {
  return CanonicalJson(Json::Object{{"database_format", header.database_format},
                                    {"format", header.format},
                                    {"id", header.id},
                                    {"keys", header.keys == Keys::kIncluded},
                                    {"program", header.program},
                                    {"readable_by", header.format},
                                    {"taken_at", header.taken_at}}) +
         "\n";
}

Result<Header> ParseHeader(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  if (!json || json->At("format").as_int() == nullptr) {
    return Fail(ErrorCode::kCorrupt, "The backup does not say its format.", "Give a file that `tuesday backup` wrote.");
  }
  const std::int64_t readable_by = json->At("readable_by").IntOr(json->At("format").IntOr(0));
  if (readable_by > kFormat) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The backup is of {} and has format {}; this program reads up to {}.",
                            json->At("program").StringOr("a newer tuesday"), json->At("format").IntOr(0), kFormat),
                "Restore it with the tuesday that wrote it, or a newer one.");
  }
  Header header;
  header.format = static_cast<int>(readable_by);
  header.id = json->At("id").StringOr("");
  header.taken_at = json->At("taken_at").StringOr("");
  header.program = json->At("program").StringOr("");
  header.keys = json->At("keys").BoolOr(false) ? Keys::kIncluded : Keys::kLeftOut;
  header.database_format = static_cast<std::uint64_t>(std::max<std::int64_t>(json->At("database_format").IntOr(0), 0));
  return header;
}

void Listing::Add(const TarEntry& entry, std::string_view digest) {
  ++entries_;
  bytes_ += entry.size;
  text_ += fmt::format("{} {:04o} {} {} {}", KindText(entry.kind), entry.mode, entry.size, digest.empty() ? "-" : digest,
                       OneLine(entry.path));
  if (entry.kind == TarKind::kLink) text_ += fmt::format("\t{}", OneLine(entry.link));
  text_ += '\n';
}

Result<void> Listing::Compare(std::string_view said) const {
  if (text_ == said) return {};
  const auto [ours, theirs] = std::ranges::mismatch(text_, said);
  const auto differs = static_cast<std::size_t>(ours - text_.begin());
  const std::size_t before = differs == 0 ? std::string::npos : text_.rfind('\n', differs - 1);
  const std::size_t at = before == std::string::npos ? 0 : before + 1;
  return Fail(ErrorCode::kCorrupt,
              fmt::format("The backup is not as it was written: it has \"{}\" where its listing says \"{}\".",
                          LineAt(text_, at), at <= said.size() ? LineAt(said, at) : ""),
              "Use another copy of it; nothing was changed.");
}

}  // namespace tuesday::backup
