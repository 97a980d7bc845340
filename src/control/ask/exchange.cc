// SPDX-License-Identifier: Apache-2.0
#include "control/ask/exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"
#include "base/check.h"
#include "core/analysis/ask/answer.h"

namespace tuesday::control {
namespace {

using analysis::PrometheusQuestion;
using analysis::RequestSettings;
using analysis::SecretFiller;
using analysis::WebQuestion;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

// RFC 3986, unreserved.
std::string Encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
                       c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<void> FillIn(SecretFiller& filler, std::string& text) {
  TRY(text, filler.Fill(text));
  return {};
}

Result<void> FillSettings(SecretFiller& filler, RequestSettings& settings) {
  for (auto& [name, value] : settings.headers) {
    TRY_OK(FillIn(filler, value));
    // A header that holds a line's end would begin another one.
    if (value.find_first_of("\r\n") != std::string::npos)
      return Fail(ErrorCode::kInvalid, fmt::format("The value of the header {} has more than one line.", name));
  }
  if (settings.basic_auth) {
    TRY_OK(FillIn(filler, settings.basic_auth->username));
    TRY_OK(FillIn(filler, settings.basic_auth->password));
  }
  if (!settings.sign_in) return {};
  for (std::string* text : {&settings.sign_in->token_url, &settings.sign_in->client_id, &settings.sign_in->client_secret}) {
    TRY_OK(FillIn(filler, *text));
  }
  return {};
}

Result<void> FillQuestion(SecretFiller& filler, PrometheusQuestion& question) {
  TRY_OK(FillIn(filler, question.address));
  TRY_OK(FillIn(filler, question.query));
  return FillSettings(filler, question.settings);
}

Result<void> FillQuestion(SecretFiller& filler, WebQuestion& question) {
  TRY_OK(FillIn(filler, question.url));
  TRY_OK(FillIn(filler, question.body));
  return FillSettings(filler, question.settings);
}

// The embedded store is asked for nothing that is secret.
Result<void> FillQuestion(SecretFiller&, analysis::StoreQuestion&) { return {}; }

// A job's texts are filled when its variables are gathered.
Result<void> FillQuestion(SecretFiller&, analysis::JobQuestion&) { return {}; }

WebRequest RequestOf(const RequestSettings& settings) {
  WebRequest request;
  request.headers = settings.headers;
  request.timeout = settings.timeout;
  request.insecure = settings.insecure;
  return request;
}

Result<std::string> FetchToken(Web& web, const RequestSettings& settings) {
  const analysis::SignIn& sign_in = *settings.sign_in;
  WebRequest request = RequestOf(settings);
  request.headers = {{"Content-Type", std::string(kForm)}, {"Accept", "application/json"}};
  request.method = "POST";
  request.url = sign_in.token_url;
  request.body = "grant_type=client_credentials&client_id=" + Encoded(sign_in.client_id) +
                 "&client_secret=" + Encoded(sign_in.client_secret);
  if (!sign_in.scopes.empty()) request.body += "&scope=" + Encoded(fmt::format("{}", fmt::join(sign_in.scopes, " ")));
  TRY(const WebAnswer answer, web.Ask(request));
  const Result<Json> json = ParseJson(answer.body);
  const std::string token = json.has_value() ? json->At("access_token").StringOr("") : "";
  if (answer.status != 200 || token.empty()) {
    return Fail(ErrorCode::kDenied,
                fmt::format("Signing in at {} gave no token (status {}).", sign_in.token_url, answer.status),
                "Look at clientId, clientSecret and scopes.");
  }
  return token;
}

Result<void> SignIn(Web& web, const RequestSettings& settings, SecretFiller& secrets, WebRequest& request) {
  if (settings.basic_auth) {
    if (settings.basic_auth->username.find(':') != std::string::npos)
      return Fail(ErrorCode::kInvalid, "The username of basicAuth holds a colon, which ends it.");
    const std::string credentials = EncodeBase64(settings.basic_auth->username + ":" + settings.basic_auth->password);
    secrets.Remember(credentials);
    request.headers.emplace_back("Authorization", "Basic " + credentials);
  }
  if (!settings.sign_in) return {};
  TRY(const std::string token, FetchToken(web, settings));
  secrets.Remember(token);
  request.headers.emplace_back("Authorization", "Bearer " + token);
  return {};
}

std::string Seconds(std::int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

Result<Json> Ask(Web& web, const PrometheusQuestion& question, SecretFiller& secrets, std::int64_t time_ms) {
  WebRequest request = RequestOf(question.settings);
  TRY_OK(SignIn(web, question.settings, secrets, request));
  std::string form = "query=" + Encoded(question.query);
  if (question.range) {
    TRY(const analysis::RangeMs range, analysis::RangeAt(*question.range, time_ms));
    form += fmt::format("&start={}&end={}&step={}", Seconds(range.start), Seconds(range.end), Seconds(range.step));
  } else {
    form += "&time=" + Seconds(time_ms);
  }
  request.url = question.address + (question.range ? "/api/v1/query_range" : "/api/v1/query");
  request.method = "POST";
  request.body = form;
  request.headers.emplace_back("Content-Type", kForm);
  TRY(WebAnswer answer, web.Ask(request));
  // Older servers, and proxies in front of them, take no POST.
  if (answer.status == 405 || answer.status == 501) {
    request.headers.pop_back();
    request.method = "GET";
    request.body.clear();
    request.url += "?" + form;
    TRY(answer, web.Ask(request));
  }
  return analysis::ValueOfPrometheus(answer.status, answer.body);
}

Result<Json> Ask(Web& web, const WebQuestion& question, SecretFiller& secrets, std::int64_t) {
  WebRequest request = RequestOf(question.settings);
  TRY_OK(SignIn(web, question.settings, secrets, request));
  request.method = question.method;
  request.url = question.url;
  request.body = question.body;
  const auto is_type = [](const auto& header) { return header.first == "Content-Type" || header.first == "content-type"; };
  if (question.is_json_body && std::ranges::none_of(request.headers, is_type)) {
    request.headers.emplace_back("Content-Type", "application/json");
  }
  TRY(const WebAnswer answer, web.Ask(request));
  return analysis::ValueOfWeb(answer.status, answer.body, question.json_path);
}

Result<Json> Ask(Web&, const analysis::JobQuestion&, SecretFiller&, std::int64_t) {
  CHECK(false, "jobs are not asked over a wire");
  return Json();
}

Result<Json> Ask(Web&, const analysis::StoreQuestion&, SecretFiller&, std::int64_t) {
  CHECK(false, "the embedded store is not asked over a wire");
  return Json();
}

// A text as it stands between the quotes of JSON.
std::string InJson(const std::string& text) {
  const std::string quoted = CanonicalJson(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Result<Exchange> MakeExchange(analysis::Question question, analysis::SecretLookup lookup) {
  SecretFiller filler(lookup);
  if (auto* web = std::get_if<WebQuestion>(&question); web != nullptr && web->is_json_body) {
    SecretFiller in_json([&lookup](const std::string& secret, const std::string& key) -> Result<std::string> {
      TRY(const std::string value, lookup(secret, key));
      return InJson(value);
    });
    const std::string template_body = web->body;
    TRY(web->body, in_json.Fill(template_body));
    TRY_OK(filler.Fill(template_body));  // What was filled in is known to it too.
  }
  TRY_OK(std::visit([&filler](auto& one) { return FillQuestion(filler, one); }, question));
  return Exchange{std::move(question), std::move(filler)};
}

Result<Json> RunExchange(Web& web, Exchange exchange, std::int64_t time_ms) {
  const Result<Json> value =
      std::visit([&](const auto& one) { return Ask(web, one, exchange.secrets, time_ms); }, exchange.question);
  if (!value.has_value()) return std::unexpected(exchange.secrets.Mask(value.error()));
  return exchange.secrets.Mask(*value);
}

}  // namespace tuesday::control
