// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/context.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "app/cli/client/session.h"
#include "app/cli/manifests/manifest_files.h"
#include "core/workflow/event/context.h"
#include "core/workflow/event/inputs.h"

namespace tuesday::cli {
namespace {

std::string EventOf(const WorkflowOptions& options, const LocalWorkflow& local) {
  if (!options.event.empty()) return options.event;
  const bool has_push =
      std::any_of(local.triggers.begin(), local.triggers.end(), [](const auto& t) { return t.event == "push"; });
  return has_push || local.triggers.empty() ? "push" : local.triggers.front().event;
}

workflow::EventFacts FactsOf(const std::string& event, const git::Snapshot& snapshot) {
  const bool is_change = event.starts_with("pull_request");
  workflow::EventFacts facts;
  facts.event = event;
  facts.repository = snapshot.repository;
  facts.actor = snapshot.author.empty() ? "local" : snapshot.author;
  facts.ref = is_change ? "refs/pull/1/merge" : snapshot.ref;
  facts.sha = snapshot.sha;
  facts.message = snapshot.message;
  if (!is_change) return facts;
  facts.activity = "synchronize";
  facts.change.number = 1;
  facts.change.head_branch = workflow::ShortRef(snapshot.ref);
  facts.change.head_sha = snapshot.sha;
  facts.change.base_branch = "main";
  return facts;
}

std::string Unquoted(std::string value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

Result<RunContext> ContextOf(const WorkflowOptions& options, const LocalWorkflow& local, const git::Snapshot& snapshot,
                             const std::string& run_id, int number) {
  RunContext context;
  context.event_name = EventOf(options, local);
  const workflow::EventFacts facts = FactsOf(context.event_name, snapshot);
  Json::Object payload = workflow::PayloadOf(facts);
  if (!options.event_path.empty()) {
    TRY(const std::string text, ReadInput(options.event_path, kManifestBytesMax));
    TRY(const Json given, ParseJson(text));
    if (given.as_object() == nullptr)
      return Fail(ErrorCode::kInvalid, fmt::format("{} is no JSON object.", options.event_path));
    for (const auto& [key, value] : *given.as_object()) payload[key] = value;
  }
  TRY(const auto given, ReadAssignments(options.inputs, ""));
  TRY(const workflow::GivenInputs inputs, workflow::ReadInputs(local.triggers, context.event_name, given));
  if (!inputs.texts.empty()) payload["inputs"] = Json(inputs.texts);
  TRY(const auto vars, ReadAssignments(options.vars, options.var_file));
  Json::Object var_object;
  for (const auto& [key, value] : vars) var_object[key] = Json(value);
  Json::Object github =
      workflow::GithubOf(facts, {.id = run_id, .number = number, .workflow = local.Title(), .file = local.name});
  github["event"] = Json(payload);
  context.event = PrettyJson(Json(std::move(payload)));
  context.github = CanonicalJson(Json(std::move(github)));
  context.inputs = CanonicalJson(Json(inputs.typed));
  context.vars = CanonicalJson(Json(std::move(var_object)));
  return context;
}

Result<std::map<std::string, std::string>> ReadAssignments(const std::vector<std::string>& words, const std::string& file) {
  std::map<std::string, std::string> result;
  const auto add = [&](const std::string& word, const std::string& where) -> Result<void> {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos || sign == 0) return Fail(ErrorCode::kInvalid, fmt::format("{}: write NAME=VALUE.", where));
    result[word.substr(0, sign)] = Unquoted(word.substr(sign + 1));
    return {};
  };
  if (!file.empty()) {
    TRY(const std::string text, ReadInput(file, kManifestBytesMax));
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string::npos || line.starts_with('#')) continue;
      if (line.starts_with("export ")) line = line.substr(7);
      if (line.ends_with('\r')) line.pop_back();
      TRY_OK(add(line, fmt::format("{}:{}", file, number)));
    }
  }
  for (const std::string& word : words) TRY_OK(add(word, word));
  return result;
}

Result<std::map<std::string, std::string>> ReadSecrets(const WorkflowOptions& options) {
  TRY(auto secrets, ReadAssignments({}, options.secret_file));
  if (!options.secret_file.empty()) {
    struct stat facts{};
    if (::stat(options.secret_file.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0) {
      return Fail(ErrorCode::kDenied, fmt::format("Everybody on this machine can read {}.", options.secret_file),
                  fmt::format("chmod 600 {}", options.secret_file));
    }
  }
  for (const std::string& name : options.secrets) {
    if (name.find('=') != std::string::npos) {
      return Fail(ErrorCode::kInvalid, "A secret's value does not belong on the command line, where others can read it.",
                  "Put it into the environment and give its name: -s NAME; or use --secret-file.");
    }
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return Fail(ErrorCode::kNotFound, fmt::format("The environment has no variable {}.", name));
    secrets[name] = value;
  }
  return secrets;
}

}  // namespace tuesday::cli
