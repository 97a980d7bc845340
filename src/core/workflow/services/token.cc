// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/token.h"

#include <fmt/format.h>

#include "base/json.h"
#include "core/workflow/services/base64.h"
#include "core/workflow/services/signature.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kResultsScope = "Actions.Results:";
constexpr std::string_view kIdTokenScope = "Actions.IdToken:";
constexpr int kReadPermission = 1;  // As the clients of the cache count them.
constexpr int kWritePermission = 2;

std::int64_t Seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

WallTime FromSeconds(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

std::string ScopesJson(const std::vector<CacheScope>& scopes) {
  Json::Array list;
  for (const CacheScope& scope : scopes) {
    const int permission = kReadPermission | (scope.access == CacheAccess::kWrite ? kWritePermission : 0);
    list.emplace_back(Json::Object{{"Scope", Json(scope.ref)}, {"Permission", Json(permission)}});
  }
  return CanonicalJson(Json(std::move(list)));
}

Result<std::vector<CacheScope>> ReadScopes(const std::string& text) {
  TRY(const Json list, ParseJson(text));
  std::vector<CacheScope> scopes;
  if (list.as_array() == nullptr) return Fail(ErrorCode::kDenied, "The token's cache scopes are no list.");
  for (const Json& one : *list.as_array()) {
    const std::int64_t permission = one.At("Permission").IntOr(0);
    if ((permission & kReadPermission) == 0) continue;
    scopes.push_back(
        {one.At("Scope").StringOr(""), (permission & kWritePermission) != 0 ? CacheAccess::kWrite : CacheAccess::kRead});
  }
  return scopes;
}

std::string_view ScopeOf(TokenUse use) { return use == TokenUse::kIdToken ? kIdTokenScope : kResultsScope; }

std::unexpected<Error> NoToken() {
  return Fail(ErrorCode::kDenied, "The token is not one of this run's.", "Use ACTIONS_RUNTIME_TOKEN as the step got it.");
}

}  // namespace

std::string SignToken(const RuntimeClaims& claims, std::string_view key) {
  const Json body = Json::Object{{"ac", Json(ScopesJson(claims.scopes))},
                                 {"att", Json(claims.attempt)},
                                 {"exp", Json(Seconds(claims.expires))},
                                 {"iss", Json("tuesday")},
                                 {"nbf", Json(Seconds(claims.not_before))},
                                 {"scp", Json(fmt::format("{}{}:{}", ScopeOf(claims.use), claims.run, claims.job))}};
  const std::string text = EncodeBase64Url(kHeader) + "." + EncodeBase64Url(CanonicalJson(body));
  return text + "." + SignatureOf(text, key);
}

Result<RuntimeClaims> ReadToken(std::string_view token, std::string_view key, WallTime now, TokenUse use) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (token.size() > kTokenBytesMax || first == std::string_view::npos || first == last) return NoToken();
  // The header is ours or it is no token: there is no choosing of algorithms.
  if (token.substr(0, first) != EncodeBase64Url(kHeader)) return NoToken();
  if (!SameSignature(token.substr(last + 1), SignatureOf(token.substr(0, last), key))) return NoToken();
  const auto text = DecodeBase64Url(token.substr(first + 1, last - first - 1));
  if (!text) return NoToken();
  TRY(const Json body, ParseJson(*text));
  RuntimeClaims claims;
  claims.use = use;
  const std::string scope = body.At("scp").StringOr("");
  const std::size_t colon = scope.rfind(':');
  const std::size_t begin = ScopeOf(use).size();
  if (!scope.starts_with(ScopeOf(use)) || colon < begin) return NoToken();
  claims.run = scope.substr(begin, colon - begin);
  claims.job = scope.substr(colon + 1);
  if (claims.run.empty() || claims.job.empty()) return NoToken();
  claims.attempt = static_cast<int>(body.At("att").IntOr(1));
  claims.not_before = FromSeconds(body.At("nbf").IntOr(0));
  claims.expires = FromSeconds(body.At("exp").IntOr(0));
  if (now < claims.not_before || now >= claims.expires)
    return Fail(ErrorCode::kDenied, "The token is not good at this time.", "Tokens end with their job.");
  TRY(claims.scopes, ReadScopes(body.At("ac").StringOr("[]")));
  return claims;
}

}  // namespace tuesday::workflow
