// SPDX-License-Identifier: Apache-2.0
#include "core/lint/rule_table.h"

#include <algorithm>
#include <array>

namespace tuesday::lint {
namespace {

using enum Severity;
using enum RuleGroup;

constexpr auto kRuleTable = std::to_array<RuleText>({
    {"bad-annotation", kError, kReading, "A `tuesday/...` annotation has an unknown name or value.",
     "It would silently not be in force.", "Take the name and value from docs/formats/annotations.md."},
    {"bad-duration", kError, kReading, "A text is no duration.", "Nobody could know how long is meant.",
     "Write 30s, 5m or 1h."},
    {"bad-label", kError, kReading, "A label's value is one that Kubernetes refuses.", "The file could not be used elsewhere.",
     "At most 63 letters, digits, `-`, `_` and `.`."},
    {"bad-name", kError, kReading,
     "A name that no folder or host name could carry (a warning where only Kubernetes refuses it).",
     "Names become folders, labels and hosts.", "Lower-case letters, digits, `-` and `.`."},
    {"contradiction", kError, kReading, "Two fields exclude each other.", "One of them would be ignored.",
     "Keep one of the two."},
    {"duplicate-name", kError, kReading, "Two entries of a list have the same name.", "Only one of them could be meant.",
     "Rename one."},
    {"duplicate-service", kError, kReading, "Both sides of a release have the same Service.",
     "Requests could not be told apart.", "Name another Service."},
    {"empty-selector", kError, kReading, "A selector selects nothing.", "It would match every instance.",
     "Give it a label of the template."},
    {"empty-step", kError, kReading, "A step does nothing.", "It is most often a slip of indentation.",
     "`pause: {}` waits until somebody promotes."},
    {"exactly-one", kError, kReading, "Several of a choice are given, or none.", "Only one can be meant.", "Keep one."},
    {"foreign-kind", kNote, kReading, "An object of a kind that nothing here acts on.", "It is kept and shown.", ""},
    {"limit", kError, kReading, "Something is larger than its limit.", "Everything here is bounded.",
     "The limits are in docs/operate/limits.md."},
    {"missing-field", kError, kReading, "A field is missing.", "There is no default for it.", "Add it."},
    {"no-effect", kWarning, kReading, "A field without effect on one machine.", "Its author expects something of it.",
     "Remove it, or know that it does nothing here."},
    {"not-an-object", kError, kReading, "A document is no object.", "Nothing can be made of it.",
     "Give `apiVersion`, `kind` and `metadata`."},
    {"other-provider", kWarning, kReading, "A metric's provider is not executed here.",
     "A rollout that uses the template is refused.", "Measure with `prometheus`, `web` or `job`."},
    {"out-of-range", kError, kReading, "A number is outside of its range.", "It could not be kept.", "See the message."},
    {"quantity", kError, kReading, "A text is no quantity (a warning for requests, which have no effect here).",
     "The limit would not be in force.", "Write 250m, 0.5, 256Mi or 1G."},
    {"selector-mismatch", kError, kReading, "A selector names labels that the template does not have.",
     "It would select no instance.", "Make the labels equal."},
    {"several-kinds", kError, kReading, "One step has several kinds.", "Their order would be anybody's guess.",
     "Make each a step of its own."},
    {"star-path", kNote, kReading, "A path of an Ingress ends with `*`.", "It is read as a prefix.", "Write the prefix."},
    {"template-language", kError, kReading, "The file is a Helm template.", "It becomes a manifest when it is rendered.",
     "`helm template . | tuesday check -`."},
    {"unknown-key", kError, kReading, "A key that no type has.", "A misspelt key is a setting that is not in force.",
     "The nearest known key is named; `--fix` writes it when there is only one."},
    {"unknown-kind", kError, kReading, "A kind that its group does not have.", "The object would silently do nothing.",
     "The nearest known kind is named; `--fix` writes it."},
    {"unknown-value", kError, kReading, "A word that is not among those allowed.", "It would not be in force.",
     "See the message."},
    {"unknown-version", kError, kReading, "A version of a kind that is not read.", "Its fields may mean other things.",
     "Write the version that is named."},
    {"unsupported", kError, kReading, "Something that is understood and not here yet.",
     "To ignore it would be to run something else than what was tested.", "docs/guide/manifests.md has the list."},
    {"workflow-not-read", kNote, kReading, "A workflow, which is not checked yet.", "Only manifests and rules are.", ""},
    {"wrong-type", kError, kReading, "A value of another type.", "YAML reads `8080` as a number and `yes` as a text.",
     "`--fix` quotes a number where a text is wanted."},
    {"yaml", kError, kReading, "The text is no YAML.", "Nothing of the file can be read.", "See the message."},

    {"built-in-template", kNote, kObjects, "A template that no file gives and tuesday has.", "It should be known what judges.",
     "A ClusterAnalysisTemplate of that name takes its place."},
    {"duplicate-object", kError, kObjects, "An object is given twice.", "The later one would win.", "Keep one."},
    {"ingress-mismatch", kError, kObjects, "An Ingress routes nothing to the stable Service.", "No request would be split.",
     "Route a path of it to the stable Service."},
    {"made-with-defaults", kNote, kObjects, "An object that no file gives is made.", "It should be known what is there.",
     "On Kubernetes a file must give it."},
    {"missing-argument", kError, kObjects, "A template needs an argument that nothing gives.", "Its query would be none.",
     "Add it to `args`."},
    {"missing-config", kWarning, kObjects, "A ConfigMap or Secret that no file gives.", "Instances cannot start without it.",
     "Give it, or mark it `optional: true`."},
    {"mutable-tag", kWarning, kObjects, "An image has the tag `latest`, or none.",
     "The file alone names no revision to roll back to.", "Name a version or a digest."},
    {"no-liveness-probe", kNote, kObjects, "A container has no liveness probe.", "An instance that hangs is not restarted.",
     "Add `livenessProbe`."},
    {"no-probe", kWarning, kObjects, "A container has no probe at all.", "\"Available\" then means \"started\".",
     "Add `readinessProbe: {httpGet: {path: /, port: ...}}`."},
    {"no-readiness-probe", kWarning, kObjects, "A container has no readiness probe.", "\"Available\" then means \"started\".",
     "Add `readinessProbe`."},
    {"one-instance", kNote, kObjects, "The first weight is one instance.", "A bad machine and a bad release look alike.",
     "At least three instances carry a canary's evidence."},
    {"per-request-weight", kNote, kObjects, "Weights are per request, not per user.",
     "Of those who ask often nearly all meet the canary.", "`tuesday/sticky: \"true\"` keeps a user with one revision."},
    {"unknown-port", kWarning, kObjects, "A Service sends to a port that the container does not name.",
     "It would reach nothing.", "Name the containerPort, or give a number."},
    {"unknown-template", kError, kObjects, "An analysis template that nothing gives.", "The release would have no judge.",
     "Give it, or correct the name."},

    {"analysis-after-last-step", kWarning, kMeaning, "A background analysis begins after the last step.",
     "Steps count from 0; it never runs.", "Lower `startingStep`."},
    {"bad-condition", kError, kMeaning, "A condition cannot be read.", "Every measurement would be an error.",
     "docs/guide/analysis.md has the language."},
    {"bad-query", kError, kMeaning, "A query is no PromQL.", "Every measurement would be an error.", "See the message."},
    {"constant-condition", kError, kMeaning, "A condition holds for every value, or for none.", "It decides nothing.",
     "Compare with a number that the query can reach on both sides."},
    {"contradicting-thresholds", kError, kMeaning, "A value is a success and a failure at once.",
     "Failure wins, and the success condition says something else.", "Let the two conditions exclude each other."},
    {"duplicate-metric", kError, kMeaning, "Two templates of one analysis have a metric of the same name.",
     "Argo Rollouts refuses the analysis when it begins, in mid-release.", "Rename one."},
    {"endless-last-pause", kNote, kMeaning, "The last step waits for a person.",
     "Until somebody promotes, two versions run side by side.", "Give it a duration, or a gate."},
    {"interval-shorter-than-scrape", kWarning, kMeaning, "A metric is measured more often than there are samples.",
     "One bad sample counts as several failures.", "Measure as often as there are samples, or less."},
    {"limit-never-reached", kWarning, kMeaning, "A limit that there are too few measurements to reach.",
     "The metric can never end that way.", "Lower the limit, or raise `count`."},
    {"limit-past-the-steps", kWarning, kMeaning, "A background metric that cannot fail often enough while the steps last.",
     "The release is promoted before the limit is reached.", "Lower `failureLimit`, or measure more often."},
    {"no-condition", kWarning, kMeaning, "A metric without condition.", "Every value is a success.", "Add `successCondition`."},
    {"scale-down-before-drain", kWarning, kMeaning, "Old instances are stopped before connections to them have ended.",
     "Users see resets at the end of every release.", "`scaleDownDelaySeconds` of at least 30."},
    {"step-after-full", kWarning, kMeaning, "Steps after the weight of 100.", "Nothing is left to try.",
     "End the steps before it."},
    {"undeclared-argument", kError, kMeaning, "A template takes an argument that it does not declare.",
     "The query is sent with the braces in it.", "Add it to `spec.args`."},
    {"unguarded-index", kWarning, kMeaning, "`result[0]` of a result that may be empty.",
     "Without requests there is no element 0: an error on Argo Rollouts, no evidence here.", "`len(result) > 0 && ...`."},
    {"unknown-dry-run", kWarning, kMeaning, "`dryRun` names a metric that is not there.",
     "The metric that was meant counts, and can end the release.", "Correct the name."},
    {"unread-argument", kNote, kMeaning, "A template declares an argument that nothing of it takes.",
     "Who gives it expects an effect.", "Use it, or remove it."},
    {"unused-argument", kWarning, kMeaning, "An argument is given that no template takes.",
     "It is most often a misspelt name, and the default is in force.", "Correct the name, or remove it."},
    {"weight-falls", kWarning, kMeaning, "A weight is lower than the one before.", "A step back is an abort.",
     "Let weights rise."},
    {"weight-repeats", kWarning, kMeaning, "A weight is set again.", "The step changes nothing.", "Remove it, or raise it."},
    {"window-longer-than-step", kWarning, kMeaning, "A query looks back further than the weight that it judges lasts.",
     "Most of what it sees is from before.", "Pause for longer, or measure over a shorter window."},

    {"absolute-threshold", kWarning, kRules, "A threshold without a baseline.",
     "When the stable version is as bad, the release is blamed.", "Compare with the stable version."},
    {"alert-only", kError, kRules, "A field of alerts in a recording rule.", "It has no meaning there.", "Remove it."},
    {"bad-expr", kError, kRules, "An expression is no PromQL.", "The rule could not be evaluated.", "See the message."},
    {"bad-limit", kError, kRules, "`limit` is no whole number.", "", "Write 0 or more."},
    {"bad-template", kError, kRules, "A template in a label or annotation is wrong.", "The alert would have no text.",
     "See the message."},
    {"first-sample", kNote, kRules, "A series that begins with its first errors.", "`rate` does not see them.",
     "Count requests instead, or let the series begin at 0."},
    {"for-shorter-than-window", kNote, kRules, "`for` is shorter than the window under it.", "It filters little.",
     "Make `for` longer than the window."},
    {"group-name", kError, kRules, "A group's name is empty or there twice.", "", "Rename it."},
    {"histogram-clamp", kNote, kRules, "A quantile beyond the last bucket.", "It shows the bucket's bound, never more.",
     "Add a bucket above the threshold."},
    {"label-name", kError, kRules, "A label's name is invalid.", "", "Letters, digits and `_`."},
    {"label-value", kError, kRules, "A label's value is no UTF-8.", "", "Write UTF-8."},
    {"missing-expr", kError, kRules, "A rule has no expression.", "", "Add `expr`."},
    {"missing-rollback-label", kNote, kRules, "Nothing says whether an alert takes a canary back.",
     "It is then decided by its expression.", "Add the label or annotation that is named."},
    {"nan-without-traffic", kWarning, kRules, "Without requests the expression is 0/0.", "No comparison lets NaN through.",
     "Say what no requests mean."},
    {"not-yaml", kError, kRules, "A rule file is no YAML.", "", "See the message."},
    {"pod-name", kNote, kRules, "The canary is found by the name of a pod.", "Names change.", "Match the label that is named."},
    {"record-name", kError, kRules, "A recording rule's name is invalid.", "", "Letters, digits, `_` and `:`."},
    {"rule-kind", kError, kRules, "A rule has both `record` and `alert`, or neither.", "", "Keep one."},

    {"silence-without-reason", kWarning, kSilences, "A silence does not say why.", "Nobody will dare to remove it.",
     "`# tuesday: allow RULE because ...`."},
    {"unused-silence", kWarning, kSilences, "A silence silences nothing.", "It would hide the next finding.", "Remove it."},
});

}  // namespace

std::span<const RuleText> RuleTable() { return kRuleTable; }

const RuleText* FindRule(std::string_view name) {
  const auto found =
      std::find_if(kRuleTable.begin(), kRuleTable.end(), [name](const RuleText& rule) { return rule.name == name; });
  return found == kRuleTable.end() ? nullptr : &*found;
}

std::string_view RuleGroupName(RuleGroup group) {
  switch (group) {
    case kReading: return "reading";
    case kObjects: return "objects";
    case kMeaning: return "meaning";
    case kRules: return "rules";
    case kSilences: return "silences";
  }
  return "";
}

}  // namespace tuesday::lint
