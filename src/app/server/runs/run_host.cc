// SPDX-License-Identifier: Apache-2.0
#include "app/server/runs/run_host.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "adapters/files/files.h"
#include "app/services/store/artifacts.h"
#include "control/runs/run_spec.h"
#include "core/manifest/read/base64.h"
#include "core/workflow/action/lock.h"
#include "core/workflow/action/uses.h"
#include "core/workflow/repository/events.h"

namespace tuesday::server {
namespace {

using runs::RunRecord;
using runs::RunSummary;

// Of one key; a Secret has them in base64, a ConfigMap in the clear.
std::map<std::string, std::string> ValuesOf(const std::vector<state::ObjectRecord>& objects, const std::string& kind,
                                            const std::string& name) {
  std::map<std::string, std::string> values;
  for (const state::ObjectRecord& object : objects) {
    if (object.name.kind != kind || object.name.name != name) continue;
    if (const Json::Object* data = object.content.At("data").as_object(); data != nullptr) {
      for (const auto& [key, value] : *data) {
        const std::string text = value.StringOr("");
        values[key] = kind == "Secret" ? manifest::DecodeBase64(text).value_or("") : text;
      }
    }
    if (const Json::Object* clear = object.content.At("stringData").as_object(); clear != nullptr) {
      for (const auto& [key, value] : *clear) values[key] = value.StringOr("");
    }
  }
  return values;
}

// What a stored run says of the event that began it.
struct Origin {
  std::string ns;
  std::string repository;
  workflow::EventFacts facts;
};

Origin OriginOf(const RunRecord& record) {
  Origin origin;
  const Result<Json> github = ParseJson(record.github);
  if (!github.has_value()) return origin;
  const std::string full = github->At("repository").StringOr("");
  origin.ns = full.substr(0, full.find('/'));
  origin.repository = full.substr(full.find('/') + 1);
  origin.facts.event = github->At("event_name").StringOr("");
  origin.facts.ref = github->At("ref").StringOr("");
  origin.facts.sha = github->At("sha").StringOr("");
  origin.facts.default_branch = github->At("event").At("repository").At("default_branch").StringOr("main");
  return origin;
}

}  // namespace

std::string SettingsNameOf(const std::string& repository) { return repository + "-workflows"; }

RunHost::RunHost(RunHostParts parts)
    : parts_(std::move(parts)),
      repositories_(
          {.folder = parts_.state_folder + "/repositories", .program = parts_.program, .state_folder = parts_.state_folder}),
      places_({.state_folder = parts_.state_folder, .supervise_argv = {parts_.program, "supervise", "place"}}) {
  list_ = std::make_unique<control::RunList>(
      control::RunListParts{.clock = parts_.clock,
                            .executor = parts_.executor,
                            .store = parts_.store,
                            .furnish = [this](const RunSummary& summary, RunRecord& record) { Furnish(summary, record); },
                            .prepare = [this](RunRecord& record) { return Prepare(record); },
                            .ended =
                                [this](const RunRecord& record) {
                                  std::shared_ptr<services::RunServices> ended;  // Ends outside the lock.
                                  const std::lock_guard lock(mutex_);
                                  if (auto node = services_.extract(record.id); !node.empty()) ended = std::move(node.mapped());
                                  actions_.erase(record.id);
                                },
                            .drop_files = [this](const RunRecord& record) { DropFiles(record); },
                            .remove = [this](const RunRecord& record) { Remove(record); },
                            .highest_left = [this] { return HighestLeft(); }});
  runs_ = std::make_unique<control::Runs>(
      control::RunsParts{
          .clock = parts_.clock,
          .executor = parts_.executor,
          .store = parts_.store,
          .places = places_,
          .actions = known_,
          .secrets = [this](const RunRecord& record) { return SecretsOf(record); },
          .services = [this](const RunRecord& record, const std::string& leg) { return ServicesOf(record, leg); },
          .actions_of = [this](const RunRecord& record) { return KnownTo(record); },
          .namespace_of = [](const RunRecord& record) { return Namespace(OriginOf(record).ns); },
          .environments = [this](const RunRecord& record) { return EnvironmentsOf(record); },
          .jobs_at_once_max = [this] { return jobs_at_once_max_; }},
      [this](const std::string& id) { list_->Changed(id); });
  SetJobsAtOnce(0);
  list_->Drive(*runs_);
  environments_ = std::make_unique<control::Environments>(
      control::EnvironmentsParts{parts_.clock, parts_.executor, parts_.store, zones_, *runs_, *list_});
  hosting_ = std::make_unique<control::Hosting>(
      control::HostingParts{parts_.clock, parts_.executor, parts_.store, repositories_, *list_, zones_,
                            [this](const auto& record, const std::string& sha, const std::string& name) -> Result<std::string> {
                              TRY(const actions::KnownActions known, KnownAt(record.name, sha));
                              return known.ReadFile(name);
                            }});
  tokens_ = std::make_unique<IdTokens>(parts_.store, parts_.executor, parts_.clock);
}

RunHost::~RunHost() { *self_ = nullptr; }

Result<void> RunHost::Load() {
  TRY_OK(files::RemoveTree(SpoolFolder()));
  TRY_OK(tokens_->Load());
  TRY_OK(hosting_->Load());
  TRY_OK(list_->Load());
  TRY_OK(environments_->Load());
  parts_.executor.Run("containers", [this] { places_.RemoveLeftContainers(); }, [] {});
  CloseUnknown();
  tokens_->Start();
  hosting_->Start();
  return {};
}

void RunHost::SetJobsAtOnce(std::int64_t most) {
  constexpr std::size_t kLeast = 4;
  const auto by_processors = std::max<std::size_t>(kLeast, 2 * std::size_t{std::thread::hardware_concurrency()});
  jobs_at_once_max_ = most == 0 ? by_processors : static_cast<std::size_t>(most);
  runs_->OpenWaiting();
}

std::uint64_t RunHost::HighestLeft() const {
  std::uint64_t highest = 0;
  const auto take = [&](const std::string& name) {
    std::uint64_t id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    highest = std::max(highest, id);
  };
  for (const std::string& name : files::NamesIn(parts_.state_folder + "/runs")) take(name);
  for (const PlaceId& place : places_.Known()) take(place.str());
  return highest;
}

// A state that was restored does not know of runs that came after its backup. What their jobs do ends here; logs stay.
void RunHost::CloseUnknown() {
  for (const PlaceId& place : places_.Known()) {
    if (list_->Find(place.str().substr(0, place.str().find('.'))) != nullptr) continue;
    if (const auto closed = places_.Close(place); !closed.has_value()) spdlog::warn("{}", ErrorText(closed.error()));
  }
}

std::string RunHost::FolderOf(const std::string& record_id) const {
  return fmt::format("{}/runs/{}", parts_.state_folder, record_id.substr(0, record_id.find('.')));
}

void RunHost::Furnish(const RunSummary& summary, RunRecord& record) const {
  record.labels = {control::kRunnerLabels.begin(), control::kRunnerLabels.end()};
  record.paths.workspace = fmt::format("/home/runner/work/{}/{}", summary.repository, summary.repository);
  record.paths.source = control::kSourceInside;
  record.gates_environments = true;
  record.mounts = {{repositories_.FolderOf(summary.repository), control::kSourceInside},
                   {FolderOf(record.id) + "/event.json", record.paths.event_file}};
  Json::Object vars;
  const auto values = ValuesOf(parts_.objects(Namespace(summary.ns)), "ConfigMap", SettingsNameOf(summary.repository));
  for (const auto& [key, value] : values) vars[key] = Json(value);
  record.vars = CanonicalJson(Json(std::move(vars)));
}

Result<void> RunHost::Prepare(RunRecord& record) {
  const std::string folder = FolderOf(record.id);
  TRY_OK(files::MakeFolders(folder, 0700));
  TRY(const Json github, ParseJson(record.github));
  TRY_OK(files::WriteFileDurably(folder + "/event.json", PrettyJson(github.At("event")), 0644));
  TRY(auto known, ActionsFor(record));
  // From the services' thread to the loop, where everything is that decides.
  const auto give_token = [post = parts_.post, self = self_, id = record.id](
                              const std::string& leg, const std::string& audience, IdTokens::Done<std::string> done) {
    post([self, id, leg, audience, done = std::move(done)] {
      if (*self != nullptr) (*self)->GiveToken(id, leg, audience, done);
    });
  };
  TRY(std::shared_ptr<services::RunServices> started, services::RunServices::Start(folder, record, parts_.clock, give_token));
  const std::lock_guard lock(mutex_);
  services_[record.id] = std::move(started);
  actions_[record.id] = std::move(known);
  return {};
}

Result<actions::KnownActions> RunHost::KnownAt(const std::string& repository, const std::string& sha) {
  std::optional<workflow::ActionLock> lock;
  TRY(const std::vector<GitFile> files, repositories_.ReadFolder(repository, sha, ".github"));
  for (const GitFile& file : files) {
    if (file.name != workflow::kLockPath) continue;
    TRY(lock, workflow::ReadLock(file.content));
  }
  return actions::KnownActions(actions::Mirror(parts_.state_folder + "/actions"), std::move(lock));
}

Result<std::shared_ptr<actions::KnownActions>> RunHost::ActionsFor(RunRecord& record) {
  const Origin origin = OriginOf(record);
  TRY(const workflow::RunSpec spec, control::SpecOf(record, expression::Value()));
  TRY(actions::KnownActions known_at, KnownAt(origin.repository, origin.facts.sha));
  auto known = std::make_shared<actions::KnownActions>(std::move(known_at));
  const auto local = [&](const std::string& uses) -> std::optional<std::string> {
    const auto found = repositories_.ReadFolder(origin.repository, origin.facts.sha, uses.substr(2));
    if (!found.has_value()) return std::nullopt;
    for (const GitFile& file : *found) {
      if (file.name.ends_with("/action.yml") || file.name.ends_with("/action.yaml")) return file.content;
    }
    return std::nullopt;
  };
  const actions::ReachedActions reached = actions::Reach(*known, workflow::UsesOf(spec.workflow.jobs, {}), local);
  if (!reached.problems.empty()) return Fail(ErrorCode::kNotFound, fmt::format("{}", fmt::join(reached.problems, "\n")));
  const auto bind = [&](const runs::ReadMount& mount) {
    if (std::ranges::find(record.mounts, mount) == record.mounts.end()) record.mounts.push_back(mount);
  };
  for (const actions::MirrorEntry& entry : reached.mirrored)
    bind({known->mirror().FolderOf(entry), actions::Mirror::InsideOf(entry)});
  if (reached.needs_own) {
    const std::string own = FolderOf(record.id) + "/own";
    TRY_OK(repositories_.Unpack(origin.repository, origin.facts.sha, own));
    bind({own, std::string(actions::kOwnInside)});
    known->SetOwn(own);
  }
  return known;
}

std::shared_ptr<actions::KnownActions> RunHost::KnownTo(const RunRecord& record) const {
  const std::lock_guard lock(mutex_);
  const auto found = actions_.find(record.id);
  return found == actions_.end() ? nullptr : found->second;
}

// A run that was begun by what is not merged has none, whoever asks.
expression::Value RunHost::SecretsOf(const RunRecord& record) const {
  const Origin origin = OriginOf(record);
  const runs::RepositoryRecord* repository = hosting_ == nullptr ? nullptr : hosting_->Find(origin.repository);
  if (repository == nullptr || !workflow::MayHaveSecrets(origin.facts, repository->secret_branches))
    return expression::Value::Object({});
  const auto values = ValuesOf(parts_.objects(Namespace(origin.ns)), "Secret", SettingsNameOf(origin.repository));
  std::vector<std::pair<std::string, expression::Value>> members(values.begin(), values.end());
  return expression::Value::Object(std::move(members));
}

// Objects whose names go on after the repository's own: "shop-workflows-production".
std::map<std::string, workflow::EnvironmentSettings> RunHost::EnvironmentsOf(const RunRecord& record) const {
  const Origin origin = OriginOf(record);
  const runs::RepositoryRecord* repository = hosting_ == nullptr ? nullptr : hosting_->Find(origin.repository);
  if (repository == nullptr) return {};
  const bool has_secrets = workflow::MayHaveSecrets(origin.facts, repository->secret_branches);
  const std::vector<state::ObjectRecord> objects = parts_.objects(Namespace(origin.ns));
  const std::string prefix = SettingsNameOf(origin.repository) + "-";
  std::map<std::string, workflow::EnvironmentSettings> all;
  for (const state::ObjectRecord& object : objects) {
    const bool is_secret = object.name.kind == "Secret";
    if (!object.name.name.starts_with(prefix) || (!is_secret && object.name.kind != "ConfigMap")) continue;
    if (is_secret && !has_secrets) continue;
    const auto values = ValuesOf(objects, object.name.kind, object.name.name);
    std::vector<std::pair<std::string, expression::Value>> members(values.begin(), values.end());
    workflow::EnvironmentSettings& settings = all[workflow::EnvironmentKey(object.name.name.substr(prefix.size()))];
    (is_secret ? settings.secrets : settings.vars) = expression::Value::Object(std::move(members));
  }
  return all;
}

control::LegServices RunHost::ServicesOf(const RunRecord& record, const std::string& leg) const {
  control::LegServices services;
  {
    const std::lock_guard lock(mutex_);
    const auto found = services_.find(record.id);
    if (found != services_.end()) services = found->second->Of(leg);
  }
  const auto asker = runs_->FindTokenAsker(record.id, leg);
  if (tokens_->issuer().empty() || !asker.has_value() || !MayHaveToken(record, asker->facts)) services.every_step.clear();
  return services;
}

// What is granted to a workflow is not granted to what a change makes of it.
bool RunHost::MayHaveToken(const RunRecord& record, const workflow::LegTokenFacts& facts) const {
  const Origin origin = OriginOf(record);
  const runs::RepositoryRecord* repository = hosting_->Find(origin.repository);
  if (repository == nullptr || record.files.empty()) return false;
  const bool is_trusted = workflow::MayHaveSecrets(origin.facts, repository->secret_branches);
  const std::vector<std::string> granted = is_trusted ? tokens_->Of(*repository).workflows : std::vector<std::string>();
  return workflow::MayHaveToken(facts.permission, granted, record.files.front().name);
}

void RunHost::GiveToken(const std::string& record_id, const std::string& leg, const std::string& audience,
                        IdTokens::Done<std::string> done) {
  const RunRecord* record = runs_->FindRecord(record_id);
  const auto asker = record == nullptr ? std::nullopt : runs_->FindTokenAsker(record_id, leg);
  if (!asker.has_value() || asker->steps.empty())
    return done(Fail(ErrorCode::kDenied, "No step of this job runs.", "A token is asked for by the step that uses it."));
  if (tokens_->issuer().empty())
    return done(
        Fail(ErrorCode::kDenied, "This daemon gives no tokens.", "Set `oidc.issuer`, see docs/guide/cloud-credentials.md."));
  if (!MayHaveToken(*record, asker->facts)) {
    return done(Fail(ErrorCode::kDenied, "This job may not ask for tokens.",
                     "Add `permissions: {id-token: write}`, or let the operator grant it with `tuesday repo set`."));
  }
  const Origin origin = OriginOf(*record);
  const runs::RepositoryRecord& repository = *hosting_->Find(origin.repository);
  TokenOrder order{.facts = {.github = ParseJson(record->github).value_or(Json()),
                             .environment = asker->facts.environment,
                             .is_trusted = workflow::MayHaveSecrets(origin.facts, repository.secret_branches),
                             .job_workflow = asker->facts.file,
                             .repository_id = RepositoryIdOf(repository),
                             .subject_keys = tokens_->Of(repository).subject_keys},
                   .audience = audience,
                   .ns = Namespace(origin.ns),
                   .run = services::RunServices::RunOf(*record),
                   .leg = leg,
                   .steps = asker->steps};
  tokens_->Mint(order, std::move(done));
}

void RunHost::DropFiles(const RunRecord& record) {
  for (const PlaceId& place : places_.Known()) {
    if (!place.str().starts_with(record.id + ".")) continue;
    if (const auto dropped = places_.DropFiles(place); !dropped.has_value()) spdlog::warn("{}", ErrorText(dropped.error()));
  }
}

void RunHost::Remove(const RunRecord& record) {
  for (const PlaceId& place : places_.Known()) {
    if (place.str().starts_with(record.id + ".")) static_cast<void>(places_.Forget(place));
  }
  static_cast<void>(files::RemoveTree(FolderOf(record.id)));
}

std::string RunHost::LogPath(const RunSummary& summary, const std::string& leg, int ordinal) const {
  return places_.LogPath(PlaceId(runs::RecordIdOf(summary) + "." + leg), ordinal);
}

std::vector<services::Artifact> RunHost::ArtifactsOf(const std::string& id) const {
  return services::Artifacts(services::RunServices::ArtifactsFolder(FolderOf(id)), {}).List(id);
}

std::string RunHost::ContentPath(const services::Artifact& artifact) const {
  return services::Artifacts(services::RunServices::ArtifactsFolder(FolderOf(artifact.run)), {})
      .ContentPath(artifact.run, artifact.id);
}

}  // namespace tuesday::server
