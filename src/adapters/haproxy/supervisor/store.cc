// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/store.h"

#include <fmt/format.h>

#include <cstdio>

#include "adapters/files/files.h"
#include "base/digest.h"

namespace tuesday::haproxy {
namespace {

constexpr int kFormat = 1;      // What this program writes.
constexpr int kReadableBy = 1;  // The oldest program that can read what this one writes.

Result<StoredEdge> Parse(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  const std::string digest = Sha256Hex(CanonicalJson(json.At("edge")));
  const std::int64_t format = json.At("format").IntOr(0);
  const std::int64_t readable_by = json.At("readable_by").IntOr(format);
  if (readable_by > kFormat) {
    return Fail(ErrorCode::kUnsupported, fmt::format("It has format {}; this tuesday reads up to {}.", format, kFormat));
  }
  if (readable_by < 1 || json.At("digest").StringOr("") != digest) {
    return Fail(ErrorCode::kCorrupt, "The digest does not fit.");
  }
  TRY(Edge edge, ParseEdge(json.At("edge")));
  return StoredEdge{static_cast<std::uint64_t>(json.At("generation").IntOr(0)), std::move(edge)};
}

}  // namespace

Result<std::optional<StoredEdge>> EdgeStore::Load() const {
  const std::string path = folder_ + "/edge.json";
  const Result<std::string> text = files::ReadFile(path, kEdgeBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  Result<StoredEdge> stored = Parse(*text);
  if (stored) return std::optional<StoredEdge>(std::move(*stored));
  // Whoever wrote it in a newer format needs it again: it stays as it is.
  if (stored.error().code == ErrorCode::kUnsupported) {
    return Fail(ErrorCode::kUnsupported, fmt::format("{}: {}", path, stored.error().message),
                "Start the tuesday that wrote it, or a newer one.");
  }
  std::rename(path.c_str(), (path + ".corrupt").c_str());
  return Fail(ErrorCode::kCorrupt, fmt::format("{} does not read back: {}", path, stored.error().message),
              "It is kept as edge.json.corrupt; the daemon sends the edge again.");
}

Result<void> EdgeStore::Save(const StoredEdge& stored) const {
  const Json edge = EdgeJson(stored.edge);
  const Json::Object file{{"digest", Sha256Hex(CanonicalJson(edge))},
                          {"edge", edge},
                          {"format", kFormat},
                          {"generation", static_cast<std::int64_t>(stored.generation)},
                          {"readable_by", kReadableBy}};
  const std::string text = CanonicalJson(file) + "\n";
  if (text.size() > kEdgeBytesMax)
    return Fail(ErrorCode::kLimit, fmt::format("The edge is larger than {} bytes.", kEdgeBytesMax));
  // It can hold private keys.
  return files::WriteFileDurably(folder_ + "/edge.json", text, 0600);
}

Result<void> EdgeStore::WriteIfNew(std::string_view name, const std::string& text) {
  const auto old = written_.find(name);
  if (old != written_.end() && old->second == text) return {};
  TRY_OK(files::WriteFileDurably(fmt::format("{}/haproxy/{}", folder_, name), text, 0644));
  written_[std::string(name)] = text;
  return {};
}

Result<void> EdgeStore::WriteFiles(const EdgeFiles& files) {
  TRY_OK(WriteIfNew(kRoutesName, files.routes));
  TRY_OK(WriteIfNew(kExactName, files.exact));
  TRY_OK(WriteIfNew(kPrefixName, files.prefix));
  TRY_OK(WriteIfNew(kCertificateListName, files.certificate_list));
  return WriteIfNew(kConfigName, files.config);
}

}  // namespace tuesday::haproxy
