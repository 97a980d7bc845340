// SPDX-License-Identifier: Apache-2.0
#include "app/services/run_services.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

#include "adapters/files/files.h"
#include "base/digest.h"
#include "base/json.h"
#include "core/workflow/services/base64.h"
#include "core/workflow/services/token.h"

namespace tuesday::services {
namespace {

// GitHub's clients take a server for one of theirs when its name ends so; the origin is all that they keep of an address.
constexpr std::string_view kServiceName = "tuesday.localhost";
constexpr int kServicePort = 24'680;  // Of the job's own loopback, below what the system gives to programs.
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyFileBytesMax = 4 << 10;

std::string Origin() { return fmt::format("http://{}:{}", kServiceName, kServicePort); }

}  // namespace

RunServices::RunServices(const runs::RunRecord& record, std::string socket, Key key)
    : run_(RunOf(record)), attempt_(record.attempt), socket_(std::move(socket)), key_(std::move(key)) {}

Result<RunServices::Key> RunServices::KeyOf(const std::string& path, WallTime now) {
  if (const auto text = files::ReadFile(path, kKeyFileBytesMax); text.has_value()) {
    TRY(const Json stored, ParseJson(*text));
    TRY(const WallTime made, ParseWall(stored.At("made").StringOr("")));
    return Key{stored.At("key").StringOr(""), made};
  }
  std::array<char, kKeyBytes> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return std::unexpected(files::SystemError("cannot get random bytes for", path, errno));
  const Key key{workflow::EncodeBase64Url({random.data(), random.size()}), std::chrono::floor<std::chrono::seconds>(now)};
  const Json stored = Json::Object{{"key", Json(key.bytes)}, {"made", Json(WallText(key.made))}};
  TRY_OK(files::WriteFileDurably(path, CanonicalJson(stored), 0600));
  return key;
}

std::string RunServices::RunOf(const runs::RunRecord& record) { return record.id.substr(0, record.id.find('.')); }

std::string RunServices::ArtifactsFolder(const std::string& run_folder) { return run_folder + "/artifacts"; }

Result<std::unique_ptr<RunServices>> RunServices::Start(const std::string& run_folder, const runs::RunRecord& record,
                                                        const Clock& clock, GiveIdToken give_id_token) {
  TRY(const Json github, ParseJson(record.github));
  TRY(Key key, KeyOf(fmt::format("{}/services-{}.key", run_folder, record.attempt), clock.Wall()));
  std::unique_ptr<RunServices> started(new RunServices(record, run_folder + "/services.sock", std::move(key)));
  const std::string branch = github.At("event").At("repository").At("default_branch").StringOr("main");
  started->scopes_ = workflow::ScopesOf(github.At("ref").StringOr(""), github.At("base_ref").StringOr(""), branch);
  started->gives_id_tokens_ = give_id_token != nullptr;
  ServiceSettings settings;
  settings.give_id_token = std::move(give_id_token);
  settings.origin = Origin();
  settings.key = started->key_.bytes;
  settings.artifacts_folder = ArtifactsFolder(run_folder);
  settings.cache_folder =
      fmt::format("{}/cache/{}", run_folder.substr(0, run_folder.rfind('/')), Sha256Hex(github.At("repository").StringOr("")));
  TRY(started->thread_, ServiceThread::Start(settings, clock, started->socket_));
  return started;
}

RunServices::Tokens RunServices::SignFor(const std::string& leg) const {
  workflow::RuntimeClaims claims{
      .run = run_,
      .job = leg,
      .attempt = attempt_,
      .scopes = scopes_,
      .not_before = key_.made,
      .expires = key_.made + std::chrono::duration_cast<std::chrono::milliseconds>(workflow::kTokenTime)};
  Tokens tokens{.runtime = workflow::SignToken(claims, key_.bytes), .asks_for_id = ""};
  if (!gives_id_tokens_) return tokens;
  claims.use = workflow::TokenUse::kIdToken;
  claims.scopes.clear();
  tokens.asks_for_id = workflow::SignToken(claims, key_.bytes);
  return tokens;
}

RunServices::Tokens RunServices::TokensOf(const std::string& leg) const {
  const auto known = tokens_.find(leg);
  return known != tokens_.end() ? known->second : tokens_.emplace(leg, SignFor(leg)).first->second;
}

control::LegServices RunServices::Of(const std::string& leg) const {
  const Tokens tokens = TokensOf(leg);
  const std::string base = Origin() + "/";
  control::LegServices services{.socket = socket_,
                                .port = kServicePort,
                                .hosts = {{std::string(kServiceName), "127.0.0.1"}},
                                .environment = {{"ACTIONS_CACHE_SERVICE_V2", "True"},
                                                {"ACTIONS_CACHE_URL", base},
                                                {"ACTIONS_RESULTS_URL", base},
                                                {"ACTIONS_RUNTIME_TOKEN", tokens.runtime},
                                                {"ACTIONS_RUNTIME_URL", base}},
                                .every_step = {},
                                .masks = {tokens.runtime}};
  if (!gives_id_tokens_) return services;
  services.every_step = {{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", tokens.asks_for_id},
                         {"ACTIONS_ID_TOKEN_REQUEST_URL", fmt::format("{}{}?api-version=2.0", Origin(), kIdTokenPath)}};
  services.masks.push_back(tokens.asks_for_id);  // Also of a leg that is not told: the operator may grant it while it runs.
  return services;
}

}  // namespace tuesday::services
