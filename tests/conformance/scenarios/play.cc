// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "base/yaml.h"
#include "questions.h"

namespace tuesday::scenarios {
namespace {

constexpr Duration kWaitDefault = std::chrono::seconds(90);
constexpr Duration kAskTime = std::chrono::milliseconds(500);  // Between what upstream did last and the answer to its question.

struct Player {
  Stage stage;
  const Corpus& corpus;
  int updates = 0;
  std::string refused;  // The last verb that tuesday refused: what upstream's tool would pass over.
};

using Args = Json::Array;
using Deed = std::function<Result<void>(Player&, const Args&)>;

const Json& ArgAt(const Args& args, std::size_t index) {
  static const Json kNone;
  return index < args.size() ? args[index] : kNone;
}

int IntAt(const Args& args, std::size_t index) {
  const Json& arg = ArgAt(args, index);
  return arg.as_string() == nullptr ? static_cast<int>(arg.IntOr(0)) : std::atoi(arg.as_string()->c_str());
}

std::string TextAt(const Args& args, std::size_t index) { return ArgAt(args, index).StringOr(""); }

// {"seconds": 5} wherever it stands.
Duration SecondsIn(const Args& args, Duration fallback) {
  for (const Json& arg : args) {
    if (arg.At("seconds").is_null()) continue;
    return std::chrono::milliseconds(static_cast<std::int64_t>(arg.At("seconds").NumberOr(0) * 1000));
  }
  return fallback;
}

// A text, or the file that "@dir/name" names.
Result<std::string> TextOrFile(const Player& player, const std::string& arg) {
  if (!arg.starts_with('@')) return arg;
  return ReadText(player.corpus.manifests + "/" + arg.substr(1));
}

Result<void> Load(Player& player, const Args& args) {
  TRY(std::string text, TextOrFile(player, TextAt(args, 0)));
  if (const Json::Object* names = ArgAt(args, 1).as_object()) {
    for (const auto& [from, to] : *names) {
      const std::string by = to.StringOr("");
      for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + by.size())) {
        text.replace(at, from.size(), by);
      }
    }
  }
  return player.stage.objects().Load(text, "scenario.yaml");
}

Result<void> Wait(Player& player, const Args& args, const std::string& what, const std::function<bool()>& holds,
                  const std::function<std::string()>& seen) {
  if (player.stage.WaitFor(holds, SecondsIn(args, kWaitDefault))) return {};
  return Fail(ErrorCode::kConflict, fmt::format("waited in vain for {}, {} was seen{}", what, seen(),
                                                player.refused.empty() ? "" : "; refused before: " + player.refused));
}

Result<void> Expect(const std::string& what, const std::string& wanted, const std::string& seen) {
  if (wanted == seen) return {};
  return Fail(ErrorCode::kConflict, fmt::format("{} should be {} and is {}", what, wanted, seen));
}

std::string PhaseAndMessage(const Player& player) {
  const control::RolloutView view = player.stage.View();
  return fmt::format("{} ({})", PhaseOf(view), view.status.message);
}

using Question = std::function<std::string(const Player&, const Args&)>;

// Args without those that say how long to wait.
Args Plain(const Args& args) {
  Args plain;
  for (const Json& arg : args) {
    if (arg.At("seconds").is_null()) plain.push_back(arg);
  }
  return plain;
}

std::string Shown(const Json& arg) { return arg.as_string() != nullptr ? *arg.as_string() : CanonicalJson(arg); }

// "WaitForX" and "ExpectX" ask the same question; the last argument is the answer.
Deed WaitFor(Question question) {
  return [question = std::move(question)](Player& player, const Args& args) {
    const Args plain = Plain(args);
    const std::string wanted = plain.empty() ? "" : Shown(plain.back());
    return Wait(
        player, args, wanted, [&] { return question(player, plain) == wanted; },
        [&] { return question(player, plain) + ", " + PhaseAndMessage(player); });
  };
}

Deed ExpectThat(Question question) {
  return [question = std::move(question)](Player& player, const Args& args) {
    const std::string wanted = args.empty() ? "" : Shown(args.back());
    return Expect("it", wanted, question(player, args));
  };
}

std::map<std::string, Question> Questions() {
  std::map<std::string, Question> questions;
  questions["RolloutStatus"] = [](const Player& player, const Args&) { return PhaseOf(player.stage.View()); };
  questions["RolloutMessage"] = [](const Player& player, const Args&) { return player.stage.View().status.message; };
  questions["RolloutCanaryStepIndex"] = [](const Player& player, const Args&) {
    return std::to_string(StepIndex(player.stage, player.stage.View()));
  };
  questions["RolloutReplicas"] = [](const Player& player, const Args&) {
    return std::to_string(ReplicaCounts(player.stage, player.stage.View())[1]);
  };
  questions["RolloutAvailableReplicas"] = [](const Player& player, const Args&) {
    return std::to_string(ReplicaCounts(player.stage, player.stage.View())[4]);
  };
  questions["RevisionPodCount"] = [](const Player& player, const Args& args) {
    return std::to_string(PodCount(player.stage.View(), IntAt(args, 0)));
  };
  questions["ActiveRevision"] = [](const Player& player, const Args&) {
    return std::to_string(ActiveRevision(player.stage.View()));
  };
  questions["StableRevision"] = [](const Player& player, const Args&) {
    return std::to_string(StableRevision(player.stage.View()));
  };
  questions["PreviewRevision"] = [](const Player& player, const Args&) {
    return std::to_string(PreviewRevision(player.stage.View()));
  };
  questions["RevisionScaleDown"] = [](const Player& player, const Args& args) {
    return HasScaleDownDeadline(player.stage.View(), IntAt(args, 0)) ? "true" : "false";
  };
  questions["AnalysisRunCount"] = [](const Player& player, const Args&) {
    return std::to_string(player.stage.analyses().runs().size());
  };
  const std::map<std::string, RunKind> kinds = {{"Background", RunKind::kBackground},
                                                {"Inline", RunKind::kInline},
                                                {"PrePromotion", RunKind::kPrePromotion},
                                                {"PostPromotion", RunKind::kPostPromotion}};
  for (const auto& [name, kind] : kinds) {
    questions[name + "AnalysisRunPhase"] = [kind](const Player& player, const Args&) {
      return RunPhase(player.stage, player.stage.View(), kind);
    };
  }
  return questions;
}

// Upstream's tool does not tell a verb that makes no sense now from one that does; what follows shows it.
Deed Act(rollout::Verb verb) {
  return [verb](Player& player, const Args&) -> Result<void> {
    const Result<void> acted = player.stage.Act(verb);
    if (!acted.has_value()) player.refused = acted.error().message;
    return {};
  };
}

Result<void> PatchAndApply(Player& player, const std::string& patch) {
  TRY_OK(player.stage.objects().Patch(patch));
  return player.stage.Apply();
}

Result<void> UpdateSpec(Player& player, const Args& args) {
  if (!args.empty()) return PatchAndApply(player, TextAt(args, 0));
  return PatchAndApply(player,
                       fmt::format("spec: {{template: {{metadata: {{annotations: {{update: \"{}\"}}}}}}}}", ++player.updates));
}

Result<void> ExpectReplicaCounts(Player& player, const Args& args) {
  const std::vector<int> counts = ReplicaCounts(player.stage, player.stage.View());
  for (std::size_t i = 0; i < counts.size() && i < args.size(); ++i) {
    if (args[i].is_null() || args[i].IntOr(-1) == counts[i]) continue;
    return Expect("the replica counts (desired, current, updated, ready, available)", CanonicalJson(Json(args)),
                  fmt::format("[{}]", fmt::join(counts, ",")));
  }
  return {};
}

Result<void> ExpectCanaryStablePodCount(Player& player, const Args& args) {
  const control::RolloutView view = player.stage.View();
  return Expect("canary and stable pods", fmt::format("{},{}", IntAt(args, 0), IntAt(args, 1)),
                fmt::format("{},{}", CanaryPodCount(view), StablePodCount(view)));
}

Result<void> ExpectServiceSelector(Player& player, const Args& args) {
  const bool by_hash = ArgAt(args, 2).BoolOr(false) || !ArgAt(args, 1).At("rollouts-pod-template-hash").is_null();
  const bool selected = IsSelectedByRevision(player.stage.objects().rollout(), TextAt(args, 0));
  return Expect("Service " + TextAt(args, 0), by_hash ? "of one revision" : "of all", selected ? "of one revision" : "of all");
}

Result<void> ExpectEvents(Player& player, const Args& args) {
  Json::Array seen;
  for (const std::string& event : Events(player.stage)) seen.emplace_back(event);
  return Expect("the events", CanonicalJson(ArgAt(args, 0)), CanonicalJson(Json(seen)));
}

Result<void> ExpectEventsContain(Player& player, const Args& args) {
  const std::vector<std::string> seen = Events(player.stage);
  const Json& wanted = ArgAt(args, 0);
  for (const Json& event : wanted.as_array() == nullptr ? Args{} : *wanted.as_array()) {
    if (std::ranges::find(seen, event.StringOr("")) == seen.end()) {
      return Fail(ErrorCode::kNotFound, "There is no event " + event.StringOr("") + ".");
    }
  }
  return {};
}

Deed SetOf(std::vector<std::string> path) {
  return [path = std::move(path)](Player& player, const Args& args) -> Result<void> {
    player.stage.objects().Set(path, ArgAt(args, 0));
    return {};
  };
}

Result<void> SetSteps(Player& player, const Args& args) {
  TRY(const YamlNode steps, ParseYaml(TextAt(args, 0), "steps"));
  player.stage.objects().Set({"spec", "strategy", "canary", "steps"}, YamlToJson(steps));
  return {};
}

Result<void> ApplyManifests(Player& player, const Args& args) {
  if (!args.empty()) TRY_OK(Load(player, args));
  return player.stage.Apply();
}

Deed WatchStatus(const Question& status) {
  return [status](Player& player, const Args& args) {
    const std::string wanted = TextAt(args, 0);
    return Wait(player, {}, wanted, [&] { return status(player, {}) == wanted; }, [&] { return PhaseAndMessage(player); });
  };
}

// What a given, a when and a then mean. A question's waits and expectations are added from Questions().
std::map<std::string, Deed> Deeds() {
  std::map<std::string, Deed> deeds;
  for (const auto& [name, question] : Questions()) {
    deeds["WaitFor" + name] = WaitFor(question);
    deeds["Expect" + name] = ExpectThat(question);
  }
  deeds["RolloutObjects"] = Load;
  deeds["RolloutTemplate"] = Load;
  deeds["ApplyManifests"] = ApplyManifests;
  const Deed healthy = WaitFor(Questions()["RolloutStatus"]);
  deeds["HealthyRollout"] = [healthy](Player& player, const Args& args) -> Result<void> {
    TRY_OK(ApplyManifests(player, args));
    return healthy(player, {Json("Healthy")});
  };
  deeds["WatchRolloutStatus"] = WatchStatus(Questions()["RolloutStatus"]);
  deeds["UpdateSpec"] = UpdateSpec;
  deeds["PatchSpec"] = UpdateSpec;
  deeds["UpdateVersion"] = [](Player& player, const Args& args) {
    return PatchAndApply(
        player, fmt::format("spec: {{template: {{metadata: {{annotations: {{version: \"{}\"}}}}}}}}", TextAt(args, 0)));
  };
  deeds["ScaleRollout"] = [](Player& player, const Args& args) {
    return PatchAndApply(player, fmt::format("spec: {{replicas: {}}}", IntAt(args, 0)));
  };
  deeds["SetSteps"] = SetSteps;
  deeds["SetVersion"] = SetOf({"spec", "template", "metadata", "annotations", "version"});
  deeds["RevisionHistoryLimit"] = SetOf({"spec", "revisionHistoryLimit"});
  deeds["SetRollbackWindow"] = SetOf({"spec", "rollbackWindow", "revisions"});
  deeds["ScaleDownDelaySeconds"] = SetOf({"spec", "strategy", "blueGreen", "scaleDownDelaySeconds"});
  deeds["AutoPromotionEnabled"] = SetOf({"spec", "strategy", "blueGreen", "autoPromotionEnabled"});
  deeds["AutoPromotionSeconds"] = SetOf({"spec", "strategy", "blueGreen", "autoPromotionSeconds"});
  deeds["PromoteRollout"] = Act(rollout::Verb::kPromote);
  deeds["PromoteRolloutFull"] = Act(rollout::Verb::kPromoteFull);
  deeds["AbortRollout"] = Act(rollout::Verb::kAbort);
  deeds["RetryRollout"] = Act(rollout::Verb::kRetry);
  deeds["RestartRollout"] = Act(rollout::Verb::kRestart);
  deeds["UndoRollout"] = [](Player& player, const Args& args) { return player.stage.Undo(IntAt(args, 0)); };
  deeds["MarkPodsReady"] = [](Player& player, const Args& args) -> Result<void> {
    // Upstream waits until there are so many pods that can be marked.
    player.stage.Sleep(std::chrono::seconds(2));
    player.stage.MarkReady(IntAt(args, 0), IntAt(args, 1));
    return {};
  };
  const Deed sleep = [](Player& player, const Args& args) -> Result<void> {
    player.stage.Sleep(SecondsIn(args, Duration::zero()));
    return {};
  };
  deeds["Sleep"] = sleep;
  deeds["Wait"] = sleep;
  deeds["ExpectReplicaCounts"] = ExpectReplicaCounts;
  deeds["ExpectCanaryStablePodCount"] = ExpectCanaryStablePodCount;
  deeds["ExpectServiceSelector"] = ExpectServiceSelector;
  deeds["ExpectRolloutEvents"] = ExpectEvents;
  deeds["ExpectRolloutEventsContains"] = ExpectEventsContain;
  deeds["StartEventWatch"] = [](Player&, const Args&) -> Result<void> { return {}; };
  // No experiment ever runs here, and none is expected.
  deeds["ExpectExperimentCount"] = [](Player&, const Args& args) { return Expect("experiments", "0", Shown(ArgAt(args, 0))); };
  return deeds;
}

// Checks of a condition by name ("Paused=True") are code too, but what they wait for can be told: `kubectl wait`.
Result<void> WaitForCondition(Player& player, const std::string& condition) {
  const std::size_t equals = condition.find('=');
  const std::string phase = condition.substr(0, equals);
  if (equals == std::string::npos || (phase != "Paused" && phase != "Healthy")) return {};
  const bool wanted = condition.substr(equals + 1) == "True";
  return Wait(
      player, {}, condition, [&] { return (PhaseOf(player.stage.View()) == phase) == wanted; },
      [&] { return PhaseAndMessage(player); });
}

bool IsCode(const Call& call) {
  return std::ranges::any_of(call.args, [](const Json& arg) { return arg.At("custom_check").BoolOr(false); });
}

}  // namespace

Result<void> Play(const Scenario& scenario, const Corpus& corpus, std::vector<std::string>* story) {
  static const std::map<std::string, Deed> deeds = Deeds();
  Player player{.stage = {}, .corpus = corpus, .updates = 0, .refused = {}};
  TRY_OK(player.stage.objects().Load(corpus.support, "support.yaml"));
  int number = 0;
  bool asked_before = false;
  std::size_t told = 0;
  const auto tell = [&](const std::string& line) {
    if (story == nullptr) return;
    const std::vector<NewEntry>& entries = player.stage.entries();
    for (; told < entries.size(); ++told)
      story->push_back(fmt::format("    {} {}", entries[told].entry.kind, entries[told].entry.message));
    const double seconds = std::chrono::duration<double>(player.stage.Now().time_since_epoch()).count();
    story->push_back(fmt::format("{:.1f} s {}", seconds, line));
  };
  for (const Call& call : scenario.calls) {
    ++number;
    tell(call.name + " " + CanonicalJson(Json(call.args)));
    const bool asks = call.name.starts_with("Expect");
    if (asks && !std::exchange(asked_before, asks)) player.stage.Sleep(kAskTime);
    asked_before = asks;
    if (IsCode(call)) {
      if (call.name == "ExpectRollout") TRY_OK(WaitForCondition(player, TextAt(call.args, 0)));
      continue;
    }
    const auto deed = deeds.find(call.name);
    if (deed == deeds.end())
      return Fail(ErrorCode::kUnsupported, fmt::format("call {}, {}: not known here", number, call.name));
    const Result<void> done = deed->second(player, call.args);
    if (done.has_value()) continue;
    tell("failed");
    return Fail(done.error().code, fmt::format("call {}, {}: {}", number, call.name, done.error().message));
  }
  return {};
}

}  // namespace tuesday::scenarios
