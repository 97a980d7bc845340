// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/token.h"

#include "core/workflow/services/base64.h"

namespace tuesday::workflow {

Json::Object Complete(Json::Object claims, const TokenMoment& moment) {
  using std::chrono::seconds;
  const std::int64_t at = std::chrono::floor<seconds>(moment.at).time_since_epoch().count();
  claims["iss"] = Json(moment.issuer);
  claims["aud"] = Json(moment.audience);
  claims["jti"] = Json(moment.id);
  claims["iat"] = Json(at);
  claims["nbf"] = Json(at - std::chrono::duration_cast<seconds>(kIdTokenClockSlack).count());
  claims["exp"] = Json(at + std::chrono::duration_cast<seconds>(kIdTokenTime).count());
  return claims;
}

std::string SigningText(std::string_view key_id, const Json::Object& claims) {
  const Json header(Json::Object{{"alg", "RS256"}, {"kid", key_id}, {"typ", "JWT"}});
  return EncodeBase64Url(CanonicalJson(header)) + "." + EncodeBase64Url(CanonicalJson(Json(claims)));
}

std::string Assemble(std::string signing_text, std::string_view signature) {
  return std::move(signing_text) + "." + EncodeBase64Url(signature);
}

}  // namespace tuesday::workflow
