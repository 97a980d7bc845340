// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

#include "app/cli/render/table.h"
#include "app/cli/runs/runs_line.h"
#include "base/time.h"

namespace tuesday::cli {
namespace {

std::string PathOf(const Globals& globals, const RunsOptions& options, const std::string& tail = "") {
  return fmt::format("/v1/namespaces/{}/repositories/{}/environments{}", UrlEscape(globals.ns), UrlEscape(options.repository),
                     tail);
}

std::string OneOf(const Globals& globals, const RunsOptions& options, const std::string& tail) {
  return PathOf(globals, options, fmt::format("/{}/{}", UrlEscape(options.environment), tail));
}

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

std::vector<std::string> TextsOf(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : *json.as_array()) texts.push_back(text.StringOr(""));
  return texts;
}

// The rules in words: "1 of ada, bob reviews; waits 10m; branches main".
std::string RulesText(const Json& environment) {
  std::vector<std::string> rules;
  const auto add = [&](std::string_view word, const std::vector<std::string>& texts) {
    if (!texts.empty()) rules.push_back(fmt::format("{} {}", word, fmt::join(texts, ", ")));
  };
  if (const std::int64_t needed = environment.At("reviews_needed").IntOr(0); needed > 0)
    rules.push_back(fmt::format("{} of {} reviews", needed, fmt::join(TextsOf(environment.At("reviewers")), ", ")));
  if (const std::int64_t wait = environment.At("wait_seconds").IntOr(0); wait > 0)
    rules.push_back("waits " + DurationText(std::chrono::seconds(wait)));
  add("branches", TextsOf(environment.At("branches")));
  add("tags", TextsOf(environment.At("tags")));
  add("open", TextsOf(environment.At("windows")));
  add("releases to", TextsOf(environment.At("deploys_to")));
  if (const Json& freeze = environment.At("freeze"); freeze.as_object() != nullptr) {
    const std::string until = freeze.At("until").StringOr("");
    rules.push_back(fmt::format("frozen by {}{}: {}", freeze.At("by").StringOr(""), until.empty() ? "" : " until " + until,
                                freeze.At("reason").StringOr("")));
  }
  return rules.empty() ? "everybody may release" : fmt::format("{}", fmt::join(rules, "; "));
}

Result<int> List(const Globals& globals, const RunsOptions& options) {
  TRY(const Json answer, Daemon(globals).Get(PathOf(globals, options)));
  if (globals.json) {
    PrintJson(answer);
    return kExitPass;
  }
  Table table({"ENVIRONMENT", "RULES"});
  for (const Json& one : *answer.At("environments").as_array()) table.Add({one.At("name").StringOr(""), RulesText(one)});
  std::cout << (table.empty() ? fmt::format("No environment of {} has rules: tuesday environment set {} NAME\n",
                                            options.repository, options.repository)
                              : table.Text());
  return kExitPass;
}

Result<int> Show(const Globals& globals, const RunsOptions& options) {
  TRY(const Json environments, Daemon(globals).Get(PathOf(globals, options)));
  TRY(Json answer, Daemon(globals).Get(OneOf(globals, options, "deployments")));
  Json rules;
  for (const Json& one : *environments.At("environments").as_array()) {
    if (one.At("name").StringOr("") == options.environment) rules = one;
  }
  if (globals.json) {
    answer.as_object()->emplace("rules", rules);
    PrintJson(answer);
    return kExitPass;
  }
  std::cout << options.environment << ": " << (rules.as_object() == nullptr ? "everybody may release" : RulesText(rules))
            << "\n";
  constexpr std::size_t kShaLength = 10;
  Table table({"RUN", "JOB", "COMMIT", "STATUS", "ASKED", "REVIEWED BY", "WHY"});
  for (const Json& one : *answer.At("deployments").as_array()) {
    std::vector<std::string> reviewers;
    for (const Json& review : *one.At("reviews").as_array())
      reviewers.push_back(review.At("by").StringOr("") + (review.At("bypasses").BoolOr(false) ? " (bypassed)" : ""));
    table.Add({one.At("run").StringOr(""), one.At("job").StringOr(""), one.At("sha").StringOr("").substr(0, kShaLength),
               one.At("status").StringOr(""), one.At("asked_at").StringOr(""), fmt::format("{}", fmt::join(reviewers, ", ")),
               one.At("reason").StringOr("")});
  }
  std::cout << (table.empty() ? "Nothing was released there yet.\n" : "\n" + table.Text());
  return kExitPass;
}

Result<int> Told(const Globals& globals, const Result<Json>& answer, const std::string& sentence) {
  if (!answer.has_value()) return std::unexpected(answer.error());
  if (globals.json) {
    PrintJson(*answer);
  } else {
    std::cout << sentence << "\n";
  }
  return kExitPass;
}

Result<int> Set(const Globals& globals, const RunsOptions& options) {
  TRY(const Duration wait, ParsePromDuration(options.wait));
  Json::Object body{{"name", options.environment},
                    {"reviewers", TextsJson(options.reviewers)},
                    {"allows_self_review", options.allows_self_review},
                    {"wait_seconds", std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(wait).count()}},
                    {"branches", TextsJson(options.branches)},
                    {"tags", TextsJson(options.tags)},
                    {"windows", TextsJson(options.windows)},
                    {"time_zone", options.time_zone},
                    {"deploys_to", TextsJson(options.deploys_to)}};
  if (options.reviews_needed >= 0) body.emplace("reviews_needed", Json(std::int64_t{options.reviews_needed}));
  const Result<Json> answer = Daemon(globals).Post(PathOf(globals, options), Json(std::move(body)));
  return Told(globals, answer,
              answer.has_value() ? fmt::format("{}: {}", options.environment, RulesText(*answer)) : std::string());
}

Result<int> Act(const Globals& globals, const RunsOptions& options, const std::string& verb, Json::Object body,
                const std::string& sentence) {
  return Told(globals, Daemon(globals).Post(OneOf(globals, options, verb), Json(std::move(body))), sentence);
}

int CodeOf(const Result<int>& code, const Globals& globals) {
  return code.has_value() ? *code : ReportError(code.error(), globals);
}

}  // namespace

int RunEnvironmentList(const Globals& globals, const RunsOptions& options) { return CodeOf(List(globals, options), globals); }
int RunEnvironmentShow(const Globals& globals, const RunsOptions& options) { return CodeOf(Show(globals, options), globals); }
int RunEnvironmentSet(const Globals& globals, const RunsOptions& options) { return CodeOf(Set(globals, options), globals); }
int RunEnvironmentRemove(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Act(globals, options, "remove", {}, fmt::format("{} has no rules now", options.environment)), globals);
}
int RunEnvironmentFreeze(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Act(globals, options, "freeze", {{"reason", options.reason}, {"until", options.until}},
                    fmt::format("{} is frozen; tuesday environment thaw {} {} ends that", options.environment,
                                options.repository, options.environment)),
                globals);
}
int RunEnvironmentThaw(const Globals& globals, const RunsOptions& options) {
  return CodeOf(Act(globals, options, "thaw", {}, fmt::format("releases to {} go on", options.environment)), globals);
}

}  // namespace tuesday::cli
