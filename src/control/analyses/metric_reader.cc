// SPDX-License-Identifier: Apache-2.0
#include "control/analyses/metric_reader.h"

#include <fmt/format.h>

#include <charconv>

#include "core/analysis/ask/json_path.h"
#include "core/analysis/ask/question.h"
#include "core/analysis/ask/secrets.h"
#include "core/condition/moment.h"
#include "core/promql/parser.h"
#include "core/promql/rewrite.h"

namespace tuesday::control {
namespace {

class MetricReader {
 public:
  MetricReader(const manifest::Metric& metric, const Arguments& arguments, const manifest::Annotations& annotations,
               const ArgumentSource& source)
      : metric_(metric), arguments_(arguments), annotations_(annotations), source_(source) {
    sent_ = arguments.texts;
    sent_.insert(arguments.secrets.begin(), arguments.secrets.end());
  }

  Result<analysis::Metric> Read() {
    analysis::Metric out;
    TRY(out.name, Text("name", metric_.name));
    TRY(out.success_condition, Text("successCondition", metric_.success_condition));
    TRY(out.failure_condition, Text("failureCondition", metric_.failure_condition));
    TRY(out.interval, Time("interval", metric_.interval));
    TRY(const std::optional<Duration> delay, Time("initialDelay", metric_.initial_delay));
    out.initial_delay = delay.value_or(Duration::zero());
    TRY(out.count, Number("count", metric_.count));
    TRY_OK(Take("failureLimit", metric_.failure_limit, out.failure_limit));
    TRY_OK(Take("inconclusiveLimit", metric_.inconclusive_limit, out.inconclusive_limit));
    TRY_OK(Take("consecutiveErrorLimit", metric_.consecutive_error_limit, out.consecutive_error_limit));
    TRY_OK(Take("consecutiveSuccessLimit", metric_.consecutive_success_limit, out.consecutive_success_limit));
    if (const auto* prometheus = std::get_if<manifest::PrometheusProvider>(&metric_.provider);
        prometheus != nullptr && prometheus->address.empty()) {
      TRY(out.query, Text("query", prometheus->query));
      if (!prometheus->range) return out;
      TRY(analysis::TimeRange range, RangeOf(*prometheus->range));
      out.address = analysis::kStoreWord;
      out.query = analysis::WriteQuestion(analysis::StoreQuestion{out.query, std::move(range)});
      return out;
    }
    TRY(const analysis::Question question,
        std::visit([this](const auto& provider) { return Ask(provider); }, metric_.provider));
    out.address = analysis::WordOf(question);
    out.query = analysis::WriteQuestion(question);
    return out;
  }

 private:
  using Question = analysis::Question;

  std::unexpected<Error> Bad(ErrorCode code, const std::string& what) const {
    return Fail(code, fmt::format("{}: metric {}: {}.", metric_.at.Text(), metric_.name, what));
  }

  Result<std::string> Fill(const char* field, const std::string& text, const std::map<std::string, std::string>& values) const {
    Result<std::string> filled = FillArguments(text, values);
    if (!filled.has_value()) return Bad(ErrorCode::kInvalid, fmt::format("{}: {}", field, filled.error().message));
    return filled;
  }

  // What is judged or shown. An argument that reads a Secret would be written into state and journal by it.
  Result<std::string> Text(const char* field, const std::string& text) const {
    for (const auto& [name, place] : arguments_.secrets) {
      if (text.find("args." + name) == std::string::npos || !Fill(field, text, sent_).has_value()) continue;
      if (Fill(field, text, arguments_.texts).has_value()) continue;
      return Bad(ErrorCode::kInvalid,
                 fmt::format("{}: the argument {} reads a Secret, which may only stand in what is sent", field, name));
    }
    return Fill(field, text, arguments_.texts);
  }

  // What is sent: Secrets may stand in it.
  Result<std::string> Sent(const char* field, const std::string& text) const { return Fill(field, text, sent_); }

  Result<std::optional<Duration>> Time(const char* field, const std::string& text) const {
    TRY(const std::string filled, Text(field, text));
    if (filled.empty()) return std::optional<Duration>();
    const Result<Duration> duration = ParseGoDuration(filled);
    if (!duration.has_value()) return Bad(ErrorCode::kInvalid, fmt::format("{}: {}", field, duration.error().message));
    return std::optional(*duration);
  }

  Result<std::optional<int>> Number(const char* field, const std::string& text) const {
    TRY(const std::string filled, Text(field, text));
    if (filled.empty()) return std::optional<int>();
    int value = 0;
    const auto read = std::from_chars(filled.data(), filled.data() + filled.size(), value);
    if (read.ec != std::errc() || read.ptr != filled.data() + filled.size())
      return Bad(ErrorCode::kInvalid, fmt::format("{}: \"{}\" is not a whole number", field, filled));
    return std::optional(value);
  }

  Result<void> Take(const char* field, const std::string& text, int& out) const {
    TRY(const std::optional<int> number, Number(field, text));
    if (number.has_value()) out = *number;
    return {};
  }

  Result<analysis::RequestSettings> SettingsOf(const manifest::AskSettings& ask, Duration timeout) const {
    analysis::RequestSettings out;
    for (const manifest::AskHeader& header : ask.headers) {
      TRY(std::string value, header.secret_key ? Result<std::string>(analysis::SecretPlaceholder(header.secret_key->first,
                                                                                                 header.secret_key->second))
                                               : Sent("headers", header.value));
      out.headers.emplace_back(header.key, std::move(value));
    }
    out.timeout = ask.timeout_seconds ? std::chrono::seconds(*ask.timeout_seconds) : timeout;
    out.insecure = ask.insecure;
    if (ask.basic_auth) {
      out.basic_auth.emplace();
      TRY(out.basic_auth->username, Sent("username", ask.basic_auth->username));
      TRY(out.basic_auth->password, Sent("password", ask.basic_auth->password));
    }
    if (!ask.oauth2) return out;
    analysis::SignIn sign_in;
    TRY(sign_in.token_url, Sent("tokenUrl", ask.oauth2->token_url));
    TRY(sign_in.client_id, Sent("clientId", ask.oauth2->client_id));
    TRY(sign_in.client_secret, Sent("clientSecret", ask.oauth2->client_secret));
    sign_in.scopes = ask.oauth2->scopes;
    TRY_OK(Address("tokenUrl", sign_in.token_url));
    out.sign_in = std::move(sign_in);
    return out;
  }

  Result<void> Address(const char* field, const std::string& url) const {
    const Result<std::string> host = analysis::HostOf(url);
    if (!host.has_value()) return Bad(ErrorCode::kInvalid, fmt::format("{}: {}", field, host.error().message));
    // The host names the lane in which it is asked, and is shown.
    if (analysis::HoldsSecret(*host)) return Bad(ErrorCode::kInvalid, fmt::format("{}: the host is a Secret's value", field));
    return {};
  }

  Result<Question> Ask(const manifest::PrometheusProvider& provider) const {
    analysis::PrometheusQuestion out;
    TRY(out.address, Sent("address", provider.address));
    TRY_OK(Address("address", out.address));
    while (out.address.ends_with('/')) out.address.pop_back();
    TRY(out.query, Sent("query", provider.query));
    TRY(out.query, Rewritten(out.query));
    TRY(out.settings, SettingsOf(provider.ask, kPrometheusTimeout));
    if (provider.range) {
      TRY(out.range, RangeOf(*provider.range));
    }
    return out;
  }

  // What is wrong with it at any instant is told now, before anything runs.
  Result<analysis::TimeRange> RangeOf(const manifest::RangeQuery& range) const {
    analysis::TimeRange out;
    TRY(out.start, Text("rangeQuery.start", range.start));
    TRY(out.end, Text("rangeQuery.end", range.end));
    TRY(const std::optional<Duration> step, Time("rangeQuery.step", range.step));
    out.step = step.value_or(Duration::zero());
    constexpr std::int64_t kSomeInstant = 1'700'000'000'000;
    // Beside dates a range has another length at every instant: then only what is written is looked at.
    const bool has_date = (out.start + out.end).find("date") != std::string::npos;
    if (has_date) {
      for (const std::string& moment : {out.start, out.end}) {
        const Result<std::int64_t> at = condition::EvaluateMoment(moment, kSomeInstant);
        if (!at.has_value()) return Bad(at.error().code, "rangeQuery: " + at.error().message);
      }
      return out;
    }
    const Result<analysis::RangeMs> read = analysis::RangeAt(out, kSomeInstant);
    if (!read.has_value()) return Bad(read.error().code, read.error().message);
    return out;
  }

  Result<std::string> Rewritten(const std::string& query) const {
    const bool for_2 = annotations_.prometheus_version == manifest::PrometheusVersion::k2;
    const bool by_revision = annotations_.prometheus_canary == manifest::PrometheusCanary::kRevision;
    if (!for_2 && !by_revision) return query;
    Result<promql::ExprPtr> expr = promql::ParseExpr(query);
    if (expr.has_value() && by_revision) expr = promql::RolesAsRevisions(*expr, {source_.latest_hash, source_.stable_hash});
    const Result<std::string> text = !expr.has_value() ? Result<std::string>(std::unexpected(expr.error()))
                                     : for_2           ? promql::ForPrometheus2(**expr)
                                                       : Result<std::string>(promql::PrintExpr(**expr));
    if (!text.has_value()) return Bad(text.error().code, "query: " + text.error().message);
    return text;
  }

  Result<Question> Ask(const manifest::WebProvider& provider) const {
    analysis::WebQuestion out;
    out.method = provider.method;
    TRY(out.url, Sent("url", provider.url));
    TRY_OK(Address("url", out.url));
    TRY(out.body, Sent("body", provider.body));
    out.is_json_body = provider.is_json_body;
    if (out.is_json_body && !ParseJson(out.body).has_value())
      return Bad(ErrorCode::kInvalid, "jsonBody: with its arguments filled in it is no JSON");
    TRY(out.json_path, Text("jsonPath", provider.json_path));
    if (!out.json_path.empty()) {
      const Result<analysis::JsonPath> path = analysis::JsonPath::Parse(out.json_path);
      if (!path.has_value()) return Bad(path.error().code, "jsonPath: " + path.error().message);
    }
    TRY(out.settings, SettingsOf(provider.ask, kWebTimeout));
    return out;
  }

  Result<Question> Ask(const manifest::JobProvider& provider) const {
    if (provider.pod.containers.size() != 1)
      return Bad(ErrorCode::kUnsupported, "one machine runs exactly one container in a job");
    analysis::JobQuestion out;
    out.container = provider.pod.containers.front();
    for (auto* words : {&out.container.command, &out.container.args}) {
      // Everybody on the machine reads command lines: a Secret goes into a variable.
      for (std::string& word : *words) {
        TRY(word, Text("command", word));
      }
    }
    for (manifest::EnvVar& variable : out.container.env) {
      if (!variable.value) continue;
      TRY(variable.value, Sent("env", *variable.value));
    }
    TRY(out.container.image, Text("image", out.container.image));
    if (!out.container.image.empty()) {
      const std::optional<std::string> digest =
          source_.digest_of != nullptr ? source_.digest_of(out.container.image) : std::nullopt;
      if (!digest) return Bad(ErrorCode::kNotFound, fmt::format("the image {} is bound to no artifact", out.container.image));
      out.artifact = *digest;
    } else if (out.container.command.empty()) {
      return Bad(ErrorCode::kInvalid, "a job without an image needs a `command`");
    }
    out.grace = provider.pod.termination_grace;
    out.backoff_limit = provider.backoff_limit;
    out.deadline = provider.active_deadline;
    return out;
  }

  Result<Question> Ask(const manifest::OtherProvider& provider) const {
    return Bad(ErrorCode::kUnsupported, fmt::format("the provider {} is not run here", provider.name));
  }

  const manifest::Metric& metric_;
  const Arguments& arguments_;
  const manifest::Annotations& annotations_;
  const ArgumentSource& source_;
  std::map<std::string, std::string> sent_;
};

}  // namespace

Result<analysis::Metric> ReadMetric(const manifest::Metric& metric, const Arguments& arguments,
                                    const manifest::Annotations& annotations, const ArgumentSource& source) {
  return MetricReader(metric, arguments, annotations, source).Read();
}

}  // namespace tuesday::control
