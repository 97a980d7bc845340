// SPDX-License-Identifier: Apache-2.0
#include "app/cli/render/rollout.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/render/table.h"
#include "base/time.h"

namespace tuesday::cli {
namespace {

// Argo's signs (pkg/kubectl-argo-rollouts/info).
std::string PhaseSign(std::string_view phase) {
  if (phase == "Healthy" || phase == "Running" || phase == "Successful") return "✔";
  if (phase == "Degraded" || phase == "Failed") return "✖";
  if (phase == "Paused") return "॥";
  if (phase == "ScaledDown" || phase == "Stopped") return "•";
  if (phase == "Starting" || phase == "Progressing" || phase == "Terminating") return "◌";
  return "⚠";
}

// Percent without a sign, as Argo prints weights: "10", or "0.5" where only we are as fine.
std::string PercentNumber(std::int64_t permille) {
  return permille % 10 == 0 ? fmt::format("{}", permille / 10) : fmt::format("{}.{}", permille / 10, permille % 10);
}

// Each image once with the roles that use it, canary first.
std::vector<std::string> ImageLines(const Json& rollout) {
  std::vector<std::string> lines;
  for (const Json& revision : ArrayOf(rollout.At("revisions"))) {
    const std::string role = revision.At("role").StringOr("");
    if (role.empty()) continue;
    for (const Json& image : ArrayOf(revision.At("images"))) lines.push_back(fmt::format("{} ({})", image.StringOr(""), role));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string Head(const Json& rollout) {
  const std::string phase = rollout.At("phase").StringOr("");
  std::string text = fmt::format("{:<17}{}\n{:<17}{}\n{:<17}{} {}\n", "Name:", rollout.At("name").StringOr(""),
                                 "Namespace:", rollout.At("namespace").StringOr(""), "Status:", PhaseSign(phase), phase);
  const std::string message = rollout.At("message").StringOr("");
  if (!message.empty()) text += fmt::format("{:<17}{}\n", "Message:", message);
  text += fmt::format("{:<17}{}\n", "Strategy:", rollout.At("strategy").StringOr(""));
  const Json& step = rollout.At("step");
  if (step.At("count").IntOr(0) > 0) {
    text += fmt::format("{:<17}{}/{}\n", "  Step:", step.At("index").IntOr(0), step.At("count").IntOr(0));
    text += fmt::format("{:<17}{}\n", "  SetWeight:", PercentNumber(rollout.At("set_weight_permille").IntOr(0)));
    text += fmt::format("{:<17}{}\n", "  ActualWeight:", PercentNumber(rollout.At("share_permille").IntOr(0)));
  }
  std::string label = "Images:";
  for (const std::string& line : ImageLines(rollout)) {
    text += fmt::format("{:<17}{}\n", label, line);
    label.clear();
  }
  const Json& replicas = rollout.At("replicas");
  text += "Replicas:\n";
  for (const auto& [name, key] : {std::pair("  Desired:", "desired"),
                                  {"  Current:", "current"},
                                  {"  Updated:", "updated"},
                                  {"  Ready:", "ready"},
                                  {"  Available:", "available"}}) {
    text += fmt::format("{:<17}{}\n", name, replicas.At(key).IntOr(0));
  }
  return text;
}

std::string RevisionPhase(const Json& revision) {
  const std::int64_t desired = revision.At("desired").IntOr(0);
  if (desired == 0 && ArrayOf(revision.At("instances")).empty()) return "ScaledDown";
  for (const Json& instance : ArrayOf(revision.At("instances"))) {
    if (instance.At("phase").StringOr("") == "CrashLoopBackOff") return "Degraded";
  }
  return revision.At("ready").IntOr(0) >= desired ? "Healthy" : "Progressing";
}

void AddInstances(Table& table, const Json& revision, const std::string& stem) {
  const Json::Array& instances = ArrayOf(revision.At("instances"));
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const Json& instance = instances[i];
    const std::string branch = i + 1 == instances.size() ? "└──□ " : "├──□ ";
    const std::string phase = instance.At("phase").StringOr("");
    std::string info = fmt::format("ready:{}/1", instance.At("ready").BoolOr(false) ? 1 : 0);
    if (instance.At("restarts").IntOr(0) > 0) info += fmt::format(",restarts:{}", instance.At("restarts").IntOr(0));
    table.Add({stem + branch + instance.At("name").StringOr(""), "Pod", PhaseSign(phase) + " " + phase,
               AgeText(instance.At("age_seconds").NumberOr(0)), info});
  }
}

std::string Tree(const Json& rollout) {
  Table table({"NAME", "KIND", "STATUS", "AGE", "INFO"});
  const std::string name = rollout.At("name").StringOr("");
  const std::string phase = rollout.At("phase").StringOr("");
  table.Add({"⟳ " + name, "Rollout", PhaseSign(phase) + " " + phase, AgeText(rollout.At("age_seconds").NumberOr(0)), ""});
  const Json::Array& revisions = ArrayOf(rollout.At("revisions"));
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    const bool last = i + 1 == revisions.size();
    const Json& revision = revisions[i];
    table.Add({fmt::format("{}# revision:{}", last ? "└──" : "├──", revision.At("number").IntOr(0)), "", "", "", ""});
    const std::string stem = last ? "   " : "│  ";
    const std::string revision_phase = RevisionPhase(revision);
    table.Add({fmt::format("{}└──⧉ {}-{}", stem, name, revision.At("revision").StringOr("")), "ReplicaSet",
               PhaseSign(revision_phase == "ScaledDown" ? "ScaledDown" : revision_phase) + " " + revision_phase,
               AgeText(revision.At("age_seconds").NumberOr(0)), revision.At("role").StringOr("")});
    AddInstances(table, revision, stem + "   ");
  }
  return table.Text();
}

std::string StableText(const Json& rollout) {
  const std::int64_t number = rollout.At("stable_number").IntOr(0);
  if (number == 0) return "Nothing is stable yet.";
  return fmt::format("Now: rev {} {}.", number, PermilleText(1000 - rollout.At("weight_permille").IntOr(0)));
}

Duration Between(const Json& attempt, std::string_view from, std::string_view to) {
  const Result<WallTime> begin = ParseWall(attempt.At(from).StringOr(""));
  const Result<WallTime> end = ParseWall(attempt.At(to).StringOr(""));
  return begin.has_value() && end.has_value() ? Duration(*end - *begin) : Duration::zero();
}

// "Now: …" and "More: …" need no namespace when it is the default one.
std::string NameArguments(const Json& rollout) {
  const std::string ns = rollout.At("namespace").StringOr("default");
  const std::string name = rollout.At("name").StringOr("");
  return ns == "default" ? name : fmt::format("{} -n {}", name, ns);
}

}  // namespace

const Json::Array& ArrayOf(const Json& json) {
  static const Json::Array kNothing;
  const Json::Array* array = json.as_array();
  return array == nullptr ? kNothing : *array;
}

std::string PermilleText(std::int64_t permille) { return PercentNumber(permille) + " %"; }

std::string NotReadyText(const Json& rollout) {
  std::string text;
  for (const Json& instance : ArrayOf(rollout.At("not_ready"))) {
    const std::int64_t restarts = instance.At("restarts").IntOr(0);
    const std::string exit = instance.At("last_exit").StringOr("");
    const std::string why = instance.At("why").StringOr("");
    text += fmt::format("not ready: {} (rev {}, {}, {}{}{}): {}\n", instance.At("name").StringOr(""),
                        instance.At("number").IntOr(0), instance.At("phase").StringOr(""),
                        AgeText(instance.At("age_seconds").NumberOr(0)),
                        restarts == 0 ? "" : fmt::format(", restarts {}", restarts),
                        exit.empty() || why.find(exit) != std::string::npos ? "" : ", last " + exit, why);
  }
  return text;
}

std::string RolloutTree(const Json& rollout) {
  const std::string waits = NotReadyText(rollout);
  return Head(rollout) + "\n" + Tree(rollout) + (waits.empty() ? "" : "\n" + waits);
}

Ended EndedOf(const Json& rollout) {
  const Json::Array& attempts = ArrayOf(rollout.At("attempts"));
  if (attempts.empty()) return Ended::kNo;
  const std::string stage = attempts.back().At("stage").StringOr("");
  const std::string ending = attempts.back().At("ending").StringOr("");
  if (ending == "aborted" || ending == "rolled back") {
    return stage == "aborting" || rollout.At("weight_permille").IntOr(0) > 0 ? Ended::kNo : Ended::kBadly;
  }
  if (ending == "superseded") return Ended::kBadly;
  return stage == "baking" || stage == "done" ? Ended::kWell : Ended::kNo;
}

std::string OutcomeLine(const Json& rollout) {
  const Json::Array& attempts = ArrayOf(rollout.At("attempts"));
  const std::string name = rollout.At("name").StringOr("");
  if (attempts.empty()) return fmt::format("{}: nothing has been deployed.", name);
  const Json& attempt = attempts.back();
  const std::int64_t number = attempt.At("number").IntOr(0);
  const std::string ending = attempt.At("ending").StringOr("");
  const std::string more = fmt::format("More: tuesday why {}", NameArguments(rollout));
  std::string reason = attempt.At("reason").StringOr("");
  if (reason.ends_with('.')) reason.pop_back();
  if (ending == "aborted" || ending == "rolled back") {
    return fmt::format("{} rev {} {} at {} after {}: {}. {} {}", name, number, ending == "aborted" ? "ABORTED" : "ROLLED BACK",
                       PermilleText(attempt.At("weight_permille_max").IntOr(0)),
                       DurationText(Between(attempt, "began", "ended")), reason.empty() ? "no reason was given" : reason,
                       StableText(rollout), more);
  }
  if (ending == "superseded")
    return fmt::format("{} rev {} SUPERSEDED: {}. {} {}", name, number, reason, StableText(rollout), more);
  if (EndedOf(rollout) == Ended::kWell) {
    const std::string bake = attempt.At("stage").StringOr("") == "baking"
                                 ? fmt::format(" Its rules go on for {}.",
                                               DurationText(std::chrono::duration_cast<Duration>(
                                                   std::chrono::duration<double>(rollout.At("bake_seconds").NumberOr(0)))))
                                 : "";
    return fmt::format("{} rev {} PROMOTED after {}. Now: rev {} 100 %.{} {}", name, number,
                       DurationText(Between(attempt, "began", "promoted")), number, bake, more);
  }
  return fmt::format("{} rev {} {}: {} at {}. {}", name, number, rollout.At("phase").StringOr(""),
                     rollout.At("step").At("text").StringOr(""), PermilleText(rollout.At("weight_permille").IntOr(0)),
                     rollout.At("message").StringOr(""));
}

std::string WhyText(const Json& rollout) {
  std::string text = OutcomeLine(rollout) + "\n";
  const std::string trouble = rollout.At("trouble").StringOr("");
  if (!trouble.empty()) text += "Held: " + trouble + "\n";
  text += NotReadyText(rollout);
  const std::string gate = rollout.At("gate").StringOr("");
  if (!gate.empty()) text += fmt::format("Gate: {}. {}\n", gate, rollout.At("gate_reason").StringOr(""));
  for (const Json& signal : ArrayOf(rollout.At("signals"))) {
    text += fmt::format("  {} {} ({}, {}): {}\n", signal.At("counts").BoolOr(false) ? "*" : " ", signal.At("name").StringOr(""),
                        signal.At("verdict").StringOr(""), signal.At("state").StringOr(""), signal.At("reason").StringOr(""));
    for (const Json& item : ArrayOf(signal.At("evidence"))) {
      text += fmt::format("      {} = {}  ({} to {})\n", item.At("what").StringOr(""), item.At("value").StringOr(""),
                          item.At("from").StringOr(""), item.At("to").StringOr(""));
    }
  }
  text += fmt::format("Look at: tuesday rollout get {0}; tuesday audit log --rollout {0}\n", NameArguments(rollout));
  return text;
}

}  // namespace tuesday::cli
