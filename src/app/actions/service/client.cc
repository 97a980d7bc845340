// SPDX-License-Identifier: Apache-2.0
#include "app/actions/service/client.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "adapters/http/message.h"
#include "adapters/http/transfer/transfer.h"
#include "app/actions/toolkit.h"
#include "core/workflow/services/base64.h"
#include "core/workflow/services/names.h"

namespace tuesday::actions {
namespace {

constexpr std::uint64_t kPieceBytes = 32 << 20;
constexpr int kTriesMax = 5;
constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::string_view kScope = "Actions.Results:";

// While the daemon is restarted nobody answers for a moment.
Result<http::TransferAnswer> Send(const http::TransferRequest& request) {
  auto pause = kFirstPause;
  for (int tries = 1;; ++tries, pause *= 2) {
    auto answer = http::Transfer(request);
    const bool is_for_the_moment = answer ? answer->status >= 500 : answer.error().code == ErrorCode::kUnavailable;
    if (!is_for_the_moment || tries == kTriesMax) return answer;
    std::this_thread::sleep_for(pause);
  }
}

std::string_view NameOf(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    default: return "Error";
  }
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalid;
    case 401:
    case 403: return ErrorCode::kDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 413:
    case 429: return ErrorCode::kLimit;
    default: return ErrorCode::kUnavailable;
  }
}

std::unexpected<Error> Refused(const http::TransferAnswer& answer) {
  const auto body = ParseJson(answer.body);
  const std::string why = body ? body->At("msg").StringOr("") : "";
  return Fail(CodeOf(answer.status), fmt::format("({}) {}: {}", answer.status, NameOf(answer.status), why));
}

bool IsGood(const http::TransferAnswer& answer) { return answer.status >= 200 && answer.status < 300; }

Result<void> PutPiece(const std::string& url, const http::FileSection& section) {
  http::TransferRequest request{.method = "PUT", .url = url, .headers = {{"x-ms-blob-type", "BlockBlob"}}};
  request.section = section;
  TRY(const http::TransferAnswer answer, Send(request));
  if (!IsGood(answer)) return Refused(answer);
  return {};
}

}  // namespace

Result<TokenOwner> OwnerOf(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first == std::string_view::npos ? token.size() : first + 1);
  if (second != std::string_view::npos) {
    const auto bytes = workflow::DecodeBase64Url(token.substr(first + 1, second - first - 1));
    const auto claims = ParseJson(bytes.value_or(""));
    const std::string scopes = claims ? claims->At("scp").StringOr("") : "";
    const std::size_t at = scopes.find(kScope);
    const std::string_view rest = at == std::string::npos ? "" : std::string_view(scopes).substr(at + kScope.size());
    const std::string_view scope = rest.substr(0, rest.find(' '));
    const std::size_t colon = scope.find(':');
    if (colon != std::string_view::npos)
      return TokenOwner{std::string(scope.substr(0, colon)), std::string(scope.substr(colon + 1))};
  }
  return Fail(ErrorCode::kDenied, "ACTIONS_RUNTIME_TOKEN names no run and no job.");
}

ServiceClient::ServiceClient(std::string origin, std::string token, std::string run, std::string job)
    : origin_(std::move(origin)), token_(std::move(token)), run_(std::move(run)), job_(std::move(job)) {}

Result<ServiceClient> ServiceClient::FromEnvironment() {
  std::string origin = Environment("ACTIONS_RESULTS_URL");
  std::string token = Environment("ACTIONS_RUNTIME_TOKEN");
  if (origin.empty() || token.empty())
    return Fail(ErrorCode::kUnavailable, "This run has no service for artifacts and the cache.");
  while (origin.ends_with('/')) origin.pop_back();
  TRY(TokenOwner owner, OwnerOf(token));
  return ServiceClient(std::move(origin), std::move(token), std::move(owner.run), std::move(owner.job));
}

Result<Json> ServiceClient::Call(std::string_view service, std::string_view method, const Json::Object& body) const {
  TRY(const http::TransferAnswer answer,
      Send({.method = "POST",
            .url = fmt::format("{}/twirp/{}/{}", origin_, service, method),
            .headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}},
            .body = CanonicalJson(Json(body)),
            .section = {},
            .answer_path = {}}));
  if (!IsGood(answer)) return Refused(answer);
  return ParseJson(answer.body);
}

Result<Json> ServiceClient::CallArtifacts(std::string_view method, Json::Object body) const {
  body["workflow_run_backend_id"] = Json(run_);
  body["workflow_job_run_backend_id"] = Json(job_);
  return Call(kArtifactService, method, body);
}

Result<void> ServiceClient::Put(const std::string& url, const std::string& path) const {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return Fail(ErrorCode::kNotFound, fmt::format("There is no file {}.", path));
  if (bytes <= kPieceBytes) return PutPiece(url, {path, 0, bytes});
  std::string list;
  for (std::uint64_t first = 0; first < bytes; first += kPieceBytes) {
    const std::string block = workflow::EncodeBase64Url(fmt::format("piece{:07}", first / kPieceBytes));
    const http::FileSection section{path, first, std::min(kPieceBytes, bytes - first)};
    TRY_OK(PutPiece(fmt::format("{}&comp=block&blockid={}", url, http::EncodeUrlPart(block)), section));
    list += fmt::format("<Latest>{}</Latest>", block);
  }
  TRY(const http::TransferAnswer answer,
      Send({.method = "PUT",
            .url = url + "&comp=blocklist",
            .headers = {{"Content-Type", "application/xml"}},
            .body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>" + list + "</BlockList>",
            .section = {},
            .answer_path = {}}));
  if (!IsGood(answer)) return Refused(answer);
  return {};
}

Result<std::string> ServiceClient::Take(const std::string& url, const std::string& path) const {
  http::TransferRequest request{.url = url};
  request.answer_path = path;
  request.answer_bytes_max = workflow::ServiceLimits().upload_bytes_max;
  TRY(const http::TransferAnswer answer, Send(request));
  if (!IsGood(answer)) return Refused(answer);
  return answer.content_type;
}

}  // namespace tuesday::actions
