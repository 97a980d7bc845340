// SPDX-License-Identifier: Apache-2.0
#include "app/server/oidc/oidc_api.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "core/workflow/oidc/issuer.h"

namespace tuesday::server {
namespace {

using workflow::SigningKey;

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Json(std::move(list));
}

std::vector<std::string> TextsIn(const Json& list) {
  std::vector<std::string> texts;
  if (list.as_array() == nullptr) return texts;
  for (const Json& one : *list.as_array()) texts.push_back(one.StringOr(""));
  return texts;
}

// "id-token=deploy.yaml" -> "deploy.yaml".
Result<std::vector<std::string>> GrantsIn(const Json& list) {
  const std::string prefix = std::string(workflow::kIdTokenScope) + "=";
  std::vector<std::string> files;
  for (const std::string& text : TextsIn(list)) {
    if (!text.starts_with(prefix)) {
      return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is nothing that can be granted.", text),
                  "For example id-token=deploy.yaml: jobs of that workflow may ask for tokens.");
    }
    files.push_back(text.substr(prefix.size()));
  }
  return files;
}

// An answer that others keep for a while, and ask about by its digest.
void SendPublic(const Call& call, const Json& json) {
  http::HttpResponse response{.status = 200, .headers = {}, .body = CanonicalJson(json) + "\n"};
  const std::string tag = fmt::format("\"{}\"", Sha256Hex(response.body).substr(0, 32));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kIssuerKeptByOthers).count();
  response.headers = {
      {"Content-Type", "application/json"}, {"Cache-Control", fmt::format("public, max-age={}", seconds)}, {"ETag", tag}};
  if (call.request.Header("if-none-match") == tag) {
    response.status = 304;
    response.body.clear();
  }
  call.responder->Send(std::move(response));
}

Json KeyJson(const SigningKey& key, const SigningKey* signer) {
  return Json(Json::Object{{"id", key.id},
                           {"made_at", WallText(key.made_at)},
                           {"signs_from", WallText(key.signs_from)},
                           {"signs", signer != nullptr && signer->id == key.id}});
}

Json KeysJson(IdTokens& tokens) {
  Json::Array keys;
  for (const SigningKey& key : tokens.keys().keys()) keys.push_back(KeyJson(key, tokens.keys().Signer()));
  return Json(Json::Object{{"issuer", tokens.issuer()}, {"keys", Json(std::move(keys))}});
}

}  // namespace

Json TokensJson(const oidc::RepositoryTokens& tokens) {
  return Json(Json::Object{{"id_token", TextsJson(tokens.workflows)}, {"subject", TextsJson(tokens.subject_keys)}});
}

void OidcApi::Discovery(Call call) {
  if (host_.tokens().issuer().empty()) {
    return SendError(*call.responder, {ErrorCode::kNotFound, "This daemon gives no tokens.",
                                       "Set `oidc.issuer` to the address at which others reach the listener `public`."});
  }
  SendPublic(call, workflow::DiscoveryOf(host_.tokens().issuer()));
}

void OidcApi::KeySet(Call call) { SendPublic(call, workflow::KeySetOf(host_.tokens().keys().keys())); }

void OidcApi::ListKeys(Call call) { SendJson(*call.responder, KeysJson(host_.tokens())); }

void OidcApi::Rotate(Call call) {
  const auto rotation = call.body.At("at_once").BoolOr(false) ? workflow::Rotation::kAtOnce : workflow::Rotation::kGraceful;
  host_.tokens().keys().Rotate(rotation, call.by, call.body.At("reason").StringOr(""),
                               [this, responder = call.responder](const Result<void>& done) {
                                 if (!done.has_value()) return SendError(*responder, done.error());
                                 SendJson(*responder, KeysJson(host_.tokens()));
                               });
}

void OidcApi::SetRepository(Call call) {
  const std::string name = call.parts.at("name");
  const runs::RepositoryRecord* record = host_.hosting().Find(name);
  if (record == nullptr || record->ns != call.parts.at("ns")) {
    return SendError(*call.responder, {ErrorCode::kNotFound, fmt::format("There is no repository {} in this namespace.", name),
                                       "`tuesday repo list` shows those that are."});
  }
  const Result<std::vector<std::string>> grant = GrantsIn(call.body.At("grant"));
  const Result<std::vector<std::string>> revoke = GrantsIn(call.body.At("revoke"));
  if (!grant.has_value()) return SendError(*call.responder, grant.error());
  if (!revoke.has_value()) return SendError(*call.responder, revoke.error());
  TokenSettings settings{.grant = *grant, .revoke = *revoke, .subject_keys = {}, .by = call.by, .reason = ""};
  settings.reason = call.body.At("reason").StringOr("");
  if (call.body.At("subject").as_array() != nullptr) settings.subject_keys = TextsIn(call.body.At("subject"));
  host_.tokens().Set(*record, settings, [responder = call.responder, name](const Result<oidc::RepositoryTokens>& tokens) {
    if (!tokens.has_value()) return SendError(*responder, tokens.error());
    Json json = TokensJson(*tokens);
    json.as_object()->emplace("name", name);
    SendJson(*responder, json);
  });
}

}  // namespace tuesday::server
