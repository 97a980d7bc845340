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
#include "core/expression/value/number.h"

namespace tuesday::cli {
namespace {

using workflow::Token;

constexpr std::string_view kServer = "https://github.com";

std::string ShortRef(const std::string& ref) {
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/pull/"}) {
    if (ref.starts_with(prefix)) return ref.substr(prefix.size());
  }
  return ref;
}

std::string OwnerOf(const std::string& repository) { return repository.substr(0, repository.find('/')); }

Json RepositoryJson(const git::Snapshot& snapshot) {
  const std::string owner = OwnerOf(snapshot.repository);
  return Json(Json::Object{{"full_name", Json(snapshot.repository)},
                           {"name", Json(snapshot.repository.substr(snapshot.repository.find('/') + 1))},
                           {"owner", Json(Json::Object{{"login", Json(owner)}, {"name", Json(owner)}})},
                           {"default_branch", Json("main")}});
}

Json::Object PayloadOf(const std::string& event, const git::Snapshot& snapshot) {
  Json::Object payload{{"repository", RepositoryJson(snapshot)},
                       {"sender", Json(Json::Object{{"login", Json(snapshot.author)}})}};
  if (event == "push") {
    payload["ref"] = Json(snapshot.ref);
    payload["after"] = Json(snapshot.sha);
    payload["head_commit"] = Json(Json::Object{{"id", Json(snapshot.sha)}, {"message", Json(snapshot.message)}});
    payload["pusher"] = Json(Json::Object{{"name", Json(snapshot.author)}});
  } else if (event.starts_with("pull_request")) {
    const Json head(Json::Object{{"ref", Json(ShortRef(snapshot.ref))}, {"sha", Json(snapshot.sha)}});
    payload["action"] = Json("synchronize");
    payload["number"] = Json(1);
    payload["pull_request"] = Json(Json::Object{
        {"number", Json(1)}, {"head", head}, {"base", Json(Json::Object{{"ref", Json("main")}})}, {"draft", Json(false)}});
  } else if (event == "workflow_dispatch") {
    payload["ref"] = Json(snapshot.ref);
    payload["inputs"] = Json(Json::Object{});
  }
  return payload;
}

const Token* InputDefinitions(const LocalWorkflow& local, const std::string& event) {
  for (const workflow::Trigger& trigger : local.triggers) {
    if (trigger.event == event) return trigger.config.Find("inputs");
  }
  return nullptr;
}

Result<std::string> InputText(const std::string& name, const Token& definition,
                              const std::map<std::string, std::string>& given) {
  const auto text = [&](std::string_view key) {
    const Token* value = definition.Find(key);
    return value == nullptr ? std::string() : workflow::ToValue(*value).ToText();
  };
  const auto found = given.find(name);
  const std::string value = found == given.end() ? text("default") : found->second;
  if (found == given.end() && value.empty() && text("required") == "true")
    return Fail(ErrorCode::kInvalid, fmt::format("The workflow asks for the input '{}'.", name),
                fmt::format("Give it: --input {}=VALUE", name));
  const Token* options = definition.Find("options");
  if (text("type") == "choice" && options != nullptr && !value.empty()) {
    const bool known =
        std::any_of(options->items.begin(), options->items.end(), [&](const Token& one) { return one.ScalarText() == value; });
    if (!known) return Fail(ErrorCode::kInvalid, fmt::format("'{}' is none of the choices of the input '{}'.", value, name));
  }
  if (text("type") == "boolean" && value != "true" && value != "false" && !value.empty())
    return Fail(ErrorCode::kInvalid, fmt::format("The input '{}' is true or false, not '{}'.", name, value));
  return value;
}

// Texts go to github.event.inputs, typed values to the context.
Result<void> AddInputs(const LocalWorkflow& local, const std::string& event, const std::map<std::string, std::string>& given,
                       Json::Object& texts, Json::Object& typed) {
  const Token* definitions = InputDefinitions(local, event);
  for (const auto& [name, value] : given) {
    if (definitions == nullptr || definitions->Find(name) == nullptr)
      return Fail(ErrorCode::kInvalid, fmt::format("The workflow has no input '{}' for {}.", name, event));
  }
  if (definitions == nullptr) return {};
  for (const workflow::Member& member : definitions->members) {
    TRY(const std::string text, InputText(member.key.text, member.value, given));
    texts[member.key.text] = Json(text);
    const Token* type = member.value.Find("type");
    const std::string kind = type == nullptr ? "string" : type->ScalarText();
    typed[member.key.text] = kind == "boolean"  ? Json(text == "true")
                             : kind == "number" ? Json(expression::ParseNumber(text))
                                                : Json(text);
  }
  return {};
}

std::string EventOf(const WorkflowOptions& options, const LocalWorkflow& local) {
  if (!options.event.empty()) return options.event;
  const bool has_push =
      std::any_of(local.triggers.begin(), local.triggers.end(), [](const auto& t) { return t.event == "push"; });
  return has_push || local.triggers.empty() ? "push" : local.triggers.front().event;
}

Json::Object GithubOf(const std::string& event, const LocalWorkflow& local, const git::Snapshot& snapshot,
                      const std::string& run_id, int number) {
  const bool is_change = event.starts_with("pull_request");
  const std::string ref = is_change ? "refs/pull/1/merge" : snapshot.ref;
  return {{"actor", Json(snapshot.author.empty() ? "local" : snapshot.author)},
          {"triggering_actor", Json(snapshot.author.empty() ? "local" : snapshot.author)},
          {"api_url", Json("https://api.github.com")},
          {"graphql_url", Json("https://api.github.com/graphql")},
          {"server_url", Json(kServer)},
          {"base_ref", Json(is_change ? "main" : "")},
          {"head_ref", Json(is_change ? ShortRef(snapshot.ref) : "")},
          {"event_name", Json(event)},
          {"ref", Json(ref)},
          {"ref_name", Json(ShortRef(ref))},
          {"ref_type", Json(ref.starts_with("refs/tags/") ? "tag" : "branch")},
          {"ref_protected", Json(false)},
          {"repository", Json(snapshot.repository)},
          {"repository_owner", Json(OwnerOf(snapshot.repository))},
          {"retention_days", Json("90")},
          {"run_attempt", Json("1")},
          {"run_id", Json(run_id)},
          {"run_number", Json(std::to_string(number))},
          {"sha", Json(snapshot.sha)},
          {"workflow", Json(local.Title())},
          {"workflow_ref", Json(fmt::format("{}/{}@{}", snapshot.repository, local.name, ref))},
          {"workflow_sha", Json(snapshot.sha)}};
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
  Json::Object payload = PayloadOf(context.event_name, snapshot);
  if (!options.event_path.empty()) {
    TRY(const std::string text, ReadInput(options.event_path, kManifestBytesMax));
    TRY(const Json given, ParseJson(text));
    if (given.as_object() == nullptr)
      return Fail(ErrorCode::kInvalid, fmt::format("{} is no JSON object.", options.event_path));
    for (const auto& [key, value] : *given.as_object()) payload[key] = value;
  }
  TRY(const auto given, ReadAssignments(options.inputs, ""));
  Json::Object texts;
  Json::Object typed;
  TRY_OK(AddInputs(local, context.event_name, given, texts, typed));
  if (!texts.empty()) payload["inputs"] = Json(texts);
  TRY(const auto vars, ReadAssignments(options.vars, options.var_file));
  Json::Object var_object;
  for (const auto& [key, value] : vars) var_object[key] = Json(value);
  Json::Object github = GithubOf(context.event_name, local, snapshot, run_id, number);
  github["event"] = Json(payload);
  context.event = PrettyJson(Json(std::move(payload)));
  context.github = CanonicalJson(Json(std::move(github)));
  context.inputs = CanonicalJson(Json(std::move(typed)));
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
