// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "adapters/git/git.h"
#include "app/actions/native.h"
#include "app/actions/toolkit.h"

namespace tuesday::actions {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::string repository;
  std::string ref;      // As given; empty: what the run is of.
  std::string folder;   // Absolute.
  std::string source;   // The run's own repository as a folder; empty for another repository.
  std::string address;  // What `origin` is.
  std::string token;
  int depth = 1;  // 0: all.
  bool clean = true;
  bool tags = false;
  bool keep_token = true;
  std::string submodules;
  std::vector<std::string> sparse;
  bool cone = true;
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

Result<std::string> FolderOf(const std::string& path) {
  const fs::path workspace = fs::path(Environment("GITHUB_WORKSPACE"));
  const fs::path folder = (workspace / path).lexically_normal();
  const fs::path relative = folder.lexically_relative(workspace);
  if (relative.empty() || *relative.begin() == "..")
    return Fail(ErrorCode::kInvalid,
                fmt::format("Repository path '{}' is not under '{}'.", folder.string(), workspace.string()));
  std::string text = folder.string();
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<Settings> ReadSettings() {
  for (const char* name : {"ssh-key", "ssh-known-hosts"}) {
    if (!Input(name).empty())
      return Fail(ErrorCode::kUnsupported, fmt::format("The input {} is not supported: give a token.", name));
  }
  TRY(const bool lfs, InputFlag("lfs"));
  if (lfs) return Fail(ErrorCode::kUnsupported, "The input lfs is not supported.");
  Settings settings;
  settings.repository = Input("repository");
  settings.ref = Input("ref");
  TRY(settings.folder, FolderOf(Input("path")));
  const std::string server = Input("github-server-url").empty() ? Environment("GITHUB_SERVER_URL") : Input("github-server-url");
  settings.address = server + "/" + settings.repository;
  if (settings.repository == Environment("GITHUB_REPOSITORY")) settings.source = Environment("TUESDAY_SOURCE");
  settings.token = Input("token");
  const std::string depth = Input("fetch-depth");
  const auto [end, error] = std::from_chars(depth.data(), depth.data() + depth.size(), settings.depth);
  if (error != std::errc() || end != depth.data() + depth.size() || settings.depth < 0)
    return Fail(ErrorCode::kInvalid, fmt::format("The input fetch-depth is a number of commits, not '{}'.", depth));
  TRY(settings.clean, InputFlag("clean"));
  TRY(settings.tags, InputFlag("fetch-tags"));
  TRY(settings.keep_token, InputFlag("persist-credentials"));
  TRY(settings.cone, InputFlag("sparse-checkout-cone-mode"));
  settings.submodules = Input("submodules");
  settings.sparse = LinesOf(Input("sparse-checkout"));
  return settings;
}

Result<void> Prepare(const Settings& settings) {
  std::error_code error;
  fs::create_directories(settings.folder, error);
  const git::GitOptions at{.folder = settings.folder, .environment = {}};
  const bool is_ours = fs::is_directory(settings.folder + "/.git", error) &&
                       git::GitLine({"config", "--get", "remote.origin.url"}, at).value_or("") == settings.address;
  if (is_ours) {
    if (!settings.clean) return {};
    TRY_OK(git::RunGit({"clean", "-ffdx"}, at));
    // A first commit may be missing after a checkout that did not come to its end.
    (void)git::RunGit({"reset", "--hard", "HEAD"}, at);
    return {};
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(settings.folder, error)) fs::remove_all(entry.path(), error);
  TRY_OK(git::RunGit({"init", "--quiet", "-b", "main"}, at));
  TRY_OK(git::RunGit({"remote", "add", "origin", settings.address}, at));
  TRY_OK(git::RunGit({"config", "gc.auto", "0"}, at));
  return {};
}

bool IsCommit(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

struct Target {
  std::string sha;
  std::string branch;  // Empty: detached.
  std::string ref;     // As told in the output.
};

// The run's own repository: its objects are borrowed, so that a checkout costs the files alone.
Result<Target> TakeSource(const Settings& settings) {
  const git::GitOptions source{.folder = settings.source, .environment = {{"GIT_DIR", settings.source}}};
  Target target;
  target.ref = settings.ref.empty() ? Environment("GITHUB_REF") : settings.ref;
  if (settings.ref.empty()) {
    target.sha = Environment("GITHUB_SHA");
  } else {
    const std::vector<std::string> tries = {"refs/heads/" + settings.ref, "refs/tags/" + settings.ref, settings.ref};
    for (const std::string& name : tries) {
      auto found = git::GitLine({"rev-parse", "--verify", "--quiet", name + "^{commit}"}, source);
      if (!found.has_value()) continue;
      target.sha = *found;
      if (!name.starts_with("refs/tags/") && !IsCommit(name)) target.ref = name;
      break;
    }
  }
  if (target.sha.empty())
    return Fail(ErrorCode::kNotFound, fmt::format("The repository has no branch, tag or commit '{}'.", settings.ref));
  if (target.ref.starts_with("refs/heads/")) target.branch = target.ref.substr(11);
  const std::string git_folder = settings.folder + "/.git";
  std::ofstream(git_folder + "/objects/info/alternates") << settings.source << "/objects\n";
  std::error_code error;
  if (settings.depth > 0) {
    // What a shallow clone would have: history ends at the oldest commit that was asked for.
    TRY(const std::string oldest,
        git::GitLine({"rev-list", "--max-count=" + std::to_string(settings.depth), target.sha}, source));
    const std::vector<std::string> commits = LinesOf(oldest);
    std::ofstream(git_folder + "/shallow") << commits.back() << "\n";
  } else {
    fs::remove(git_folder + "/shallow", error);
  }
  return target;
}

// Another repository, by git's own transport. The token goes into git's environment, never on a command line.
Result<Target> Fetch(const Settings& settings) {
  git::GitOptions at{.folder = settings.folder, .environment = {}};
  if (!settings.token.empty()) {
    at.environment = {{"GIT_CONFIG_COUNT", "1"},
                      {"GIT_CONFIG_KEY_0", "http." + settings.address + ".extraheader"},
                      {"GIT_CONFIG_VALUE_0", "AUTHORIZATION: bearer " + settings.token}};
  }
  const std::string wanted = settings.ref.empty() ? "HEAD" : settings.ref;
  std::vector<std::string> fetch = {"fetch", "--quiet", settings.tags ? "--tags" : "--no-tags"};
  if (settings.depth > 0) fetch.push_back("--depth=" + std::to_string(settings.depth));
  fetch.insert(fetch.end(), {"origin", "+" + wanted + ":refs/remotes/origin/tuesday"});
  TRY_OK(git::RunGit(fetch, at));
  Target target;
  target.ref = wanted;
  TRY(target.sha, git::GitLine({"rev-parse", "refs/remotes/origin/tuesday"}, at));
  if (!IsCommit(wanted) && !wanted.starts_with("refs/tags/") && wanted != "HEAD") target.branch = wanted;
  return target;
}

Result<void> CheckOut(const Settings& settings, const Target& target) {
  const git::GitOptions at{.folder = settings.folder, .environment = {}};
  if (!settings.sparse.empty()) {
    std::vector<std::string> set = {"sparse-checkout", "set", settings.cone ? "--cone" : "--no-cone"};
    set.insert(set.end(), settings.sparse.begin(), settings.sparse.end());
    TRY_OK(git::RunGit(set, at));
  }
  if (target.branch.empty()) {
    TRY_OK(git::RunGit({"checkout", "--quiet", "--force", "--detach", target.sha}, at));
  } else {
    TRY_OK(git::RunGit({"update-ref", "refs/remotes/origin/" + target.branch, target.sha}, at));
    TRY_OK(git::RunGit({"checkout", "--quiet", "--force", "-B", target.branch, target.sha}, at));
  }
  if (settings.submodules.empty() || settings.submodules == "false") return {};
  std::vector<std::string> update = {"submodule", "update", "--init", "--force"};
  if (settings.submodules == "recursive") update.push_back("--recursive");
  TRY_OK(git::RunGit(update, at));
  return {};
}

Result<void> RunMain() {
  TRY(const Settings settings, ReadSettings());
  TRY(const bool trusted, InputFlag("set-safe-directory"));
  if (trusted) TRY_OK(git::RunGit({"config", "--global", "--add", "safe.directory", settings.folder}));
  if (!settings.source.empty()) {
    // The folder belongs to whom the daemon runs as, which is not who we are.
    TRY_OK(git::RunGit({"config", "--global", "--add", "safe.directory", settings.source}));
  }
  TRY_OK(Prepare(settings));
  Target target;
  if (settings.source.empty()) {
    TRY(target, Fetch(settings));
  } else {
    TRY(target, TakeSource(settings));
  }
  TRY_OK(CheckOut(settings, target));
  std::cout
      << "HEAD is now at "
      << git::GitLine({"log", "-1", "--format=%h %s"}, {.folder = settings.folder, .environment = {}}).value_or(target.sha)
      << std::endl;
  SetOutput("ref", target.ref);
  SetOutput("commit", target.sha);
  SaveState("folder", settings.folder);
  return {};
}

}  // namespace

int Checkout(const std::string& stage) {
  if (stage != "main") return 0;  // No credential was left behind.
  const Result<void> done = RunMain();
  return done.has_value() ? 0 : FailStep(done.error());
}

}  // namespace tuesday::actions
