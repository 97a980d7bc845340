// SPDX-License-Identifier: Apache-2.0
#include "app/actions/aws/id_token.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "adapters/http/message.h"
#include "adapters/http/transfer/transfer.h"
#include "app/actions/toolkit.h"
#include "core/workflow/services/base64.h"

namespace tuesday::actions::aws {
namespace {

constexpr int kTriesMax = 8;
constexpr std::chrono::milliseconds kFirstPause{200};

}  // namespace

bool MayAskForIdToken() {
  return !Environment("ACTIONS_ID_TOKEN_REQUEST_URL").empty() && !Environment("ACTIONS_ID_TOKEN_REQUEST_TOKEN").empty();
}

Result<std::string> AskForIdToken(const std::string& audience) {
  const http::TransferRequest request{
      .url = fmt::format("{}&audience={}", Environment("ACTIONS_ID_TOKEN_REQUEST_URL"), http::EncodeUrlPart(audience)),
      .headers = {{"Authorization", "Bearer " + Environment("ACTIONS_ID_TOKEN_REQUEST_TOKEN")}}};
  auto pause = kFirstPause;
  // While the daemon is restarted nobody answers for a moment.
  for (int tries = 1;; ++tries, pause *= 2) {
    const auto answer = http::Transfer(request);
    const bool is_for_the_moment = answer ? answer->status >= 500 : answer.error().code == ErrorCode::kUnavailable;
    if (is_for_the_moment && tries < kTriesMax) {
      std::this_thread::sleep_for(pause);
      continue;
    }
    if (!answer) return std::unexpected(answer.error());
    const Json body = ParseJson(answer->body).value_or(Json());
    if (answer->status == 200) return body.At("value").StringOr("");
    return Fail(ErrorCode::kDenied, body.At("msg").StringOr(fmt::format("The daemon answers {}.", answer->status)));
  }
}

Json ClaimsIn(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string::npos || first == last) return Json();
  return ParseJson(workflow::DecodeBase64Url(token.substr(first + 1, last - first - 1)).value_or("")).value_or(Json());
}

}  // namespace tuesday::actions::aws
