// SPDX-License-Identifier: Apache-2.0
#include "wire/journal/record.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "wire/journal/text.h"

namespace tuesday::journal {
namespace {

// The value with all its text mended. kLimit when it is nested deeper than `depth_left`.
Result<Json> Mend(const Json& value, int depth_left) {
  if (const std::string* text = value.as_string()) return Json(MendUtf8(*text));
  const Json::Array* array = value.as_array();
  const Json::Object* object = value.as_object();
  if (array == nullptr && object == nullptr) return value;
  if (depth_left == 0) {
    return Fail(ErrorCode::kLimit, fmt::format("The entry's data is nested deeper than {}.", kDataDepthMax));
  }
  if (array != nullptr) {
    Json::Array mended;
    mended.reserve(array->size());
    for (const Json& item : *array) {
      TRY(Json part, Mend(item, depth_left - 1));
      mended.push_back(std::move(part));
    }
    return Json(std::move(mended));
  }
  Json::Object mended;
  for (const auto& [key, member] : *object) {
    TRY(Json part, Mend(member, depth_left - 1));
    mended.insert_or_assign(MendUtf8(key), std::move(part));
  }
  return Json(std::move(mended));
}

std::unexpected<Error> NotARecord(std::string_view why) {
  return Fail(ErrorCode::kCorrupt, fmt::format("The bytes are not a journal record: {}.", why));
}

Result<std::string> TextOf(const Json& object, std::string_view key) {
  const std::string* text = object.At(key).as_string();
  if (text == nullptr) return NotARecord(fmt::format("\"{}\" is missing or not text", key));
  return *text;
}

Json ToJson(std::uint64_t number, std::string_view previous, const Content& content, Json data) {
  const ObjectName& object = content.object;
  return Json::Object{{"attempt", MendUtf8(content.attempt)},
                      {"data", std::move(data)},
                      {"format", kFormat},
                      {"kind", MendUtf8(content.entry.kind)},
                      {"message", MendUtf8(content.entry.message)},
                      {"number", number},
                      {"object", Json::Object{{"kind", MendUtf8(object.kind)},
                                              {"name", MendUtf8(object.name)},
                                              {"namespace", MendUtf8(object.ns.str())}}},
                      {"previous", previous},
                      {"time", WallText(content.at)}};
}

Result<Content> ContentOf(const Json& json) {
  const Json::Object* data = json.At("data").as_object();
  if (data == nullptr) return NotARecord("\"data\" is missing or not an object");
  Content content;
  TRY(const std::string time, TextOf(json, "time"));
  TRY(content.at, ParseWall(time));
  TRY(std::string ns, TextOf(json.At("object"), "namespace"));
  content.object.ns = Namespace(std::move(ns));
  TRY(content.object.kind, TextOf(json.At("object"), "kind"));
  TRY(content.object.name, TextOf(json.At("object"), "name"));
  TRY(content.attempt, TextOf(json, "attempt"));
  TRY(content.entry.kind, TextOf(json, "kind"));
  TRY(content.entry.message, TextOf(json, "message"));
  content.entry.data = *data;
  return content;
}

}  // namespace

Result<Encoded> Encode(const ChainEnd& before, const Content& content) {
  const std::uint64_t number = before.number + 1;
  if (number > kNumberMax) return Fail(ErrorCode::kLimit, fmt::format("The journal is full: it has {} entries.", kNumberMax));
  TRY(Json data, Mend(Json(content.entry.data), kDataDepthMax));
  std::string bytes = CanonicalJson(ToJson(number, before.hash, content, std::move(data)));
  if (bytes.size() > kRecordBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("The journal entry \"{}\" of {} {} has {} bytes; the limit is {}.", content.entry.kind,
                            content.object.kind, content.object.name, bytes.size(), kRecordBytesMax),
                "Put samples, logs and worlds into the blob store and name their digest.");
  }
  std::string hash = Sha256Hex(bytes);
  return Encoded{std::move(bytes), ChainEnd{number, std::move(hash)}};
}

Result<Record> Decode(std::string_view bytes) {
  const Result<Json> json = ParseJson(bytes, {.bytes_max = kRecordBytesMax, .depth_max = kDataDepthMax + 2});
  if (!json.has_value()) return NotARecord(json.error().message);
  const std::int64_t format = json->At("format").IntOr(0);
  if (format > kFormat) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("The journal record has format {}; this program reads {}.", format, kFormat),
                "Use the version of tuesday that wrote it, or a newer one.");
  }
  if (format != kFormat) return NotARecord("\"format\" is missing");
  Record record;
  record.number = static_cast<std::uint64_t>(json->At("number").IntOr(0));
  if (record.number == 0 || record.number > kNumberMax) return NotARecord("\"number\" is missing or out of range");
  TRY(record.previous, TextOf(*json, "previous"));
  Result<Content> content = ContentOf(*json);
  if (!content.has_value()) return NotARecord(content.error().message);
  record.content = *std::move(content);
  // Equal bytes again show that nothing is in the record that this reader does not know.
  if (CanonicalJson(ToJson(record.number, record.previous, record.content, Json(record.content.entry.data))) != bytes) {
    return NotARecord("it is not in canonical form, or has members that format 1 does not have");
  }
  return record;
}

Result<ChainEnd> VerifyNext(const ChainEnd& before, std::string_view bytes, std::string_view hash) {
  const std::uint64_t number = before.number + 1;
  const auto broken = [number](std::string_view why) {
    return Fail(ErrorCode::kCorrupt, fmt::format("Journal entry {} is not what was written: {}.", number, why),
                "Entries before it are whole. Restore a backup, or keep the file for an investigation.");
  };
  std::string real_hash = Sha256Hex(bytes);
  if (real_hash != hash) return broken("its hash does not match its bytes");
  const Result<Record> record = Decode(bytes);
  if (!record.has_value())
    return record.error().code == ErrorCode::kUnsupported ? std::unexpected(record.error()) : broken(record.error().message);
  if (record->number != number) return broken(fmt::format("it says that it is number {}", record->number));
  if (record->previous != before.hash) return broken("it does not name the hash of the entry before");
  return ChainEnd{number, std::move(real_hash)};
}

}  // namespace tuesday::journal
