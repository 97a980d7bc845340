// SPDX-License-Identifier: Apache-2.0
#include "app/cli/simulate/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/source.h"
#include "base/yaml.h"

namespace tuesday::cli::simulate {
namespace {

using Keys = std::vector<std::string_view>;

// Reads one document and names the place of whatever is wrong.
class ScenarioReader {
 public:
  explicit ScenarioReader(std::string_view file) : file_(file) {}

  Result<Script> Read(const YamlNode& root, const Conditions& base) {
    Script script;
    script.changes = {base};
    if (root.IsNull()) return script;
    TRY_OK(CheckKeys(root, {"rps", "canary", "stable", "changes", "answers"}));
    TRY_OK(ReadConditions(root, script.changes.front(), &script));
    TRY_OK(ReadAnswers(root, script.answers));
    const YamlNode* changes = root.Find("changes");
    if (changes == nullptr || changes->IsNull()) return script;
    if (!changes->IsSequence()) return Bad(*changes, "`changes` must be a list.", "Write `changes: [{at: 5m, rps: 400}]`.");
    if (changes->items.size() > kChangesMax) return Bad(*changes, fmt::format("At most {} changes are read.", kChangesMax));
    for (const YamlNode& item : changes->items) TRY_OK(ReadChange(item, script));
    return script;
  }

 private:
  std::unexpected<Error> Bad(const YamlNode& at, const std::string& message, std::string hint = {}) const {
    return Fail(ErrorCode::kInvalid, SourcePos{file_, at.line, at.column}.Text() + ": " + message, std::move(hint));
  }

  Result<void> CheckKeys(const YamlNode& node, const Keys& keys) const {
    if (!node.IsMapping())
      return Bad(node, "A mapping is wanted here.", fmt::format("Its keys are {}.", fmt::join(keys, ", ")));
    for (const YamlMember& member : node.members) {
      const std::string& key = member.first.text;
      if (std::ranges::find(keys, std::string_view(key)) != keys.end()) continue;
      const std::string nearest = NearestWord(key, keys);
      return Bad(
          member.first, fmt::format("The key `{}` is not known.", key),
          nearest.empty() ? fmt::format("Known are {}.", fmt::join(keys, ", ")) : fmt::format("Did you mean `{}`?", nearest));
    }
    return {};
  }

  Result<void> Number(const YamlNode& node, std::string_view key, double low, double high, double& out) const {
    const YamlNode* found = node.Find(key);
    if (found == nullptr) return {};
    const std::optional<double> value = found->AsDouble();
    if (!value || !(*value >= low && *value <= high))
      return Bad(*found, fmt::format("`{}` must be a number from {:g} to {:g}.", key, low, high));
    out = *value;
    return {};
  }

  Result<std::optional<Duration>> Time(const YamlNode& node, std::string_view key) const {
    const YamlNode* found = node.Find(key);
    if (found == nullptr || found->IsNull()) return std::optional<Duration>();
    const Result<Duration> read = found->IsScalar() ? ParseGoDuration(found->text) : Fail(ErrorCode::kInvalid, "");
    if (!read || *read < Duration::zero())
      return Bad(*found, fmt::format("`{}` must be a duration.", key), "Write it as 90s or 5m.");
    return std::optional(*read);
  }

  // `script` is null where only what changes over time may stand.
  Result<void> ReadSide(const YamlNode& holder, std::string_view key, SideConditions& side, Script* script) const {
    const YamlNode* node = holder.Find(key);
    if (node == nullptr || node->IsNull()) return {};
    Keys keys = {"errors_percent", "latency_factor"};
    const bool is_canary = key == "canary";
    if (script != nullptr && is_canary) keys.insert(keys.end(), {"ready", "crash_after"});
    TRY_OK(CheckKeys(*node, keys));
    TRY_OK(Number(*node, "errors_percent", 0, 100, side.errors_percent));
    TRY_OK(Number(*node, "latency_factor", kLatencyFactorMin, kLatencyFactorMax, side.latency_factor));
    if (script == nullptr || !is_canary) return {};
    if (const YamlNode* ready = node->Find("ready"); ready != nullptr) {
      if (!ready->AsBool()) return Bad(*ready, "`ready` must be true or false.");
      script->canary_ready = *ready->AsBool();
    }
    TRY(script->canary_crash_after, Time(*node, "crash_after"));
    return {};
  }

  Result<void> ReadConditions(const YamlNode& node, Conditions& conditions, Script* script) const {
    TRY_OK(Number(node, "rps", 0, kRequestsPerSecondMax, conditions.requests_per_second));
    TRY_OK(ReadSide(node, "canary", conditions.canary, script));
    TRY_OK(ReadSide(node, "stable", conditions.stable, script));
    return {};
  }

  // `answers: {METRIC: [VALUE, ...]}`: a list is one value a measurement.
  Result<void> ReadAnswers(const YamlNode& root, Answers& answers) const {
    const YamlNode* node = root.Find("answers");
    if (node == nullptr || node->IsNull()) return {};
    if (!node->IsMapping()) return Bad(*node, "`answers` must be a mapping.", "Write `answers: {smoke-test: [0]}`.");
    for (const YamlMember& member : node->members) {
      if (!member.second.IsSequence() || member.second.items.empty() || member.second.items.size() > kAnswersMax) {
        return Bad(member.second,
                   fmt::format("The answers of {} must be a list of 1 to {} values.", member.first.text, kAnswersMax),
                   "The last value is given again for every further measurement.");
      }
      for (const YamlNode& item : member.second.items) answers[member.first.text].push_back(YamlToJson(item));
    }
    return {};
  }

  // What a change does not name stays as it was.
  Result<void> ReadChange(const YamlNode& item, Script& script) const {
    TRY_OK(CheckKeys(item, {"at", "rps", "canary", "stable"}));
    TRY(const std::optional<Duration> at, Time(item, "at"));
    if (!at) return Bad(item, "A change needs `at`.", "Write `at: 5m`, counted from the start of the rollout.");
    if (*at <= script.changes.back().at) return Bad(item, "Changes must stand in the order of `at`, from after 0s.");
    Conditions next = script.changes.back();
    next.at = *at;
    TRY_OK(ReadConditions(item, next, nullptr));
    script.changes.push_back(next);
    return {};
  }

  std::string file_;
};

}  // namespace

Result<Script> ReadScenario(std::string_view text, std::string_view file, const Conditions& base) {
  TRY(const YamlNode root, ParseYaml(text, file));
  return ScenarioReader(file).Read(root, base);
}

}  // namespace tuesday::cli::simulate
