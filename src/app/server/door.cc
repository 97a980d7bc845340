// SPDX-License-Identifier: Apache-2.0
#include "app/server/door.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <pwd.h>

#include <algorithm>
#include <array>

#include "app/server/daemon/log.h"
#include "core/manifest/read/base64.h"

namespace tuesday::server {
namespace {

constexpr std::string_view kTokenTable = "token";
constexpr std::size_t kReasonBytesMax = 1024;
constexpr std::size_t kPathShownMax = 200;  // Of a refused request, in the journal.

std::string NameOfUid(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 1024> buffer{};
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return fmt::format("{} (uid {})", found == nullptr ? "?" : found->pw_name, uid);
}

// git knows passwords only: a token is one, under any name.
constexpr std::string_view kGitPaths = "/git/";

// The token of "Bearer TOKEN", or of "Basic base64(NAME:TOKEN)" where git asks; empty: there is none in a form that we take.
std::string SecretIn(const http::HttpRequest& request) {
  const std::string given = request.Header("authorization");
  const std::string scheme = http::LowerCase(given.substr(0, given.find(' ')));
  if (scheme.size() == given.size()) return {};
  const std::string rest = given.substr(scheme.size() + 1);
  if (scheme == "bearer") return rest;
  if (scheme != "basic" || !request.path.starts_with(kGitPaths)) return {};
  const std::string pair = manifest::DecodeBase64(rest).value_or("");
  const std::size_t colon = pair.find(':');
  return colon == std::string::npos ? std::string() : pair.substr(colon + 1);
}

http::HttpResponse Refusal(int status, std::string_view word, const std::string& message, const std::string& hint) {
  const Json body(Json::Object{{"error", Json::Object{{"code", word}, {"message", message}, {"hint", hint}}}});
  http::HttpResponse response{
      .status = status, .headers = {{"Content-Type", "application/json"}}, .body = CanonicalJson(body) + "\n"};
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tuesday\"");
  return response;
}

// Addresses are kept in histories and logs of every program on the way.
bool HasTokenInAddress(const http::HttpRequest& request) {
  return std::ranges::any_of(request.query, [](const auto& item) {
    return item.first == "token" || item.first == "access_token" || item.second.starts_with(access::kSecretPrefix);
  });
}

// The namespace that the request names; nullopt is all of them.
std::optional<Namespace> NamespaceAsked(const http::HttpRequest& request, const Route& route,
                                        const std::map<std::string, std::string>& parts, const access::Caller& caller) {
  switch (route.access.scope) {
    case access::Scope::kPath: {
      const auto found = parts.find("ns");
      return found == parts.end() ? std::nullopt : std::optional(Namespace(found->second));
    }
    case access::Scope::kQuery: {
      const std::string asked = request.Query("namespace");
      return asked.empty() ? std::nullopt : std::optional(Namespace(asked));
    }
    case access::Scope::kNone:
    case access::Scope::kBody: return caller.ns;  // Nothing to cover yet; the objects are asked one by one.
    case access::Scope::kAll: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<void> Door::Load() {
  TRY(const std::vector<Row> rows, parts_.store.List(kTokenTable, ""));
  for (const Row& row : rows) {
    TRY(access::Token token, access::DecodeToken(row.value));
    tokens_.push_back(std::move(token));
  }
  return {};
}

void Door::Set(const DoorSettings& settings) {
  settings_ = settings;
  throttle_.SetFailedMax(settings.failed_logins_max);
}

Door::Found Door::OfToken(const http::HttpRequest& request) {
  const Instant now = parts_.clock.Now();
  if (const std::optional<Duration> wait = throttle_.MustWait(request.remote, now)) {
    http::HttpResponse response =
        Refusal(429, "denied", "Too many logins of this address failed.", fmt::format("Try again in {}.", DurationText(*wait)));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
    return {{}, Passage{{}, std::move(response)}};
  }
  const std::string given = request.Header("authorization");
  if (given.empty()) return {};
  const std::string secret = SecretIn(request);
  const access::Token* token = secret.empty() ? nullptr : access::FindBySecret(tokens_, secret);
  if (token != nullptr) return {access::CallerOf(*token), {}};
  throttle_.Failed(request.remote, now);
  const std::string reason = "The token is not one of this daemon.";
  WriteRefusal(request, "somebody at " + request.remote, reason);
  return {{}, Passage{{}, Refusal(401, "denied", reason, "`tuesday token list` shows the names of those that are.")}};
}

Door::Found Door::WhoAsks(const http::HttpRequest& request) {
  if (request.listener == "api") return OfToken(request);
  if (request.listener == "metrics") {
    // Its routes say only how the daemon is.
    const Namespace all{std::string(access::kAllNamespaces)};
    return {access::Caller{.name = "anonymous", .role = access::Role::kViewer, .ns = all, .expires_at = {}}, {}};
  }
  if (request.listener != "admin" || !request.peer.has_value()) return {};
  const uid_t uid = request.peer->uid;
  return {access::Caller{.name = NameOfUid(uid),
                         .role = uid == 0 || uid == parts_.own_uid ? access::Role::kAdmin : settings_.group_role,
                         .ns = Namespace(std::string(access::kAllNamespaces)),
                         .expires_at = {}},
          {}};
}

Passage Door::Ask(const http::HttpRequest& request, const Route& route, const std::map<std::string, std::string>& path_parts) {
  Passage passage = Decide(request, route, path_parts);
  if (passage.refusal.status == 401 && request.path.starts_with(kGitPaths)) {
    for (auto& [name, value] : passage.refusal.headers) {
      if (name == "WWW-Authenticate") value = "Basic realm=\"tuesday\"";
    }
  }
  return passage;
}

Passage Door::Decide(const http::HttpRequest& request, const Route& route,
                     const std::map<std::string, std::string>& path_parts) {
  if (HasTokenInAddress(request)) {
    ++refused_;
    return {{},
            Refusal(400, "invalid", "A token is never taken from an address.",
                    "Send it as the header Authorization: Bearer TOKEN, and revoke this one: it may have been logged.")};
  }
  Found found = WhoAsks(request);
  if (found.refusal.has_value()) {
    // Health may be asked with whatever token.
    if (!route.access.role.has_value()) return {access::Caller{.name = "anonymous", .ns = Namespace()}, {}};
    ++refused_;
    return std::move(*found.refusal);
  }
  const access::Caller* caller = found.caller.has_value() ? &*found.caller : nullptr;
  access::Need need{route.access.role, std::nullopt};
  if (caller != nullptr) need.ns = NamespaceAsked(request, route, path_parts, *caller);
  const access::Decision decision = access::Decide(caller, need, parts_.clock.Wall());
  if (decision.ruling == access::Ruling::kAllowed) {
    return {caller != nullptr ? *caller : access::Caller{.name = "anonymous", .ns = Namespace()}, {}};
  }
  ++refused_;
  const bool is_unknown = decision.ruling == access::Ruling::kUnknown;
  // git asks without a token first, to be told that it needs one.
  const bool is_first_of_git = is_unknown && request.path.starts_with(kGitPaths) && request.Header("authorization").empty();
  if ((request.method != "GET" || is_unknown) && !is_first_of_git)
    WriteRefusal(request, caller == nullptr ? "somebody at " + request.remote : caller->name, decision.reason);
  return {{}, Refusal(is_unknown ? 401 : 403, "denied", decision.reason, decision.hint)};
}

std::function<Result<void>(const ObjectName&)> Door::PermitOf(const access::Caller& caller, access::Role role) const {
  if (caller.ns.str() == access::kAllNamespaces) return {};
  return [caller, role, now = parts_.clock.Wall()](const ObjectName& object) -> Result<void> {
    // A rule can abort rollouts of every namespace.
    const bool is_for_all = object.kind == "PrometheusRule" || object.ns.empty();
    const access::Need need{role, is_for_all ? std::nullopt : std::optional(object.ns)};
    const access::Decision decision = access::Decide(&caller, need, now);
    if (decision.ruling == access::Ruling::kAllowed) return {};
    return Fail(ErrorCode::kDenied, fmt::format("{} {}/{}: {}", object.kind, object.ns.str(), object.name, decision.reason),
                "Nothing was changed. " + decision.hint);
  };
}

void Door::WriteRefusal(const http::HttpRequest& request, const std::string& by, const std::string& reason) {
  const std::optional<std::uint64_t> left_out = budget_.Take(parts_.clock.Now());
  if (!left_out.has_value()) return;
  Say(config::LogLevel::kWarning, "refused",
      {{"by", by}, {"method", request.method}, {"path", request.path.substr(0, kPathShownMax)}, {"why", reason}});
  const std::string path = access::Masked(request.path.substr(0, kPathShownMax));
  Transaction transaction;
  NewEntry entry;
  entry.at = parts_.clock.Wall();
  entry.object = {Namespace(), "Access", request.listener};
  entry.entry = {"access.refused",
                 fmt::format("{} may not {} {}: {}", by, request.method, path, reason),
                 {{"by", by},
                  {"method", request.method},
                  {"path", path},
                  {"listener", request.listener},
                  {"address", request.remote},
                  {"reason", reason},
                  {"left_out_before", *left_out}}};
  transaction.entries.push_back(std::move(entry));
  // A refusal that cannot be written is refused all the same.
  parts_.executor.Run("store", [&store = parts_.store, transaction] { static_cast<void>(store.Commit(transaction)); }, [] {});
}

void Door::WriteReason(const Acted& acted) {
  if (acted.reason.empty()) return;
  const std::string shown = access::Masked(acted.reason.substr(0, kReasonBytesMax));
  Transaction transaction;
  NewEntry entry;
  entry.at = parts_.clock.Wall();
  entry.object = acted.about;
  entry.entry = {acted.kind,
                 fmt::format("{} said why {}: {}", acted.by, acted.what, shown),
                 {{"by", acted.by}, {"act", acted.act}, {"reason", shown}}};
  transaction.entries.push_back(std::move(entry));
  parts_.executor.Run("store", [&store = parts_.store, transaction] { static_cast<void>(store.Commit(transaction)); }, [] {});
}

void Door::Commit(const access::Token& token, audit::Entry entry, std::function<void(const Result<void>&)> done) {
  Transaction transaction;
  transaction.put.push_back({std::string(kTokenTable), token.name, access::EncodeToken(token)});
  NewEntry told;
  told.at = parts_.clock.Wall();
  told.object = {Namespace(), "Token", token.name};
  told.entry = std::move(entry);
  transaction.entries.push_back(std::move(told));
  auto committed = std::make_shared<Result<void>>();
  parts_.executor.Run(
      "store", [&store = parts_.store, transaction, committed] { *committed = store.Commit(transaction); },
      [committed, done = std::move(done)] { done(*committed); });
}

void Door::Keep(const access::Token& token) {
  const auto found = std::ranges::find(tokens_, token.name, &access::Token::name);
  found == tokens_.end() ? tokens_.push_back(token) : static_cast<void>(*found = token);
}

void Door::Create(const NewToken& wanted, Done<MadeToken> done) {
  const WallTime now = parts_.clock.Wall();
  std::array<unsigned char, access::kSecretRandomBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return done(Fail(ErrorCode::kUnavailable, "The system has no randomness for a secret.", "Try again."));
  MadeToken made;
  made.secret = access::SecretOf(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  made.token = {.name = wanted.name,
                .secret_hash = access::SecretHash(made.secret),
                .role = wanted.role,
                .ns = wanted.ns,
                .created_at = now,
                .created_by = wanted.by,
                .expires_at = now + std::chrono::duration_cast<std::chrono::milliseconds>(wanted.life),
                .revoked_at = {}};
  if (const Result<void> fine = access::CheckToken(made.token); !fine.has_value()) return done(std::unexpected(fine.error()));
  const auto same = std::ranges::find(tokens_, wanted.name, &access::Token::name);
  if (same != tokens_.end() && !same->revoked_at.has_value() && same->expires_at > now) {
    return done(Fail(ErrorCode::kConflict, fmt::format("There is a token {} already.", wanted.name),
                     "Revoke it first, or take another name."));
  }
  if (same == tokens_.end() && tokens_.size() >= access::kTokensMax)
    return done(Fail(ErrorCode::kLimit, fmt::format("There are {} tokens already.", access::kTokensMax),
                     "Take the name of one that was revoked or has expired."));
  Keep(made.token);  // Before it is durable, so that two of one name cannot both be made.
  audit::Entry entry{"access.token-created",
                     fmt::format("{} made the token {} ({}, namespace {}, until {}).", wanted.by, wanted.name,
                                 access::RoleName(wanted.role), wanted.ns.str(), WallText(made.token.expires_at)),
                     {{"by", wanted.by},
                      {"reason", wanted.reason},
                      {"role", access::RoleName(wanted.role)},
                      {"namespace", wanted.ns.str()},
                      {"expires_at", WallText(made.token.expires_at)}}};
  Commit(made.token, std::move(entry), [this, made, done = std::move(done)](const Result<void>& committed) {
    if (committed.has_value()) return done(made);
    std::erase(tokens_, made.token);
    done(std::unexpected(committed.error()));
  });
}

void Door::Revoke(const std::string& name, const std::string& by, const std::string& reason, Done<access::Token> done) {
  const auto found = std::ranges::find(tokens_, name, &access::Token::name);
  if (found == tokens_.end())
    return done(Fail(ErrorCode::kNotFound, fmt::format("There is no token {}.", name), "`tuesday token list` shows them."));
  if (!found->revoked_at.has_value()) found->revoked_at = parts_.clock.Wall();
  // It is closed from this moment on, whatever the store says; the caller learns whether that will last.
  audit::Entry entry{
      "access.token-revoked", fmt::format("{} revoked the token {}.", by, name), {{"by", by}, {"reason", reason}}};
  Commit(*found, std::move(entry), [token = *found, done = std::move(done)](const Result<void>& committed) {
    committed.has_value() ? done(token) : done(std::unexpected(committed.error()));
  });
}

}  // namespace tuesday::server
