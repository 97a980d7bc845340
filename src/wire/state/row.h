// SPDX-License-Identifier: Apache-2.0
// The form of every row: canonical JSON with `format` and `readable_by`. Included by codecs only.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "wire/state/codec.h"
#include "wire/state/visit.h"

namespace tuesday::state {

// The row of an object.
inline std::string RowText(Json json) {
  Json::Object& object = *json.as_object();
  object.insert_or_assign("format", Json(kFormat));
  object.insert_or_assign("readable_by", Json(kReadableBy));
  return CanonicalJson(json);
}

template <typename T>
std::string EncodeRow(const T& record) {
  return RowText(Writer::Write(record));
}

// The object of a row, and whether it may have keys that are not known here.
struct RowObject {
  Json json;
  UnknownKeys unknown = UnknownKeys::kRefuse;
};

inline Result<RowObject> ReadRow(std::string_view text) {
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
  return RowObject{std::move(*json), format > kFormat ? UnknownKeys::kIgnore : UnknownKeys::kRefuse};
}

template <typename T>
Result<T> ValueOf(const RowObject& row) {
  T value;
  Reader reader(row.json, row.unknown, "row");
  Fields(reader, value);
  TRY_OK(reader.Finish());
  return value;
}

template <typename T>
Result<T> DecodeRow(std::string_view text) {
  TRY(const RowObject row, ReadRow(text));
  return ValueOf<T>(row);
}

}  // namespace tuesday::state
