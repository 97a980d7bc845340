// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/question.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/analysis.h"
#include "core/condition/moment.h"

namespace tuesday::analysis {
namespace {

std::int64_t MsOf(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }
Duration FromMs(const Json& json) { return std::chrono::milliseconds(json.IntOr(0)); }

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::vector<std::string> TextsOf(const Json& json) {
  std::vector<std::string> out;
  if (const Json::Array* array = json.as_array()) {
    for (const Json& text : *array) out.push_back(text.StringOr(""));
  }
  return out;
}

void WriteSettings(const RequestSettings& settings, Json::Object& out) {
  Json::Array headers;
  for (const auto& [name, value] : settings.headers) headers.emplace_back(Json::Array{name, value});
  out.insert_or_assign("headers", std::move(headers));
  out.insert_or_assign("timeout_ms", MsOf(settings.timeout));
  out.insert_or_assign("insecure", settings.insecure);
  if (settings.basic_auth) {
    out.insert_or_assign("basic_auth", Json::Array{settings.basic_auth->username, settings.basic_auth->password});
  }
  if (!settings.sign_in) return;
  out.insert_or_assign("sign_in", Json::Object{{"token_url", settings.sign_in->token_url},
                                               {"client_id", settings.sign_in->client_id},
                                               {"client_secret", settings.sign_in->client_secret},
                                               {"scopes", TextsJson(settings.sign_in->scopes)}});
}

RequestSettings ReadSettings(const Json& json) {
  RequestSettings out;
  if (const Json::Array* headers = json.At("headers").as_array()) {
    for (const Json& header : *headers) {
      const std::vector<std::string> pair = TextsOf(header);
      if (pair.size() == 2) out.headers.emplace_back(pair[0], pair[1]);
    }
  }
  out.timeout = FromMs(json.At("timeout_ms"));
  out.insecure = json.At("insecure").BoolOr(false);
  if (const std::vector<std::string> basic = TextsOf(json.At("basic_auth")); basic.size() == 2) {
    out.basic_auth = BasicAuth{basic[0], basic[1]};
  }
  const Json& sign_in = json.At("sign_in");
  if (sign_in.as_object() == nullptr) return out;
  out.sign_in = SignIn{sign_in.At("token_url").StringOr(""), sign_in.At("client_id").StringOr(""),
                       sign_in.At("client_secret").StringOr(""), TextsOf(sign_in.At("scopes"))};
  return out;
}

Json PairJson(const std::optional<std::pair<std::string, std::string>>& pair) {
  if (!pair) return {};
  return Json::Array{pair->first, pair->second};
}

std::optional<std::pair<std::string, std::string>> PairOf(const Json& json) {
  const std::vector<std::string> texts = TextsOf(json);
  if (texts.size() != 2) return std::nullopt;
  return std::pair(texts[0], texts[1]);
}

Json VariableJson(const manifest::EnvVar& variable) {
  Json::Object out{{"name", variable.name}, {"optional", variable.optional}};
  if (variable.value) out.insert_or_assign("value", *variable.value);
  if (variable.field_path) out.insert_or_assign("field", *variable.field_path);
  if (variable.config_map_key) out.insert_or_assign("config_map", PairJson(variable.config_map_key));
  if (variable.secret_key) out.insert_or_assign("secret", PairJson(variable.secret_key));
  return out;
}

std::optional<std::string> TextOf(const Json& json) {
  if (const std::string* text = json.as_string()) return *text;
  return std::nullopt;
}

manifest::EnvVar VariableOf(const Json& json) {
  manifest::EnvVar out;
  out.name = json.At("name").StringOr("");
  out.optional = json.At("optional").BoolOr(false);
  out.value = TextOf(json.At("value"));
  out.field_path = TextOf(json.At("field"));
  out.config_map_key = PairOf(json.At("config_map"));
  out.secret_key = PairOf(json.At("secret"));
  return out;
}

Json FromJson(const manifest::EnvFrom& from) {
  return Json::Object{
      {"config_map", from.config_map}, {"secret", from.secret}, {"prefix", from.prefix}, {"optional", from.optional}};
}

manifest::EnvFrom FromOf(const Json& json) {
  return {json.At("config_map").StringOr(""), json.At("secret").StringOr(""), json.At("prefix").StringOr(""),
          json.At("optional").BoolOr(false)};
}

Json WriteContainer(const manifest::Container& container) {
  Json::Array variables;
  for (const manifest::EnvVar& variable : container.env) variables.push_back(VariableJson(variable));
  Json::Array from;
  for (const manifest::EnvFrom& one : container.env_from) from.push_back(FromJson(one));
  const manifest::Resources& limits = container.resources;
  return Json::Object{{"name", container.name},
                      {"image", container.image},
                      {"command", TextsJson(container.command)},
                      {"args", TextsJson(container.args)},
                      {"working_dir", container.working_dir},
                      {"env", std::move(variables)},
                      {"env_from", std::move(from)},
                      {"cpu_request_milli", limits.cpu_request_milli},
                      {"cpu_limit_milli", limits.cpu_limit_milli},
                      {"memory_request_bytes", limits.memory_request_bytes},
                      {"memory_limit_bytes", limits.memory_limit_bytes}};
}

manifest::Container ReadContainer(const Json& json) {
  manifest::Container out;
  out.name = json.At("name").StringOr("");
  out.image = json.At("image").StringOr("");
  out.command = TextsOf(json.At("command"));
  out.args = TextsOf(json.At("args"));
  out.working_dir = json.At("working_dir").StringOr("");
  if (const Json::Array* variables = json.At("env").as_array()) {
    for (const Json& variable : *variables) out.env.push_back(VariableOf(variable));
  }
  if (const Json::Array* from = json.At("env_from").as_array()) {
    for (const Json& one : *from) out.env_from.push_back(FromOf(one));
  }
  out.resources = {json.At("cpu_request_milli").IntOr(0), json.At("cpu_limit_milli").IntOr(0),
                   json.At("memory_request_bytes").IntOr(0), json.At("memory_limit_bytes").IntOr(0)};
  return out;
}

Json RangeJson(const TimeRange& range) {
  return Json::Object{{"start", range.start}, {"end", range.end}, {"step_ms", MsOf(range.step)}};
}

TimeRange RangeOf(const Json& json) {
  return {json.At("start").StringOr(""), json.At("end").StringOr(""), FromMs(json.At("step_ms"))};
}

Json Write(const PrometheusQuestion& question) {
  Json::Object out{{"address", question.address}, {"query", question.query}};
  WriteSettings(question.settings, out);
  if (question.range) out.insert_or_assign("range", RangeJson(*question.range));
  return out;
}

Json Write(const StoreQuestion& question) {
  return Json::Object{{"query", question.query}, {"range", RangeJson(question.range)}};
}

Json Write(const WebQuestion& question) {
  Json::Object out{{"method", question.method},
                   {"url", question.url},
                   {"body", question.body},
                   {"is_json_body", question.is_json_body},
                   {"json_path", question.json_path}};
  WriteSettings(question.settings, out);
  return out;
}

Json Write(const JobQuestion& question) {
  Json::Object out{{"container", WriteContainer(question.container)},
                   {"artifact", question.artifact},
                   {"grace_ms", MsOf(question.grace)},
                   {"backoff_limit", question.backoff_limit}};
  if (question.deadline) out.insert_or_assign("deadline_ms", MsOf(*question.deadline));
  return out;
}

JobQuestion ReadJob(const Json& json) {
  JobQuestion out{ReadContainer(json.At("container")), json.At("artifact").StringOr(""), FromMs(json.At("grace_ms")),
                  static_cast<int>(json.At("backoff_limit").IntOr(0)), std::nullopt};
  if (!json.At("deadline_ms").is_null()) out.deadline = FromMs(json.At("deadline_ms"));
  return out;
}

}  // namespace

std::string_view WordOf(const Question& question) {
  if (const auto* prometheus = std::get_if<PrometheusQuestion>(&question)) {
    return prometheus->range ? kPrometheusRangeWord : kPrometheusWord;
  }
  if (std::holds_alternative<StoreQuestion>(question)) return kStoreWord;
  return std::holds_alternative<WebQuestion>(question) ? kWebWord : kJobWord;
}

std::string WriteQuestion(const Question& question) {
  return CanonicalJson(std::visit([](const auto& one) { return Write(one); }, question));
}

Result<Question> ReadQuestion(std::string_view word, std::string_view text) {
  const Result<Json> json = ParseJson(text);
  if (!json.has_value() || json->as_object() == nullptr)
    return Fail(ErrorCode::kCorrupt, fmt::format("The stored question to {} does not read back.", word));
  if (word == kPrometheusWord || word == kPrometheusRangeWord) {
    PrometheusQuestion out{json->At("address").StringOr(""), json->At("query").StringOr(""), ReadSettings(*json)};
    if (word == kPrometheusRangeWord) out.range = RangeOf(json->At("range"));
    return out;
  }
  if (word == kStoreWord) return StoreQuestion{json->At("query").StringOr(""), RangeOf(json->At("range"))};
  if (word == kWebWord) {
    return WebQuestion{json->At("method").StringOr("GET"), json->At("url").StringOr(""),
                       json->At("body").StringOr(""),      json->At("is_json_body").BoolOr(false),
                       json->At("json_path").StringOr(""), ReadSettings(*json)};
  }
  if (word == kJobWord) return ReadJob(*json);
  return Fail(ErrorCode::kCorrupt, fmt::format("A stored question is to \"{}\", whom nobody knows.", word));
}

Result<RangeMs> RangeAt(const TimeRange& range, std::int64_t now_ms) {
  RangeMs out{.start = 0, .end = 0, .step = MsOf(range.step)};
  const auto moment = [now_ms](std::string_view field, const std::string& text) -> Result<std::int64_t> {
    const Result<std::int64_t> at = condition::EvaluateMoment(text, now_ms);
    if (at.has_value()) return at;
    return Fail(at.error().code, fmt::format("rangeQuery.{}: {}", field, at.error().message), at.error().hint);
  };
  TRY(out.start, moment("start", range.start));
  TRY(out.end, moment("end", range.end));
  if (out.step <= 0)
    return Fail(ErrorCode::kInvalid, "rangeQuery.step must be at least one millisecond.", "Write for example 1m.");
  if (out.end < out.start) return Fail(ErrorCode::kInvalid, "rangeQuery ends before it starts.");
  if ((out.end - out.start) / out.step >= kRangePointsMax) {
    return Fail(
        ErrorCode::kLimit,
        fmt::format("rangeQuery has {} points; {} is the limit.", (out.end - out.start) / out.step + 1, kRangePointsMax),
        "Give a longer step, or a shorter range.");
  }
  return out;
}

Result<std::string> HostOf(std::string_view url) {
  const bool is_tls = url.starts_with("https://");
  if (!is_tls && !url.starts_with("http://"))
    return Fail(ErrorCode::kInvalid, "The address must begin with http:// or https://.");
  url.remove_prefix(is_tls ? 8 : 7);
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.empty()) return Fail(ErrorCode::kInvalid, "The address names no host.");
  const std::size_t bracket = host.rfind(']');
  const bool has_port = host.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
  std::string out(host);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return has_port ? out : out + (is_tls ? ":443" : ":80");
}

}  // namespace tuesday::analysis
