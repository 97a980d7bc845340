// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <iostream>

#include "adapters/git/hosted/receive_hooks.h"
#include "app/cli/render/table.h"
#include "app/cli/runs/runs_line.h"
#include "base/time.h"

namespace tuesday::cli {
namespace {

std::string RepositoriesPath(const Globals& globals) {
  return fmt::format("/v1/namespaces/{}/repositories", UrlEscape(globals.ns));
}

Result<int> Create(const Globals& globals, const RunsOptions& options) {
  TRY(const Duration every, ParseGoDuration(options.every));
  Json::Array branches;
  for (const std::string& pattern : options.secret_branches) branches.emplace_back(pattern);
  const Json body(
      Json::Object{{"name", options.name},
                   {"default_branch", options.branch},
                   {"secret_branches", Json(std::move(branches))},
                   {"follow", options.follow},
                   {"follow_seconds", std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(every).count()}}});
  TRY(const Json made, Daemon(globals).Post(RepositoriesPath(globals), body, std::chrono::minutes(1)));
  if (globals.json) {
    PrintJson(made);
    return kExitPass;
  }
  const std::string folder = made.At("folder").StringOr("");
  std::cout << fmt::format("repository {} is made\n", options.name);
  if (!options.follow.empty()) {
    std::cout << fmt::format("it follows {}, asked every {}\n", options.follow, options.every);
  } else if (globals.server.empty()) {
    std::cout << fmt::format("on this machine:  git remote add tuesday {}\n", folder);
    std::cout << fmt::format("for review:       git push tuesday HEAD:refs/for/{}\n", options.branch);
  } else {
    std::cout << fmt::format("git remote add tuesday {}/git/{}.git\n", globals.server, options.name);
  }
  return kExitPass;
}

Result<int> List(const Globals& globals) {
  TRY(const Json answer, Daemon(globals).Get("/v1/repositories?namespace=" + UrlEscape(globals.ns)));
  if (globals.json) {
    PrintJson(answer);
    return kExitPass;
  }
  Table table({"REPOSITORY", "BRANCH", "REFS", "FOLLOWS", "TROUBLE"});
  for (const Json& one : *answer.At("repositories").as_array()) {
    table.Add({one.At("name").StringOr(""), one.At("default_branch").StringOr(""), std::to_string(one.At("refs").IntOr(0)),
               one.At("follow").StringOr(""), one.At("trouble").StringOr("")});
  }
  std::cout << (table.empty() ? "There is no repository: tuesday repo create NAME\n" : table.Text());
  return kExitPass;
}

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Json(std::move(list));
}

Result<int> Set(const Globals& globals, const RunsOptions& options) {
  Json::Object body{{"grant", TextsJson(options.grants)}, {"revoke", TextsJson(options.revokes)}, {"reason", options.reason}};
  if (options.default_subject || !options.subject.empty()) body["subject"] = TextsJson(options.subject);
  if (options.grants.empty() && options.revokes.empty() && !body.contains("subject")) {
    return Fail(ErrorCode::kInvalid, "Nothing is to be set.", "Say --grant, --revoke, --subject or --default-subject.");
  }
  TRY(const Json now, Daemon(globals).Post(fmt::format("{}/{}/tokens", RepositoriesPath(globals), UrlEscape(options.name)),
                                           Json(std::move(body))));
  if (globals.json) {
    PrintJson(now);
    return kExitPass;
  }
  std::vector<std::string> files;
  for (const Json& file : *now.At("id_token").as_array()) files.push_back(file.StringOr(""));
  std::vector<std::string> keys;
  for (const Json& key : *now.At("subject").as_array()) keys.push_back(key.StringOr(""));
  std::cout << fmt::format("tokens: jobs that ask for them in their file{}\nsub: {}\n",
                           files.empty() ? "" : fmt::format(", and all of {}", fmt::join(files, ", ")),
                           keys.empty() ? "as GitHub has it" : fmt::format("{}", fmt::join(keys, ",")));
  return kExitPass;
}

Result<int> Remove(const Globals& globals, const RunsOptions& options) {
  if (!options.yes)
    return Fail(ErrorCode::kInvalid, fmt::format("Every commit of {} that nobody else has is lost.", options.name),
                "Say --yes.");
  TRY(const Json answer, Daemon(globals).Post(fmt::format("{}/{}/remove", RepositoriesPath(globals), UrlEscape(options.name)),
                                              Json(Json::Object{})));
  if (globals.json)
    PrintJson(answer);
  else
    std::cout << fmt::format("repository {} is gone\n", options.name);
  return kExitPass;
}

// Hooks run in the repository's own folder.
std::string RepositoryHere() { return std::filesystem::current_path().string(); }

void TellRuns(const Json& seen) {
  for (const Json& notice : *seen.At("notices").as_array()) std::cout << notice.StringOr("") << "\n";
  for (const Json& run : *seen.At("runs").as_array()) {
    const std::string status = run.At("status").StringOr("");
    const std::string id = run.At("id").StringOr("");
    if (status == "done") {
      std::cout << fmt::format("run {}: {} cannot run\n", id, run.At("file").StringOr(""));
    } else if (status == "approval") {
      std::cout << fmt::format("run {}: {} waits for an approval: tuesday run approve {}\n", id,
                               run.At("workflow").StringOr(""), id);
    } else {
      std::cout << fmt::format("run {}: {}: tuesday run watch {}\n", id, run.At("workflow").StringOr(""), id);
    }
  }
}

// The push is taken, whether the daemon can be told or not: it looks by itself when it starts.
int PostReceive(const Globals& globals) {
  const std::string name = std::filesystem::path(RepositoryHere()).stem().string();
  const Json body(Json::Object{{"by", git::PusherOfEnvironment().name}});
  const Result<Json> seen =
      Daemon(globals).Post(fmt::format("/v1/repositories/{}/observe", UrlEscape(name)), body, std::chrono::minutes(1));
  if (seen.has_value()) {
    TellRuns(*seen);
  } else if (seen.error().code == ErrorCode::kUnavailable) {
    std::cout << "tuesday does not answer: the push is kept, and runs begin when it starts\n";
  } else {
    std::cout << ErrorText(seen.error()) << "\n";
  }
  return kExitPass;
}

Result<int> Hook(const Globals& globals, const RunsOptions& options) {
  if (options.name == "post-receive") return PostReceive(globals);
  if (options.name == "pre-receive") {
    TRY_OK(git::PreReceive(std::cin, git::PusherOfEnvironment()));
    return kExitPass;
  }
  if (options.name == "proc-receive") {
    TRY_OK(git::ProcReceive(RepositoryHere(), git::PusherOfEnvironment(), std::cin, std::cout));
    return kExitPass;
  }
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no hook that is served here.", options.name));
}

int CodeOf(const Result<int>& code, const Globals& globals) {
  return code.has_value() ? *code : ReportError(code.error(), globals);
}

}  // namespace

int RunRepoCreate(const Globals& globals, const RunsOptions& options) { return CodeOf(Create(globals, options), globals); }
int RunRepoList(const Globals& globals) { return CodeOf(List(globals), globals); }
int RunRepoSet(const Globals& globals, const RunsOptions& options) { return CodeOf(Set(globals, options), globals); }
int RunRepoRemove(const Globals& globals, const RunsOptions& options) { return CodeOf(Remove(globals, options), globals); }
int RunRepoHook(const Globals& globals, const RunsOptions& options) { return CodeOf(Hook(globals, options), globals); }

}  // namespace tuesday::cli
