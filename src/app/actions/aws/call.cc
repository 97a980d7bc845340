// SPDX-License-Identifier: Apache-2.0
#include "app/actions/aws/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "adapters/http/message.h"
#include "adapters/http/transfer/transfer.h"
#include "app/actions/toolkit.h"
#include "base/json.h"

namespace tuesday::actions::aws {
namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kPauseMax{8'000};

// By code, because AWS says these with 400 too.
bool IsForTheMoment(int status, std::string_view code) {
  static constexpr auto kCodes = std::to_array<std::string_view>(
      {"Throttling", "ThrottlingException", "RequestLimitExceeded", "IDPCommunicationError", "ServiceUnavailable"});
  return status >= 500 || status == 429 || std::ranges::find(kCodes, code) != kCodes.end();
}

bool IsRefusal(int status, std::string_view code) {
  return status == 401 || status == 403 || code == "AccessDenied" || code == "AccessDeniedException";
}

Result<std::string> SendOnce(const Request& request, const std::string& url) {
  http::TransferRequest transfer{.method = "POST", .url = url, .headers = request.headers, .body = request.body};
  transfer.proxy = request.way.proxy;
  transfer.ca_file = request.way.ca_file;
  if (!request.credentials.empty()) {
    transfer.aws_signature =
        http::AwsSignature{.scope = fmt::format("aws:amz:{}:{}", request.service.region, request.service.name),
                           .key_id = request.credentials.key_id,
                           .secret = request.credentials.secret};
    if (!request.credentials.session.empty())
      transfer.headers.emplace_back("x-amz-security-token", request.credentials.session);
  }
  TRY(const http::TransferAnswer answer, http::Transfer(transfer));
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const Refusal refusal = ReadRefusal(answer.body);
  const std::string said = refusal.message.empty() ? fmt::format("{} answers {}", url, answer.status) : refusal.message;
  if (IsForTheMoment(answer.status, refusal.code)) return Fail(ErrorCode::kUnavailable, said, refusal.code);
  return Fail(IsRefusal(answer.status, refusal.code) ? ErrorCode::kDenied : ErrorCode::kInvalid, said, refusal.code);
}

std::string Upper(std::string_view text) {
  std::string upper;
  for (const char c : text) upper += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

Credentials EnvironmentCredentials() {
  return {Environment("AWS_ACCESS_KEY_ID"), Environment("AWS_SECRET_ACCESS_KEY"), Environment("AWS_SESSION_TOKEN"), ""};
}

std::string EndpointOf(const Service& service) {
  for (const std::string& name : {"AWS_ENDPOINT_URL_" + Upper(service.name), std::string("AWS_ENDPOINT_URL")}) {
    std::string url = Environment(name);
    while (url.ends_with('/')) url.pop_back();
    if (!url.empty()) return url + "/";
  }
  const std::string_view end = service.region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return fmt::format("https://{}.{}.{}/", service.host, service.region, end);
}

Result<std::string> Send(const Request& request) {
  const std::string url = EndpointOf(request.service);
  auto pause = kFirstPause;
  for (int tries = 1;; ++tries, pause = std::min(pause * 2, kPauseMax)) {
    auto answer = SendOnce(request, url);
    if (answer.has_value() || answer.error().code != ErrorCode::kUnavailable || tries >= request.tries_max) return answer;
    std::this_thread::sleep_for(pause);
  }
}

std::string XmlText(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return "";
  const std::size_t end = xml.find(fmt::format("</{}>", name), begin);
  if (end == std::string_view::npos) return "";
  std::string text(xml.substr(begin + open.size(), end - begin - open.size()));
  static constexpr auto kEntities = std::to_array<std::pair<std::string_view, char>>(
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#34;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}, {"&amp;", '&'}});
  std::string plain;
  for (std::size_t i = 0; i < text.size();) {
    const auto found =
        std::ranges::find_if(kEntities, [&](const auto& one) { return text.compare(i, one.first.size(), one.first) == 0; });
    plain += found == kEntities.end() ? text[i] : found->second;
    i += found == kEntities.end() ? 1 : found->first.size();
  }
  return plain;
}

Refusal ReadRefusal(std::string_view body) {
  if (body.starts_with('{')) {
    const Json json = ParseJson(body).value_or(Json());
    const std::string type = json.At("__type").StringOr("");
    const std::string& lower = json.At("message").StringOr("");
    return {type.substr(type.find('#') == std::string::npos ? 0 : type.find('#') + 1),
            lower.empty() ? json.At("Message").StringOr("") : lower};
  }
  return {XmlText(body, "Code"), XmlText(body, "Message")};
}

std::string FormOf(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string form;
  for (const auto& [name, value] : fields)
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", http::EncodeUrlPart(name), http::EncodeUrlPart(value));
  return form;
}

}  // namespace tuesday::actions::aws
