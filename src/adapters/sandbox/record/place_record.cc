// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/record/place_record.h"

#include "adapters/files/files.h"
#include "base/json.h"

namespace tuesday::sandbox {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kBytesMax = 64 << 10;
constexpr std::string_view kPhaseWords[] = {"open", "closed", "lost"};

}  // namespace

Result<void> WritePlaceRecord(const PlaceFolder& folder, const PlaceRecord& record) {
  Json::Array groups;
  for (const std::string& group : record.groups) groups.emplace_back(group);
  const Json::Object json{{"format", kFormat},
                          {"phase", kPhaseWords[static_cast<int>(record.phase)]},
                          {"message", record.message},
                          {"boot_id", record.boot_id},
                          {"groups", std::move(groups)}};
  return files::WriteFileDurably(folder.record(), CanonicalJson(json), 0600);
}

Result<std::optional<PlaceRecord>> ReadPlaceRecord(const PlaceFolder& folder) {
  const Result<std::string> text = files::ReadFile(folder.record(), kBytesMax);
  if (!text.has_value() && text.error().code == ErrorCode::kNotFound) return std::optional<PlaceRecord>();
  if (!text.has_value()) return std::unexpected(text.error());
  const Result<Json> json = ParseJson(*text);
  if (!json.has_value() || json->At("format").IntOr(0) != kFormat) {
    return Fail(ErrorCode::kCorrupt, "The file '" + folder.record() + "' does not read back.");
  }
  PlaceRecord record;
  const std::string phase = json->At("phase").StringOr("");
  record.phase = phase == kPhaseWords[0]   ? PlacePhase::kOpen
                 : phase == kPhaseWords[1] ? PlacePhase::kClosed
                                           : PlacePhase::kLost;
  record.message = json->At("message").StringOr("");
  record.boot_id = json->At("boot_id").StringOr("");
  if (const Json::Array* groups = json->At("groups").as_array()) {
    for (const Json& group : *groups) record.groups.push_back(group.StringOr(""));
  }
  return std::optional(std::move(record));
}

}  // namespace tuesday::sandbox
