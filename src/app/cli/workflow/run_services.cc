// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/run_services.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

#include "adapters/files/files.h"
#include "base/digest.h"
#include "base/json.h"
#include "core/workflow/services/token.h"

namespace tuesday::cli {
namespace {

// GitHub's clients take a server for one of theirs when its name ends so; the origin is all that they keep of an address.
constexpr std::string_view kServiceName = "tuesday.localhost";
constexpr int kServicePort = 24'680;  // Of the job's own loopback, below what the system gives to programs.
constexpr std::size_t kKeyBytes = 32;

std::string Origin() { return fmt::format("http://{}:{}", kServiceName, kServicePort); }

Result<std::string> NewKey() {
  std::array<char, kKeyBytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return std::unexpected(files::SystemError("cannot get random bytes for", "the key of the services", errno));
  return std::string(key.data(), key.size());
}

}  // namespace

RunServices::RunServices(std::string run, std::string socket, std::string key, const Clock& clock)
    : run_(std::move(run)), socket_(std::move(socket)), key_(std::move(key)), clock_(clock) {}

std::string RunServices::ArtifactsFolder(const std::string& run_folder) { return run_folder + "/artifacts"; }

Result<std::unique_ptr<RunServices>> RunServices::Start(const std::string& run_folder, const runs::RunRecord& record,
                                                        const Clock& clock) {
  TRY(const Json github, ParseJson(record.github));
  TRY(std::string key, NewKey());
  std::unique_ptr<RunServices> started(new RunServices(record.id, run_folder + "/services.sock", std::move(key), clock));
  const std::string branch = github.At("event").At("repository").At("default_branch").StringOr("main");
  started->scopes_ = workflow::ScopesOf(github.At("ref").StringOr(""), github.At("base_ref").StringOr(""), branch);
  services::ServiceSettings settings;
  settings.origin = Origin();
  settings.key = started->key_;
  settings.artifacts_folder = ArtifactsFolder(run_folder);
  settings.cache_folder =
      fmt::format("{}/cache/{}", run_folder.substr(0, run_folder.rfind('/')), Sha256Hex(github.At("repository").StringOr("")));
  TRY(started->thread_, services::ServiceThread::Start(settings, clock, started->socket_));
  return started;
}

control::LegServices RunServices::Of(const std::string& leg) {
  std::string& token = tokens_[leg];
  if (token.empty()) {
    const WallTime now = clock_.Wall();
    token = workflow::SignToken({.run = run_,
                                 .job = leg,
                                 .scopes = scopes_,
                                 .not_before = std::chrono::floor<std::chrono::seconds>(now),
                                 .expires = now + std::chrono::duration_cast<std::chrono::seconds>(workflow::kTokenTime)},
                                key_);
  }
  const std::string base = Origin() + "/";
  return {.socket = socket_,
          .port = kServicePort,
          .hosts = {{std::string(kServiceName), "127.0.0.1"}},
          .environment = {{"ACTIONS_CACHE_SERVICE_V2", "True"},
                          {"ACTIONS_CACHE_URL", base},
                          {"ACTIONS_RESULTS_URL", base},
                          {"ACTIONS_RUNTIME_TOKEN", token},
                          {"ACTIONS_RUNTIME_URL", base}},
          .masks = {token}};
}

}  // namespace tuesday::cli
