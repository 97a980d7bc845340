// SPDX-License-Identifier: Apache-2.0
#include "wire/state/codec.h"

#include "base/json.h"
#include "wire/state/fields_record.h"
#include "wire/state/fields_rollout.h"
#include "wire/state/row.h"
#include "wire/state/visit.h"

namespace tuesday::state {

Result<void> Reader::Finish() {
  if (wrong_.empty() && unknown_ == UnknownKeys::kRefuse && json_.as_object() != nullptr) {
    for (const auto& [key, value] : *json_.as_object()) {
      if (!known_.contains(key)) RefuseAt(where_, "has the unknown key `" + key + "`");
    }
  }
  if (!wrong_.empty()) return Fail(ErrorCode::kCorrupt, wrong_);
  return {};
}

std::string Encode(const ImageBinding& record) { return EncodeRow(record); }
std::string Encode(const ObjectRecord& record) { return EncodeRow(record); }
std::string Encode(const RevisionRecord& record) { return EncodeRow(record); }
std::string Encode(const RolloutRecord& record) { return EncodeRow(record); }
std::string Encode(const StatusRecord& record) { return EncodeRow(record); }
std::string Encode(const AttemptRecord& record) { return EncodeRow(record); }
std::string Encode(const ReleaseRecord& record) { return EncodeRow(record); }
std::string Encode(const RemovedRecord& record) { return EncodeRow(record); }
std::string Encode(const ClockRecord& record) { return EncodeRow(record); }
std::string Encode(const rollout::Route& route) { return EncodeRow(route); }
std::string Encode(const rollout::CountTarget& count) { return EncodeRow(count); }

template <>
Result<ImageBinding> Decode(std::string_view text) {
  return DecodeRow<ImageBinding>(text);
}
template <>
Result<ObjectRecord> Decode(std::string_view text) {
  return DecodeRow<ObjectRecord>(text);
}
template <>
Result<RevisionRecord> Decode(std::string_view text) {
  return DecodeRow<RevisionRecord>(text);
}
template <>
Result<RolloutRecord> Decode(std::string_view text) {
  return DecodeRow<RolloutRecord>(text);
}
template <>
Result<StatusRecord> Decode(std::string_view text) {
  return DecodeRow<StatusRecord>(text);
}
template <>
Result<AttemptRecord> Decode(std::string_view text) {
  return DecodeRow<AttemptRecord>(text);
}
template <>
Result<ReleaseRecord> Decode(std::string_view text) {
  return DecodeRow<ReleaseRecord>(text);
}
template <>
Result<RemovedRecord> Decode(std::string_view text) {
  return DecodeRow<RemovedRecord>(text);
}
template <>
Result<ClockRecord> Decode(std::string_view text) {
  return DecodeRow<ClockRecord>(text);
}
template <>
Result<rollout::Route> Decode(std::string_view text) {
  return DecodeRow<rollout::Route>(text);
}
template <>
Result<rollout::CountTarget> Decode(std::string_view text) {
  return DecodeRow<rollout::CountTarget>(text);
}

}  // namespace tuesday::state
