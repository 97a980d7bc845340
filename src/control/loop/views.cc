// SPDX-License-Identifier: Apache-2.0
// What the fleet shows, copied out of the entities.
#include <utility>

#include "control/loop/decide.h"
#include "control/loop/fleet_core.h"

namespace tuesday::control {

namespace {

// Browsers and curl resolve *.localhost to the loopback, so that the URL works as it is printed.
std::string UrlOf(const state::Exposure& exposure, const std::string& base) {
  if (exposure.rules.empty()) return {};
  const state::Exposure::Rule& rule = exposure.rules.front();
  if (rule.host.empty()) return base + rule.path;
  const std::size_t host = base.find("://") + 3;
  const std::size_t port = base.find(':', host);
  return base.substr(0, host) + rule.host + (port == std::string::npos ? "" : base.substr(port)) + rule.path;
}

}  // namespace

Result<RolloutView> FleetCore::Get(const RolloutName& rollout) const {
  const auto found = entities_.find(rollout);
  if (found == entities_.end()) return Fail(ErrorCode::kNotFound, "There is no rollout " + rollout.Text() + ".");
  const Entity& entity = found->second;
  RolloutView view;
  view.name = rollout;
  view.spec = entity.record.spec;
  view.status = entity.stored.status;
  view.world = WorldOf(entity, ports_.judge, ports_.analyses, join_);
  view.exposure = entity.record.exposure;
  view.instances = entity.instances;
  if (ports_.judge != nullptr) view.signals = ports_.judge->Signals(rollout);
  for (const auto& [ordinal, attempt] : entity.attempts) view.attempts.push_back(attempt);
  for (const auto& [id, revision] : entity.revisions) {
    for (const manifest::Container& container : revision.pod.containers) view.images[id].push_back(container.image);
  }
  view.url = UrlOf(entity.record.exposure, settings_.url_base);
  view.trouble = entity.trouble;
  view.at = Now();
  view.version = entity.version;
  return view;
}

std::vector<RolloutView> FleetCore::List(const std::optional<Namespace>& ns) const {
  std::vector<RolloutView> views;
  for (const auto& [name, entity] : entities_) {
    if (ns && name.ns != *ns) continue;
    views.push_back(*Get(name));
  }
  return views;
}

std::vector<state::ObjectRecord> FleetCore::Objects(const std::optional<Namespace>& ns) const {
  std::vector<state::ObjectRecord> objects;
  for (const auto& [name, object] : objects_) {
    if (!ns || name.ns == *ns) objects.push_back(object);
  }
  return objects;
}

std::vector<state::ImageBinding> FleetCore::Images() const {
  std::vector<state::ImageBinding> images;
  for (const auto& [reference, binding] : images_) images.push_back(binding);
  return images;
}

Health FleetCore::GetHealth() const {
  Health health = health_;
  health.recovered = recovered_;
  const auto origin = [this](const RolloutName& name) {
    return removed_.contains(name) ? OrphanView::Origin::kDeleted : OrphanView::Origin::kUnknown;
  };
  for (const auto& [name, instances] : orphans_) {
    for (const InstanceState& instance : instances) health.orphans.push_back({name, instance.id, origin(name)});
  }
  for (const RolloutName& name : orphan_routes_) health.orphans.push_back({name, InstanceId(), origin(name)});
  return health;
}

Fleet::Subscription FleetCore::Subscribe(std::function<void(const RolloutName&)> changed) {
  subscribers_.emplace(next_subscription_, std::move(changed));
  return next_subscription_++;
}

void FleetCore::Notify(Entity& entity) {
  ++entity.version;
  for (const auto& [subscription, changed] : subscribers_) changed(entity.name());
}

JudgedRollout FleetCore::AsJudged(const Entity& entity) const {
  return {entity.record.spec.name, entity.record.spec, entity.stored.status, entity.record.exposure, entity.instances};
}

Entity* FleetCore::Find(const RolloutName& name) {
  const auto found = entities_.find(name);
  return found == entities_.end() ? nullptr : &found->second;
}

void FleetCore::At(Instant when, std::function<void()> call) {
  ports_.executor.At(when, [call = std::move(call), weak = weak_from_this()] {
    if (weak.lock()) call();
  });
}

}  // namespace tuesday::control
