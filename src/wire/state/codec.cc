// SPDX-License-Identifier: Apache-2.0
#include "wire/state/codec.h"

#include "base/json.h"
#include "wire/state/fields_record.h"
#include "wire/state/fields_rollout.h"
#include "wire/state/visit.h"

namespace tuesday::state {

namespace {

template <typename T>
std::string EncodeRow(const T& record) {
  Json json = Writer::Write(record);
  Json::Object& object = *json.as_object();
  object.insert_or_assign("format", Json(kFormat));
  object.insert_or_assign("readable_by", Json(kReadableBy));
  return CanonicalJson(json);
}

template <typename T>
Result<T> DecodeRow(std::string_view text) {
  Result<Json> json = ParseJson(text);
  if (!json) return Fail(ErrorCode::kCorrupt, "A stored row is not JSON: " + json.error().message);
  Json::Object* object = json->as_object();
  if (object == nullptr) return Fail(ErrorCode::kCorrupt, "A stored row is not a JSON object.");
  const std::int64_t format = json->At("format").IntOr(0);
  const std::int64_t readable_by = json->At("readable_by").IntOr(0);
  if (format < 1 || readable_by < 1) return Fail(ErrorCode::kCorrupt, "A stored row does not say its format.");
  if (readable_by > kFormat) {
    return Fail(
        ErrorCode::kUnsupported,
        "A stored row has format " + std::to_string(format) + "; this tuesday reads up to " + std::to_string(kFormat) + ".",
        "Start the newer tuesday again, or restore a backup that this one wrote.");
  }
  object->erase("format");
  object->erase("readable_by");
  T value;
  Reader reader(*json, format > kFormat ? UnknownKeys::kIgnore : UnknownKeys::kRefuse, "row");
  Fields(reader, value);
  TRY_OK(reader.Finish());
  return value;
}

}  // namespace

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
