// SPDX-License-Identifier: Apache-2.0
#include "app/services/action_services.h"

#include <fmt/format.h>

#include <charconv>

#include "app/services/addresses.h"
#include "app/services/desk.h"

namespace tuesday::services {
namespace {

using http::HttpRequest;
using http::HttpResponse;

constexpr std::string_view kArtifactCalls = "/twirp/github.actions.results.api.v1.ArtifactService/";
constexpr std::string_view kCacheCalls = "/twirp/github.actions.results.api.v1.CacheService/";
constexpr std::string_view kOldCache = "/_apis/artifactcache/";
constexpr std::string_view kContents = "/content/";
constexpr std::string_view kBearer = "bearer ";

constexpr std::uint64_t kCallBytesMax = 8 << 20;  // Of what is read as a text: a list of as many blocks as there may be.
constexpr Duration kTransferTime = std::chrono::minutes(5);

struct Refusal {
  int status;
  std::string_view code;  // As Twirp names it.
};

// 429 and 5xx make clients try again, so a limit is none of them.
Refusal RefusalOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return {400, "invalid_argument"};
    case ErrorCode::kNotFound: return {404, "not_found"};
    case ErrorCode::kConflict:
    case ErrorCode::kStale: return {409, "already_exists"};
    case ErrorCode::kDenied: return {403, "permission_denied"};
    case ErrorCode::kLimit: return {413, "resource_exhausted"};
    case ErrorCode::kUnsupported: return {501, "unimplemented"};
    case ErrorCode::kUnavailable: return {503, "unavailable"};
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal: return {500, "internal"};
  }
  return {500, "internal"};
}

HttpResponse ErrorAnswer(const Error& error) {
  const Refusal refusal = RefusalOf(error.code);
  return JsonAnswer(
      refusal.status,
      Json::Object{{"code", Json(refusal.code)}, {"msg", Json(ErrorText(error))}, {"message", Json(ErrorText(error))}});
}

Result<workflow::RuntimeClaims> ClaimsOf(const Desk& desk, const HttpRequest& request,
                                         workflow::TokenUse use = workflow::TokenUse::kServices) {
  const std::string given = request.Header("authorization");
  if (http::LowerCase(given.substr(0, kBearer.size())) != kBearer) {
    const bool is_services = use == workflow::TokenUse::kServices;
    return Fail(
        ErrorCode::kDenied, "The request has no token.",
        fmt::format("Use {} as the step got it.", is_services ? "ACTIONS_RUNTIME_TOKEN" : "ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
  }
  return workflow::ReadToken(std::string_view(given).substr(kBearer.size()), desk.settings.key, desk.now, use);
}

bool IsUpload(const HttpRequest& head) {
  if (head.path.starts_with(kContents)) return head.method == "PUT" && head.Query("comp") != "blocklist";
  return head.path.starts_with(kOldCache) && head.method == "PATCH";
}

// Whether somebody asks whom we know at all; what it is allowed to do is looked at with the body.
Result<void> CheckAsker(const Desk& desk, const HttpRequest& head) {
  if (head.path.starts_with(kContents)) {
    TRY_OK(ReadAddress(head, desk.settings.key, desk.now));
  } else if (head.path == kIdTokenPath) {
    TRY_OK(ClaimsOf(desk, head, workflow::TokenUse::kIdToken));
  } else {
    TRY_OK(ClaimsOf(desk, head));
  }
  return {};
}

Result<HttpResponse> Route(const Desk& desk, const HttpRequest& request) {
  const std::string_view path = request.path;
  if (path.starts_with(kContents)) return AnswerContent(desk, request);
  const bool is_artifacts = path.starts_with(kArtifactCalls);
  const bool is_cache = path.starts_with(kCacheCalls);
  if (!is_artifacts && !is_cache && !path.starts_with(kOldCache))
    return Fail(ErrorCode::kNotFound, "Nothing is at this address.");
  TRY(const workflow::RuntimeClaims claims, ClaimsOf(desk, request));
  if (!is_artifacts && !is_cache) return AnswerOldCache(desk, claims, request);
  if (request.method != "POST") return Fail(ErrorCode::kInvalid, "Calls are made by POST.");
  TRY(const Json body, ParseJson(request.body));
  const std::string_view method = path.substr((is_artifacts ? kArtifactCalls : kCacheCalls).size());
  TRY(const Json answer, is_artifacts ? CallArtifacts(desk, claims, method, body) : CallCache(desk, claims, method, body));
  return JsonAnswer(200, answer);
}

}  // namespace

Piece PieceOf(const HttpRequest& request) { return {.bytes = request.body, .spooled = request.spooled.get()}; }

HttpResponse JsonAnswer(int status, const Json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = CanonicalJson(body)};
}

const Json& Field(const Json& body, std::string_view name) {
  if (const Json& field = body.At(name); !field.is_null()) return field;
  std::string camel;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_next = name[i] == '_' && i + 1 < name.size();
    camel += is_next ? static_cast<char>(name[++i] - 'a' + 'A') : name[i];
  }
  return body.At(camel);
}

Result<std::int64_t> NumberField(const Json& body, std::string_view name) {
  const Json& field = Field(body, name);
  if (const std::int64_t* number = field.as_int(); number != nullptr && *number >= 0) return *number;
  const std::string text = field.StringOr("");
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return Fail(ErrorCode::kInvalid, fmt::format("The field {} is no number.", name));
  return number;
}

struct ActionServices::Impl {
  ServiceSettings settings;
  const Clock& clock;
  Artifacts artifacts;
  CacheEntries cache;
  std::uint64_t requests = 0;

  Desk NewDesk() { return {settings, artifacts, cache, clock.Wall()}; }

  // Clients of blobs name a request by it when they report an error, and some take it for granted.
  HttpResponse Marked(HttpResponse response) {
    response.headers.emplace_back("x-ms-request-id", fmt::format("tuesday-{}", ++requests));
    response.headers.emplace_back("x-ms-version", "2025-01-05");
    return response;
  }
};

ActionServices::ActionServices(ServiceSettings settings, const Clock& clock)
    : impl_(new Impl{.settings = settings,
                     .clock = clock,
                     .artifacts = Artifacts(settings.artifacts_folder, settings.limits),
                     .cache = CacheEntries(settings.cache_folder, settings.limits)}) {}

ActionServices::~ActionServices() = default;

http::BodyPolicy ActionServices::PolicyOf(const HttpRequest& head) {
  http::BodyPolicy policy{.bytes_max = kCallBytesMax, .body_time_max = kTransferTime, .answer_time_max = kTransferTime};
  if (IsUpload(head)) {
    policy.bytes_max = impl_->settings.limits.piece_bytes_max;
    policy.to_file = true;
  }
  const auto known = CheckAsker(impl_->NewDesk(), head);
  if (!known.has_value()) policy.refusal = impl_->Marked(ErrorAnswer(known.error()));
  return policy;
}

void ActionServices::AnswerIdToken(const HttpRequest& request, std::function<void(HttpResponse)> send) {
  const auto claims = ClaimsOf(impl_->NewDesk(), request, workflow::TokenUse::kIdToken);
  if (!claims.has_value()) return send(ErrorAnswer(claims.error()));
  if (request.method != "GET") return send(ErrorAnswer({ErrorCode::kInvalid, "A token is asked for by GET.", ""}));
  if (impl_->settings.give_id_token == nullptr)
    return send(ErrorAnswer({ErrorCode::kUnsupported, "This run has no tokens for clouds.", ""}));
  impl_->settings.give_id_token(claims->job, request.Query("audience"), [send = std::move(send)](Result<std::string> token) {
    if (!token.has_value()) return send(ErrorAnswer(token.error()));
    HttpResponse answer = JsonAnswer(200, Json(Json::Object{{"value", *std::move(token)}}));
    answer.headers.emplace_back("Cache-Control", "no-store");
    send(std::move(answer));
  });
}

HttpResponse ActionServices::Answer(const HttpRequest& request) {
  auto answered = Route(impl_->NewDesk(), request);
  return impl_->Marked(answered.has_value() ? *std::move(answered) : ErrorAnswer(answered.error()));
}

}  // namespace tuesday::services
