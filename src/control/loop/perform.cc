// SPDX-License-Identifier: Apache-2.0
// The end of the loop: what is durable is asked of its receiver until it says yes; a newer target replaces an older one.
#include <algorithm>
#include <utility>

#include "control/apply/registry_logins.h"
#include "control/loop/fleet_core.h"
#include "core/rollout/preview.h"

namespace tuesday::control {

namespace {

// After a restore from a backup the receivers know newer generations than the store: the count leaps ahead of them.
constexpr std::uint64_t kGenerationLeap = 1'000;

// Where a rollback by hand goes when the daemon is not there to be asked: to the predecessor, while it stands by. Never to a
// canary that was given up, which the edge could not tell apart.
int BackSlotOf(const rollout::Status& status, const rollout::Route& route) {
  const std::optional<rollout::Attempt>& attempt = status.attempt;
  if (!attempt || !attempt->baseline || status.stable != attempt->revision) return -1;
  if (attempt->stage != rollout::Stage::kBaking && attempt->stage != rollout::Stage::kDone) return -1;
  const auto use = std::ranges::find(route.slots, *attempt->baseline, &rollout::SlotUse::revision);
  const bool stands_by = use != route.slots.end() && use->slot != route.stable_slot && !use->instances.empty();
  return stands_by ? use->slot : -1;
}

}  // namespace

std::string RouteTargetName(const RolloutName& rollout) { return "route " + rollout.Text(); }

std::string CountTargetName(const RolloutName& rollout, const RevisionId& revision) {
  return "count " + rollout.Text() + " " + revision.str();
}

void FleetCore::PerformOwed(Entity& entity) {
  const Instant now = Now();
  std::vector<std::string> owed;
  for (const auto& [name, target] : entity.targets) {
    if (target.state == Target::State::kOwed && (!target.retry_at || *target.retry_at <= now)) owed.push_back(name);
  }
  // What takes traffic away goes before everything else.
  std::ranges::stable_partition(owed, [&](const std::string& name) { return entity.targets[name].withdraws; });
  for (const std::string& name : owed) Perform(entity, name);
}

void FleetCore::Perform(Entity& entity, const std::string& target_name) {
  Target& target = entity.targets[target_name];
  target.state = Target::State::kAsked;
  target.retry_at.reset();
  if (Result<void> may = MayPerform(entity, target); !may) {
    return OnPerformed(entity.name(), target_name, target.generation, std::move(may));
  }
  ++health_.performed;
  const auto* route = std::get_if<rollout::Route>(&target.what);
  if (route != nullptr && route->slots.empty()) {
    PerformNoRoute(entity, target_name, target);
  } else if (route != nullptr) {
    PerformRoute(entity, target_name, target);
  } else {
    PerformCount(entity, target_name, target);
  }
}

RouteSpec FleetCore::RouteSpecOf(const Entity& entity, const rollout::Route& route) const {
  RouteSpec spec;
  spec.rollout = entity.name();
  spec.route = route;
  for (const state::Exposure::Rule& rule : entity.record.exposure.rules) {
    const int slot = rule.preview.value_or(false) ? rollout::PreviewSlot(entity.stored.status, route) : -1;
    spec.rules.push_back({rule.host, rule.path, rule.exact_path, slot});
  }
  for (const state::Exposure::Tls& tls : entity.record.exposure.tls) {
    spec.tls.push_back({tls.hosts, CertificateOf(objects_, tls.secret)});
  }
  spec.check.http_path = entity.record.exposure.check_path;
  spec.sticky = entity.record.exposure.sticky;
  spec.back_slot = BackSlotOf(entity.stored.status, route);
  std::map<InstanceId, Endpoint> endpoints;
  for (const InstanceState& instance : entity.instances) {
    if (instance.port != 0) endpoints[instance.id] = {instance.host, instance.port};
  }
  for (rollout::SlotUse& slot : spec.route.slots) {
    // An instance that is gone meanwhile has no address: the next route will not name it.
    std::erase_if(slot.instances, [&](const InstanceId& id) { return !endpoints.contains(id); });
    for (const InstanceId& id : slot.instances) spec.endpoints[id] = endpoints[id];
  }
  return spec;
}

void FleetCore::PerformRoute(Entity& entity, const std::string& target_name, Target& target) {
  const RouteSpec spec = RouteSpecOf(entity, std::get<rollout::Route>(target.what));
  Ask<Epoch>(
      target.withdraws ? "abort" : target_name, [&router = ports_.router, spec] { return router.SetRoute(spec); },
      [this, spec, target_name, generation = target.generation](const Result<Epoch>& epoch) {
        Entity* found = Find(spec.rollout);
        if (found == nullptr) return;
        if (!epoch) return OnPerformed(spec.rollout, target_name, generation, std::unexpected(epoch.error()));
        if (*epoch != spec.route.epoch) {
          return OnPerformed(spec.rollout, target_name, generation,
                             Fail(ErrorCode::kStale, "The edge is at route " + std::to_string(epoch->value) + ", not " +
                                                         std::to_string(spec.route.epoch.value) + "."));
        }
        const auto known = found->targets.find(target_name);
        if (known != found->targets.end() && known->second.generation == generation) found->performed = spec;
        OnPerformed(spec.rollout, target_name, generation, {});
        if (edge_asked_) edge_asked_again_ = true;
        PollEdge();
      });
}

void FleetCore::PerformNoRoute(const Entity& entity, const std::string& target_name, const Target& target) {
  Ask<void>(
      target_name, [&router = ports_.router, name = entity.name()] { return router.RemoveRoute(name); },
      [this, name = entity.name(), target_name, generation = target.generation](const Result<void>& result) {
        if (Entity* found = Find(name); found != nullptr && result) found->performed.reset();
        OnPerformed(name, target_name, generation, result);
        if (edge_asked_) edge_asked_again_ = true;
        PollEdge();
      });
}

void FleetCore::PerformCount(Entity& entity, const std::string& target_name, Target& target) {
  const auto& count = std::get<rollout::CountTarget>(target.what);
  InstancesTarget instances;
  instances.rollout = entity.name();
  instances.uid = entity.record.spec.uid;
  instances.revision = count.revision;
  instances.generation = target.generation;
  instances.count = count.count;
  if (count.out) {
    instances.out_begin = count.out->begin;
    instances.out_end = count.out->end;
  }
  const auto revision = entity.revisions.find(count.revision);
  if (revision != entity.revisions.end()) {
    instances.pod = revision->second.pod;
    instances.artifacts = revision->second.artifacts;
    instances.environment = revision->second.environment;
    instances.registry_logins = StoredRegistryLogins(entity.name().ns, instances.pod, objects_);
  } else if (count.count > 0) {
    return OnPerformed(entity.name(), target_name, target.generation,
                       Fail(ErrorCode::kCorrupt, "Revision " + count.revision.str() + " of " + entity.name().Text() +
                                                     " is not in the store, so it cannot be started."));
  }
  Ask<void>(
      target_name,
      [&workloads = ports_.workloads, instances = std::move(instances)] { return workloads.SetInstances(instances); },
      [this, name = entity.name(), target_name, generation = target.generation](const Result<void>& result) {
        OnPerformed(name, target_name, generation, result);
        if (result) PollInstances();
      });
}

void FleetCore::OnPerformed(const RolloutName& name, const std::string& target_name, Generation generation,
                            Result<void> result) {
  Entity* entity = Find(name);
  if (entity == nullptr) return;
  const auto known = entity->targets.find(target_name);
  if (known == entity->targets.end() || known->second.generation != generation) return;  // A newer one is on its way.
  Target& target = known->second;
  if (result) {
    target.state = Target::State::kAcked;
    target.acked_at = Now();
    target.retry = {};
    entity->acks.emplace_back(target_name, generation);
    if (!entity->acks_since) entity->acks_since = Now();
    if (health_.store.empty()) entity->trouble.clear();
    if (std::holds_alternative<rollout::Route>(target.what)) OnTakenOver(*entity);
    return Consider(name);
  }
  if (result.error().code == ErrorCode::kStale) return OnStale(*entity, target_name, target);
  entity->trouble = target_name + ": " + result.error().message;
  target.state = Target::State::kOwed;
  target.retry = std::clamp(target.retry * 2, settings_.perform_retry_least, settings_.perform_retry_most);
  target.retry_at = Now() + target.retry;
  Notify(*entity);
  At(*target.retry_at, [this, name] {
    if (Entity* found = Find(name); found != nullptr) PerformOwed(*found);
  });
}

void FleetCore::OnStale(Entity& entity, const std::string& target_name, Target& target) {
  entity.trouble = target_name + ": a newer one is in force there; it is decided again.";
  if (std::holds_alternative<rollout::CountTarget>(target.what)) {
    entity.stored.last_target.value += kGenerationLeap;
    entity.targets.erase(target_name);
  } else {
    // The machine sees the newer epoch when the edge is read back, and goes beyond it.
    target.state = Target::State::kAcked;
    target.acked_at = Now();
    entity.performed = RouteSpecOf(entity, std::get<rollout::Route>(target.what));
    PollEdge();
  }
  Notify(entity);
  Consider(entity.name());
}

void FleetCore::RestateRouteIfChanged(Entity& entity) {
  const auto known = entity.targets.find(RouteTargetName(entity.name()));
  if (known == entity.targets.end() || known->second.state != Target::State::kAcked) return;
  const auto& route = std::get<rollout::Route>(known->second.what);
  if (route.slots.empty() || entity.performed == RouteSpecOf(entity, route)) return;
  known->second.state = Target::State::kOwed;
  PerformOwed(entity);
}

}  // namespace tuesday::control
