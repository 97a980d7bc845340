// SPDX-License-Identifier: Apache-2.0
#include "app/server/api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/server/apply_json.h"
#include "app/server/daemon/log.h"
#include "app/server/oidc/oidc_api.h"
#include "app/server/rollout_json.h"
#include "app/server/runs/environment_api.h"
#include "app/server/runs/run_api.h"
#include "app/server/status_page.h"

namespace tuesday::server {
namespace {

// Two pictures a person can tell apart; changes in between are shown together.
constexpr Duration kWatchIntervalMin = std::chrono::milliseconds(100);
constexpr Duration kWatchIntervalMax = std::chrono::seconds(1);
constexpr std::size_t kWatchersMax = 256;

RolloutName NameOf(const Call& call) { return {Namespace(call.parts.at("ns")), call.parts.at("name")}; }

std::optional<Namespace> NamespaceOf(const Call& call) {
  const auto part = call.parts.find("ns");
  if (part != call.parts.end()) return Namespace(part->second);
  const std::string asked = call.request.Query("namespace");
  return asked.empty() ? std::nullopt : std::optional(Namespace(asked));
}

// A string member of the body that must be there.
Result<std::string> Wanted(const Json& body, std::string_view key) {
  const std::string value = body.At(key).StringOr("");
  if (value.empty()) return Fail(ErrorCode::kInvalid, fmt::format("The body has no \"{}\".", key));
  return value;
}

std::vector<control::ManifestText> FilesOf(const Json& body) {
  std::vector<control::ManifestText> files;
  const Json::Array* given = body.At("files").as_array();
  if (given == nullptr) return files;
  for (const Json& file : *given) files.push_back({file.At("file").StringOr(""), file.At("text").StringOr("")});
  return files;
}

Json OrphansJson(const std::vector<control::OrphanView>& orphans, const std::optional<Namespace>& ns) {
  Json::Array list;
  for (const control::OrphanView& orphan : orphans) {
    if (ns.has_value() && orphan.rollout.ns != *ns) continue;
    list.emplace_back(Json::Object{{"namespace", orphan.rollout.ns.str()},
                                   {"rollout", orphan.rollout.name},
                                   {"instance", orphan.instance.str()},
                                   {"origin", orphan.origin == control::OrphanView::Origin::kDeleted ? "deleted" : "unknown"}});
  }
  return Json(std::move(list));
}

}  // namespace

// One client that follows a rollout.
struct Api::Watcher {
  RolloutName name;
  std::shared_ptr<http::EventStream> stream;
  Instant last;
  bool due = false;
  std::uint64_t version = 0;
};

Api::Api(ApiParts parts)
    : parts_(std::move(parts)),
      runs_(std::make_unique<RunApi>(parts_.runs, parts_.executor, parts_.clock)),
      environments_(std::make_unique<EnvironmentApi>(parts_.runs)),
      oidc_(std::make_unique<OidcApi>(parts_.runs)) {
  subscription_ = parts_.fleet.Subscribe([this](const RolloutName& name) { OnChange(name); });
}

Api::~Api() { parts_.fleet.Unsubscribe(subscription_); }

std::optional<http::BodyPolicy> Api::PolicyOf(const http::HttpRequest& head) {
  if (!head.path.starts_with(kGitPath) || head.method != "POST") return std::nullopt;
  std::map<std::string, std::string> path_parts;
  const Route* route = FindRoute(head.method, head.path, path_parts);
  if (route == nullptr) return std::nullopt;
  http::BodyPolicy policy{
      .bytes_max = kPushBytesMax, .to_file = true, .body_time_max = kPushTimeMax, .answer_time_max = kPushTimeMax};
  Passage passage = parts_.door.Ask(head, *route, path_parts);
  if (!passage.caller.has_value()) policy.refusal = std::move(passage.refusal);
  return policy;
}

void Api::Handle(const http::HttpRequest& request, const std::shared_ptr<http::Responder>& given_responder) {
  std::map<std::string, std::string> path_parts;
  const Route* route = FindRoute(request.method, request.path, path_parts);
  const bool served_here = route != nullptr && std::find(route->listeners.begin(), route->listeners.end(), request.listener) !=
                                                   route->listeners.end();
  const auto responder = Counted(given_responder, counts_, served_here ? route->method + " " + route->pattern : "other");
  if (!served_here) {
    if (route == nullptr && PathIsKnown(request.path)) {
      return SendJson(
          *responder,
          Json(Json::Object{{"error", Json::Object{{"code", "invalid"}, {"message", "The method is not served here."}}}}), 405);
    }
    if (route != nullptr) {
      return SendError(
          *responder,
          {ErrorCode::kNotFound, fmt::format("{} {} is not served here.", request.method, request.path),
           fmt::format("Ask on the machine itself, over the socket, or by: {}.", fmt::join(route->listeners, ", "))});
    }
    return SendError(*responder, {ErrorCode::kNotFound, fmt::format("{} is not an address of this daemon.", request.path),
                                  "GET /v1/openapi.json lists them."});
  }
  Passage passage = parts_.door.Ask(request, *route, path_parts);
  if (!passage.caller.has_value()) return responder->Send(std::move(passage.refusal));
  if (request.method != "GET")
    Say(config::LogLevel::kInfo, "act", {{"by", passage.caller->name}, {"method", request.method}, {"path", request.path}});
  Call call{request, std::move(path_parts), {}, passage.caller->name, *passage.caller, responder};
  if (!request.body.empty()) {
    Result<Json> body = ParseJson(request.body);
    if (!body.has_value()) return SendError(*responder, body.error());
    call.body = std::move(*body);
  }
  route->answer(*this, std::move(call));
}

control::Fleet::Done<control::ApplyReport> Api::AnswerChange(const Call& call) {
  // The parts of the request that a refusal names: the request itself is gone by then.
  http::HttpRequest asked;
  asked.method = call.request.method;
  asked.path = call.request.path;
  asked.listener = call.request.listener;
  asked.remote = call.request.remote;
  const std::string reason = call.body.At("reason").StringOr("");
  return [this, asked, reason, by = call.by, responder = call.responder](const Result<control::ApplyReport>& report) {
    if (report.has_value()) {
      const std::string number = std::to_string(report->release);
      if (report->release > 0) {
        parts_.door.WriteReason({.by = by,
                                 .act = asked.method + " " + asked.path,
                                 .reason = reason,
                                 .about = {Namespace(), "Release", number},
                                 .kind = "release.reason",
                                 .what = "release " + number + " was made"});
      }
      return SendJson(*responder, ApplyJson(*report));
    }
    if (report.error().code == ErrorCode::kDenied) parts_.door.WriteRefusal(asked, by, report.error().message);
    SendError(*responder, report.error());
  };
}

void Api::Healthz(Call call) {
  call.responder->Send({.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "ok\n"});
}

void Api::Readyz(Call call) {
  const bool ready = parts_.fleet.GetHealth().recovered;
  call.responder->Send({.status = ready ? 200 : 503,
                        .headers = {{"Content-Type", "text/plain"}},
                        .body = ready ? "ready\n" : "the state is not loaded yet\n"});
}

void Api::Metrics(Call call) {
  call.responder->Send(
      {.status = 200, .headers = {{"Content-Type", "text/plain; version=0.0.4"}}, .body = parts_.own_metrics()});
}

void Api::GetStatus(Call call) {
  Result<StatusFilter> filter = ReadStatusFilter(call.request.Query("phase"), call.request.Query("limit"));
  if (!filter.has_value()) return SendError(*call.responder, filter.error());
  const control::Health health = parts_.fleet.GetHealth();
  auto status = std::make_shared<Json::Object>(Json::Object{{"store", health.store},
                                                            {"edge", health.edge},
                                                            {"workloads", health.workloads},
                                                            {"recovered", health.recovered},
                                                            {"configuration", parts_.configuration()},
                                                            {"orphans", OrphansJson(health.orphans, NamespaceOf(call))}});
  // With hundreds of rollouts the loop only copies; text is made where nobody waits.
  parts_.executor.Run(
      "status",
      [status, views = parts_.fleet.List(NamespaceOf(call)), filter = *std::move(filter), measure = parts_.disk(),
       join = parts_.join] {
        status->merge(StatusPage(views, filter, join));
        (*status)["disk"] = measure();
      },
      [responder = call.responder, status] { SendJson(*responder, Json(std::move(*status))); });
}

void Api::Apply(Call call, Effect effect) {
  control::ApplyRequest request;
  request.ns = Namespace(call.body.At("namespace").StringOr("default"));
  request.by = call.by;
  request.files = FilesOf(call.body);
  if (request.files.empty()) return SendError(*call.responder, {ErrorCode::kInvalid, "The body has no \"files\".", ""});
  request.permit = parts_.door.PermitOf(call.caller, access::Role::kDeployer);
  const auto done = AnswerChange(call);
  effect == Effect::kApply ? parts_.fleet.Apply(std::move(request), done) : parts_.fleet.Plan(std::move(request), done);
}

void Api::Delete(Call call) {
  control::DeleteRequest request;
  request.ns = Namespace(call.body.At("namespace").StringOr("default"));
  request.by = call.by;
  request.reason = call.body.At("reason").StringOr("");
  request.files = FilesOf(call.body);
  if (const Json::Array* objects = call.body.At("objects").as_array(); objects != nullptr) {
    for (const Json& object : *objects) {
      request.objects.push_back({request.ns, object.At("kind").StringOr(""), object.At("name").StringOr("")});
    }
  }
  if (request.files.empty() && request.objects.empty()) {
    return SendError(*call.responder, {ErrorCode::kInvalid, "The body has neither \"files\" nor \"objects\".", ""});
  }
  request.permit = parts_.door.PermitOf(call.caller, access::Role::kAdmin);
  parts_.fleet.Delete(std::move(request), AnswerChange(call));
}

void Api::ListImages(Call call) {
  Json::Array images;
  for (const state::ImageBinding& image : parts_.fleet.Images()) {
    images.emplace_back(Json::Object{{"reference", image.reference},
                                     {"source", image.source},
                                     {"digest", image.digest},
                                     {"bound_at", WallText(image.bound_at)},
                                     {"by", image.by}});
  }
  SendJson(*call.responder, Json(Json::Object{{"images", std::move(images)}}));
}

void Api::BindImage(Call call) {
  Result<std::string> reference = Wanted(call.body, "reference");
  Result<std::string> source = Wanted(call.body, "source");
  if (!reference.has_value()) return SendError(*call.responder, reference.error());
  if (!source.has_value()) return SendError(*call.responder, source.error());
  Door::Acted acted{.by = call.by,
                    .act = call.request.method + " " + call.request.path,
                    .reason = call.body.At("reason").StringOr(""),
                    .about = {},
                    .kind = "image.reason",
                    .what = {}};
  parts_.fleet.BindImage(*reference, *source, call.by, [this, acted, responder = call.responder](auto bound) mutable {
    if (!bound.has_value()) return SendError(*responder, bound.error());
    acted.about = {Namespace(), "Image", bound->reference};
    acted.what = bound->reference + " was bound";
    parts_.door.WriteReason(acted);
    SendJson(*responder,
             Json(Json::Object{{"reference", bound->reference}, {"digest", bound->digest}, {"source", bound->source}}));
  });
}

void Api::ListRollouts(Call call) {
  Json::Array rollouts;
  for (const control::RolloutView& view : parts_.fleet.List(NamespaceOf(call)))
    rollouts.push_back(RolloutSummaryJson(view, parts_.join));
  SendJson(*call.responder, Json(Json::Object{{"rollouts", std::move(rollouts)}}));
}

void Api::GetRollout(Call call) {
  const Result<control::RolloutView> view = parts_.fleet.Get(NameOf(call));
  if (!view.has_value()) return SendError(*call.responder, view.error());
  SendJson(*call.responder, RolloutJson(*view, parts_.join));
}

void Api::WatchRollout(Call call) {
  const RolloutName name = NameOf(call);
  const Result<control::RolloutView> view = parts_.fleet.Get(name);
  if (!view.has_value()) return SendError(*call.responder, view.error());
  if (watchers_.size() >= kWatchersMax) {
    return SendError(*call.responder, {ErrorCode::kLimit, fmt::format("{} clients are watching already.", kWatchersMax),
                                       "Try again when one has left."});
  }
  auto watcher = std::make_shared<Watcher>();
  watcher->name = name;
  watcher->stream = call.responder->StartEvents();
  watchers_.emplace(name, watcher);
  watcher->stream->OnClosed([this, weak = std::weak_ptr(watcher)] {
    std::erase_if(watchers_, [&](const auto& item) { return item.second == weak.lock(); });
  });
  Flush(watcher);
  KeepFresh(watcher);
}

// Ages grow and deadlines pass also while nothing changes.
void Api::KeepFresh(const std::shared_ptr<Watcher>& watcher) {
  parts_.executor.At(parts_.clock.Now() + kWatchIntervalMax, [this, weak = std::weak_ptr(watcher)] {
    const std::shared_ptr<Watcher> alive = weak.lock();
    if (alive == nullptr || !alive->stream->open()) return;
    if (parts_.clock.Now() - alive->last >= kWatchIntervalMax) Flush(alive);
    KeepFresh(alive);
  });
}

void Api::OnChange(const RolloutName& name) {
  const auto [begin, end] = watchers_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    const std::shared_ptr<Watcher>& watcher = it->second;
    if (watcher->due) continue;
    watcher->due = true;
    // Never inside the fleet's own call, and not more often than people can see.
    parts_.executor.At(watcher->last + kWatchIntervalMin, [this, weak = std::weak_ptr(watcher)] {
      if (const std::shared_ptr<Watcher> alive = weak.lock()) Flush(alive);
    });
  }
}

void Api::Flush(const std::shared_ptr<Watcher>& watcher) {
  watcher->due = false;
  watcher->last = parts_.clock.Now();
  const Result<control::RolloutView> view = parts_.fleet.Get(watcher->name);
  if (!view.has_value()) return watcher->stream->Close();
  watcher->version = view->version;
  watcher->stream->Send(
      {.id = std::to_string(view->version), .event = "rollout", .data = CanonicalJson(RolloutJson(*view, parts_.join))});
}

void Api::Act(Call call, rollout::Verb verb) {
  rollout::Request request{.verb = verb, .by = call.by, .reason = call.body.At("reason").StringOr("")};
  const RolloutName name = NameOf(call);
  parts_.fleet.Act(name, std::move(request), [this, name, responder = call.responder](Result<void> done) {
    if (!done.has_value()) return SendError(*responder, done.error());
    const Result<control::RolloutView> view = parts_.fleet.Get(name);
    SendJson(*responder, view.has_value() ? RolloutSummaryJson(*view, parts_.join) : Json(Json::Object{}));
  });
}

void Api::SetImage(Call call) {
  Result<std::string> container = Wanted(call.body, "container");
  Result<std::string> image = Wanted(call.body, "image");
  if (!container.has_value()) return SendError(*call.responder, container.error());
  if (!image.has_value()) return SendError(*call.responder, image.error());
  parts_.fleet.SetImage(NameOf(call), *container, *image, call.by, AnswerChange(call));
}

void Api::Undo(Call call) {
  std::optional<int> number;
  const Json& given = call.body.At("to_revision");
  if (!given.is_null()) {
    if (given.as_int() == nullptr || *given.as_int() < 1 || !std::in_range<int>(*given.as_int())) {
      return SendError(*call.responder,
                       {ErrorCode::kInvalid, "`to_revision` is not the number of a revision.", "For example 3."});
    }
    number = static_cast<int>(*given.as_int());
  }
  parts_.fleet.Undo(NameOf(call), number, call.by, AnswerChange(call));
}

}  // namespace tuesday::server
