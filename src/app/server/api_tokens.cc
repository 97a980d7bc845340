// SPDX-License-Identifier: Apache-2.0
// Tokens over the API: making one is for those on the machine, looking and revoking for admins of all namespaces.
#include <algorithm>

#include "app/server/api.h"

namespace tuesday::server {
namespace {

Json TokenJson(const access::Token& token, WallTime now) {
  const char* state = token.revoked_at.has_value() ? "revoked" : now >= token.expires_at ? "expired" : "valid";
  return Json(Json::Object{{"name", token.name},
                           {"role", access::RoleName(token.role)},
                           {"namespace", token.ns.str()},
                           {"state", state},
                           {"created_at", WallText(token.created_at)},
                           {"created_by", token.created_by},
                           {"expires_at", WallText(token.expires_at)},
                           {"revoked_at", token.revoked_at ? Json(WallText(*token.revoked_at)) : Json()}});
}

}  // namespace

void Api::ListTokens(Call call) {
  Json::Array tokens;
  for (const access::Token& token : parts_.door.tokens()) tokens.push_back(TokenJson(token, parts_.clock.Wall()));
  SendJson(*call.responder, Json(Json::Object{{"tokens", std::move(tokens)}}));
}

void Api::CreateToken(Call call) {
  const std::optional<access::Role> role = access::RoleOf(call.body.At("role").StringOr(""));
  if (!role.has_value()) {
    return SendError(*call.responder,
                     {ErrorCode::kInvalid, "The body names no role.",
                      "\"role\" is viewer, deployer, approver or admin; each may do what those before it may."});
  }
  Door::NewToken wanted;
  wanted.name = call.body.At("name").StringOr("");
  wanted.role = *role;
  wanted.ns = Namespace(call.body.At("namespace").StringOr(""));
  const std::int64_t most = std::chrono::ceil<std::chrono::seconds>(access::kTokenLifeMax).count() + 1;
  const std::int64_t usual = std::chrono::ceil<std::chrono::seconds>(access::kTokenLifeDefault).count();
  wanted.life = std::chrono::seconds(std::clamp<std::int64_t>(call.body.At("expires_seconds").IntOr(usual), 0, most));
  wanted.by = call.by;
  wanted.reason = call.body.At("reason").StringOr("");
  parts_.door.Create(wanted, [this, responder = call.responder](Result<Door::MadeToken> made) {
    if (!made.has_value()) return SendError(*responder, made.error());
    Json json = TokenJson(made->token, parts_.clock.Wall());
    json.as_object()->emplace("secret", made->secret);
    SendJson(*responder, json);
  });
}

void Api::RevokeToken(Call call) {
  const std::string reason = call.body.At("reason").StringOr("");
  parts_.door.Revoke(call.parts.at("name"), call.by, reason, [this, responder = call.responder](Result<access::Token> token) {
    if (!token.has_value()) return SendError(*responder, token.error());
    SendJson(*responder, TokenJson(*token, parts_.clock.Wall()));
  });
}

}  // namespace tuesday::server
