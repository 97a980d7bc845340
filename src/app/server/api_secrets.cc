// SPDX-License-Identifier: Apache-2.0
// Secrets: written, listed by name, taken away; never read back. A Secret is an object like any other, so a new value is a new
// revision of every rollout that uses it.
#include <fmt/format.h>

#include <algorithm>

#include "app/server/api.h"

namespace tuesday::server {
namespace {

// A process takes no variable of more than 128 KiB.
constexpr std::size_t kSecretValueBytesMax = 64 << 10;
constexpr std::size_t kSecretKeysMax = 256;
constexpr int kSecretTriesMax = 64;  // As many changes as can wait at once.
constexpr std::size_t kSecretKeyCharsMax = 253;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

Result<void> CheckKey(const std::string& key) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (!key.empty() && key.size() <= kSecretKeyCharsMax && std::ranges::all_of(key, fits)) return {};
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no key of a secret.", key), "Letters, digits, `-`, `_` and `.`.");
}

Result<void> CheckValue(const std::string& value) {
  if (value.empty()) return Fail(ErrorCode::kInvalid, "The value is empty.", "`tuesday secret rm` takes a key away.");
  if (value.size() > kSecretValueBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("The value has {} bytes; a secret has {} at most. Nothing was changed.", value.size(),
                            kSecretValueBytesMax),
                "Put large files into the artifact, or beside the service, and only their key here.");
  }
  if (value.find('\0') != std::string::npos) {
    return Fail(ErrorCode::kInvalid, "The value holds a zero byte, which no environment can hold.",
                "Encode it, for example with base64.");
  }
  return {};
}

const state::ObjectRecord* FindSecret(const std::vector<state::ObjectRecord>& objects, const Namespace& ns,
                                      const std::string& name) {
  const auto found = std::ranges::find(objects, ObjectName{ns, "Secret", name}, &state::ObjectRecord::name);
  return found == objects.end() ? nullptr : &*found;
}

Json::Object MembersOf(const Json& content, std::string_view key) {
  const Json::Object* members = content.At(key).as_object();
  return members == nullptr ? Json::Object() : *members;
}

std::vector<std::string> KeysOf(const Json& content) {
  std::vector<std::string> keys;
  for (const std::string_view part : {"data", "stringData"}) {
    for (const auto& [key, value] : MembersOf(content, part)) keys.push_back(key);
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// The Secret as a manifest, with `key` changed (an encoded value) or taken away (none).
Result<Json> Changed(const state::ObjectRecord* known, const Namespace& ns, const std::string& name, const std::string& key,
                     const std::optional<std::string>& encoded) {
  Json content(Json::Object{
      {"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", Json::Object{{"name", name}, {"namespace", ns.str()}}}});
  if (known != nullptr) content = known->content;
  Json::Object data = MembersOf(content, "data");
  Json::Object clear = MembersOf(content, "stringData");
  clear.erase(key);
  data.erase(key);
  if (encoded) data.insert_or_assign(key, Json(*encoded));
  if (data.size() + clear.size() > kSecretKeysMax) {
    return Fail(ErrorCode::kLimit, fmt::format("Secret {} has {} keys already. Nothing was changed.", name, kSecretKeysMax));
  }
  Json::Object& object = *content.as_object();
  object.erase("data");
  object.erase("stringData");
  if (!data.empty()) object.insert_or_assign("data", Json(std::move(data)));
  if (!clear.empty()) object.insert_or_assign("stringData", Json(std::move(clear)));
  return content;
}

Json ReportJson(const std::string& name, const control::ApplyReport& report) {
  Json::Array rollouts;
  for (const control::RolloutPlan& plan : report.rollouts) {
    if (plan.move != control::RolloutMove::kNone) rollouts.emplace_back(plan.name.name);
  }
  return Json(Json::Object{{"secret", name}, {"release", report.release}, {"rollouts", std::move(rollouts)}});
}

}  // namespace

void Api::ListSecrets(Call call) {
  Json::Array secrets;
  for (const state::ObjectRecord& object : parts_.fleet.Objects(Namespace(call.parts.at("ns")))) {
    if (object.name.kind != "Secret") continue;
    Json::Array keys;
    for (const std::string& key : KeysOf(object.content)) keys.emplace_back(key);
    secrets.emplace_back(
        Json::Object{{"name", object.name.name}, {"keys", std::move(keys)}, {"generation", object.generation.value}});
  }
  SendJson(*call.responder, Json(Json::Object{{"secrets", std::move(secrets)}}));
}

// The request itself is gone before the change is done.
struct Api::SecretChange {
  Namespace ns;
  std::string name;
  std::string by;
  std::shared_ptr<http::Responder> responder;
  std::function<Result<Json>(const state::ObjectRecord*)> content;  // Of what is there, or null.
};

void Api::ChangeSecret(const std::shared_ptr<const SecretChange>& change, int tries_left) {
  const std::vector<state::ObjectRecord> objects = parts_.fleet.Objects(change->ns);
  const state::ObjectRecord* known = FindSecret(objects, change->ns, change->name);
  const Result<Json> content = change->content(known);
  if (!content.has_value()) return SendError(*change->responder, content.error());
  control::ApplyRequest request;
  request.ns = change->ns;
  request.by = change->by;
  request.files.push_back({"secret " + change->name, CanonicalJson(*content)});
  request.made_from = {ObjectName{change->ns, "Secret", change->name},
                       known == nullptr ? std::nullopt : std::optional(known->generation)};
  parts_.fleet.Apply(std::move(request), [this, change, tries_left](const Result<control::ApplyReport>& report) {
    if (report.has_value()) return SendJson(*change->responder, ReportJson(change->name, *report));
    if (report.error().code == ErrorCode::kStale && tries_left > 0) return ChangeSecret(change, tries_left - 1);
    SendError(*change->responder, report.error());
  });
}

void Api::SetSecret(Call call) {
  const Namespace ns(call.parts.at("ns"));
  const std::string name = call.parts.at("name");
  const std::string key = call.body.At("key").StringOr("");
  const std::string value = call.body.At("value").StringOr("");
  if (const Result<void> good = CheckKey(key); !good.has_value()) return SendError(*call.responder, good.error());
  if (const Result<void> good = CheckValue(value); !good.has_value()) return SendError(*call.responder, good.error());
  const auto content = [ns, name, key, encoded = Base64(value)](const state::ObjectRecord* known) {
    return Changed(known, ns, name, key, encoded);
  };
  ChangeSecret(std::make_shared<SecretChange>(ns, name, call.by, call.responder, content), kSecretTriesMax);
}

void Api::RemoveSecret(Call call) {
  const Namespace ns(call.parts.at("ns"));
  const std::string name = call.parts.at("name");
  const std::string key = call.body.At("key").StringOr("");
  const std::vector<state::ObjectRecord> objects = parts_.fleet.Objects(ns);
  if (FindSecret(objects, ns, name) == nullptr)
    return SendError(*call.responder, {ErrorCode::kNotFound, fmt::format("There is no secret {}.", name), ""});
  if (!key.empty()) {
    const auto content = [ns, name, key](const state::ObjectRecord* known) -> Result<Json> {
      if (known == nullptr || !std::ranges::binary_search(KeysOf(known->content), key)) {
        return Fail(ErrorCode::kNotFound, fmt::format("Secret {} has no key {}.", name, key));
      }
      return Changed(known, ns, name, key, std::nullopt);
    };
    return ChangeSecret(std::make_shared<SecretChange>(ns, name, call.by, call.responder, content), kSecretTriesMax);
  }
  control::DeleteRequest request;
  request.ns = ns;
  request.by = call.by;
  request.objects.push_back({ns, "Secret", name});
  parts_.fleet.Delete(std::move(request), [name, responder = call.responder](const Result<control::ApplyReport>& report) {
    if (!report.has_value()) return SendError(*responder, report.error());
    SendJson(*responder, ReportJson(name, *report));
  });
}

}  // namespace tuesday::server
