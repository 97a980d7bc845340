// SPDX-License-Identifier: Apache-2.0
#include "control/apply/prepare.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "control/apply/conditions.h"
#include "control/apply/conflicts.h"
#include "control/apply/gates.h"
#include "control/apply/plan.h"
#include "control/apply/questions.h"
#include "control/apply/registry_logins.h"
#include "control/apply/resolve.h"
#include "control/apply/typed.h"
#include "core/lint/lint.h"
#include "core/lint/rule_table.h"
#include "core/lint/silence.h"
#include "core/manifest/check.h"
#include "core/rules/file.h"

namespace tuesday::control {

namespace {

constexpr std::size_t kUidHexDigits = 16;

std::string AllFindings(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!text.empty()) text += "\n";
    text += finding.Text();
  }
  return text;
}

std::string_view ChangeName(ObjectChange change) {
  if (change == ObjectChange::kDeleted) return "deleted";
  return change == ObjectChange::kCreated ? "created" : "configured";
}

// Errors of meaning, as `tuesday check` finds them: what could only fail once the release is under way. A comment of the file
// with a reason silences one here too.
std::vector<Finding> ErrorsOfMeaning(const std::vector<ManifestText>& files, const std::vector<manifest::Object>& given,
                                     const manifest::CheckContext& context, const std::vector<Finding>& known) {
  std::vector<Finding> findings = lint::LintObjects(given, context);
  for (const ManifestText& file : files) lint::ApplySilences(file.text, file.file, findings);
  std::erase_if(findings, [&](const Finding& finding) {
    const lint::RuleText* rule = lint::FindRule(finding.rule);
    const bool is_said = std::ranges::any_of(known, [&](const Finding& other) {
      return other.rule == finding.rule && other.at.file == finding.at.file && other.at.line == finding.at.line;
    });
    return is_said || finding.severity != Severity::kError || rule == nullptr || rule->group != lint::RuleGroup::kMeaning;
  });
  return findings;
}

// What is wrong between the objects given, and between them and those that are there already.
std::vector<Finding> CheckAgainst(const Known& known, const std::vector<ManifestText>& files,
                                  const std::vector<manifest::Object>& given, const Namespace& ns) {
  std::vector<Finding> stored_findings;
  std::vector<manifest::Object> stored;
  TypedObjects typed = ReadStored(known.objects, stored_findings);
  for (auto& [name, object] : typed) {
    object.metadata.ns = name.ns.str();
    stored.push_back(std::move(object));
  }
  const manifest::CheckContext context{ns, stored};
  std::vector<Finding> findings = manifest::CheckObjects(given, context);
  std::ranges::move(CheckConditions(given, context), std::back_inserter(findings));
  std::ranges::move(ErrorsOfMeaning(files, given, context, findings), std::back_inserter(findings));
  return findings;
}

// Kinds that a revision or a route is resolved from: a change of one concerns every rollout of its namespace.
bool IsResolvedFrom(const std::string& kind) {
  return kind == "Service" || kind == "Ingress" || kind == "ConfigMap" || kind == "Secret";
}

using RawByName = std::map<ObjectName, Json>;

class Preparation {
 public:
  Preparation(const Known& known, ArtifactStore& artifacts) : known_(known), artifacts_(artifacts), after_(known.objects) {}

  // Takes one object as given; `content` is what the user wrote.
  void Take(const ObjectName& name, Json content, const std::string& file);

  // set-image: the object stays as it was given, with another image.
  Result<void> Override(const ImageChange& change);

  // Takes one object out. False when there is none.
  bool Remove(const ObjectName& name, const DeleteRequest& request);

  // Whether what stays still has all that it names.
  Result<void> CheckRest() const;

  // undo: the object stays as it was given, and runs as an earlier revision.
  Result<void> Pin(const UndoChange& change);

  // Everything that there will be, given and stored.
  TypedObjects ReadAfter(std::vector<Finding>& findings) const { return ReadStored(after_, findings); }

  // Resolves every rollout that is concerned.
  Result<void> ResolveAll(const TypedObjects& typed);

  Prepared Finish(std::string by, std::string file);

 private:
  void Store(state::ObjectRecord record, ObjectChange change);
  std::set<RolloutName> Concerned() const;
  bool IsKept(const RolloutName& name, const RevisionId& revision) const {
    const auto revisions = known_.revisions.find(name);
    return revisions != known_.revisions.end() && revisions->second.contains(revision);
  }
  Result<std::string> ImageDigest(const RolloutName& name, const std::string& container, const std::string& image,
                                  const TypedObjects& typed);
  Result<std::string> PinnedImage(const RolloutName& name, const std::string& image, const TypedObjects& typed);
  Result<void> ResolveOne(const RolloutName& name, const TypedObjects& typed);
  Uid Mint(const std::string& name) const { return Uid(Sha256Hex(known_.mint + " " + name).substr(0, kUidHexDigits)); }

  const Known& known_;
  ArtifactStore& artifacts_;
  std::map<ObjectName, state::ObjectRecord> after_;
  std::set<RolloutName> given_;  // Their images are resolved anew.
  Prepared prepared_;
};

void Preparation::Take(const ObjectName& name, Json content, const std::string& file) {
  if (name.kind == "Rollout") given_.insert({name.ns, name.name});
  const auto known = known_.objects.find(name);
  state::ObjectRecord record;
  if (known == known_.objects.end()) {
    record.name = name;
    record.uid = Mint(name.ns.str() + "/" + name.kind + "/" + name.name);
    record.generation = Generation{1};
  } else {
    record = known->second;
    if (record.content == content && record.image_override.empty() && record.pinned.empty()) {
      prepared_.report.objects.push_back({name, ObjectChange::kUnchanged});
      return;
    }
    ++record.generation.value;
  }
  record.file = file;
  record.content = std::move(content);
  record.image_override.clear();
  record.pinned = RevisionId();
  Store(std::move(record), known == known_.objects.end() ? ObjectChange::kCreated : ObjectChange::kConfigured);
}

void Preparation::Store(state::ObjectRecord record, ObjectChange change) {
  const ObjectName name = record.name;
  prepared_.report.objects.push_back({name, change});
  prepared_.release.changed[name.ns.str() + "/" + name.kind + "/" + name.name] = ChangeName(change);
  after_[name] = record;
  prepared_.objects.push_back(std::move(record));
}

Result<void> Preparation::Override(const ImageChange& change) {
  const ObjectName name{change.rollout.ns, "Rollout", change.rollout.name};
  const auto known = known_.objects.find(name);
  if (known == known_.objects.end()) return Fail(ErrorCode::kNotFound, "There is no rollout " + change.rollout.Text() + ".");
  const Json& containers = known->second.content.At("spec").At("template").At("spec").At("containers");
  state::ObjectRecord record = known->second;
  bool found = false;
  for (const Json& container : containers.as_array() != nullptr ? *containers.as_array() : Json::Array{}) {
    const std::string container_name = container.At("name").StringOr("");
    if (change.container != "*" && change.container != container_name) continue;
    record.image_override[container_name] = change.image;
    found = true;
  }
  if (!found) {
    return Fail(ErrorCode::kNotFound, change.rollout.Text() + " has no container " + change.container + ".");
  }
  ++record.generation.value;
  given_.insert(change.rollout);
  Store(std::move(record), ObjectChange::kConfigured);
  return {};
}

bool Preparation::Remove(const ObjectName& name, const DeleteRequest& request) {
  const auto rollout = name.kind == "Rollout" ? known_.rollouts.find({name.ns, name.name}) : known_.rollouts.end();
  const bool is_going = rollout != known_.rollouts.end() && rollout->second.spec.removal.has_value();
  const bool is_there = after_.erase(name) > 0;
  prepared_.report.objects.push_back({name, is_there || is_going ? ObjectChange::kDeleted : ObjectChange::kAbsent});
  if (!is_there) return is_going;
  prepared_.deleted.push_back(name);
  prepared_.release.changed[name.ns.str() + "/" + name.kind + "/" + name.name] = ChangeName(ObjectChange::kDeleted);
  if (rollout == known_.rollouts.end() || is_going) return true;
  state::RolloutRecord wanted = rollout->second;
  wanted.spec.removal = rollout::Removal{request.by, request.reason};
  ++wanted.spec.generation.value;
  RolloutPlan plan;
  plan.name = wanted.spec.name;
  plan.move = RolloutMove::kRemoval;
  plan.from = wanted.spec.revision;
  prepared_.report.rollouts.push_back(std::move(plan));
  prepared_.rollouts.push_back(std::move(wanted));
  return true;
}

Result<void> Preparation::CheckRest() const {
  std::vector<Finding> findings;
  std::vector<manifest::Object> rest;
  for (auto& [name, object] : ReadStored(after_, findings)) {
    object.metadata.ns = name.ns.str();
    rest.push_back(std::move(object));
  }
  findings = manifest::CheckObjects(rest);
  std::erase_if(findings, [](const Finding& finding) { return finding.severity != Severity::kError; });
  if (findings.empty()) return {};
  return Fail(ErrorCode::kConflict, AllFindings(findings), "Nothing was deleted. Delete what names it first, or with it.");
}

Result<void> Preparation::Pin(const UndoChange& change) {
  const auto known = known_.objects.find({change.rollout.ns, "Rollout", change.rollout.name});
  if (known == known_.objects.end()) return Fail(ErrorCode::kNotFound, "There is no rollout " + change.rollout.Text() + ".");
  state::ObjectRecord record = known->second;
  record.pinned = change.revision;
  ++record.generation.value;
  Store(std::move(record), ObjectChange::kConfigured);
  return {};
}

std::set<RolloutName> Preparation::Concerned() const {
  std::set<RolloutName> concerned = given_;
  std::set<Namespace> namespaces;
  for (const state::ObjectRecord& changed : prepared_.objects) {
    if (!changed.pinned.empty()) concerned.insert({changed.name.ns, changed.name.name});
    if (IsResolvedFrom(changed.name.kind)) namespaces.insert(changed.name.ns);
  }
  for (const ObjectName& deleted : prepared_.deleted) {
    if (IsResolvedFrom(deleted.kind)) namespaces.insert(deleted.ns);
  }
  for (const auto& [name, rollout] : known_.rollouts) {
    const bool stays = after_.contains({name.ns, "Rollout", name.name});
    if (stays && namespaces.contains(name.ns)) concerned.insert(name);
  }
  return concerned;
}

// An image that is run as it is. One that is not known yet is asked for, and stands for itself until then.
Result<std::string> Preparation::PinnedImage(const RolloutName& name, const std::string& image, const TypedObjects& typed) {
  const std::string key = name.Text() + " " + image;
  if (const auto pin = known_.pins.find(key); pin != known_.pins.end()) return pin->second;
  const auto* rollout = FindBody<manifest::Rollout>(typed, {name.ns, "Rollout", name.name});
  ImageAsk ask{name, image, rollout == nullptr ? manifest::PodSpec() : rollout->pod, {}};
  TRY(ask.registry_logins, RegistryLogins(name.ns, ask.pod, typed));
  prepared_.unpinned.emplace(key, std::move(ask));
  return image;
}

Result<std::string> Preparation::ImageDigest(const RolloutName& name, const std::string& container, const std::string& image,
                                             const TypedObjects& typed) {
  const auto rollout = known_.rollouts.find(name);
  if (rollout != known_.rollouts.end() && !given_.contains(name)) {
    // Only what it refers to has changed: its artifacts stay as they were pinned.
    const auto& revisions = known_.revisions.at(name);
    const auto current = revisions.find(rollout->second.spec.revision);
    if (current != revisions.end() && current->second.artifacts.contains(container)) {
      return current->second.artifacts.at(container);
    }
  }
  const auto binding = known_.images.find(image);
  if (binding != known_.images.end()) return binding->second.digest;
  if (image.starts_with("dir:") || image.starts_with("file:") || image.starts_with("oci:")) return artifacts_.TakeIn(image);
  if (known_.can_pin) return PinnedImage(name, image, typed);
  return Fail(
      ErrorCode::kNotFound, "The image " + image + " of " + name.Text() + " is bound to no artifact.",
      "Bind it: tuesday image bind " + image + " dir:PATH; or set containers.socket, and it is pulled and run as a container.");
}

Result<void> Preparation::ResolveOne(const RolloutName& name, const TypedObjects& typed) {
  const ObjectName full{name.ns, "Rollout", name.name};
  const auto object = typed.find(full);
  if (object == typed.end()) return Fail(ErrorCode::kCorrupt, "The rollout " + name.Text() + " cannot be read any more.");
  const state::ObjectRecord& record = after_.at(full);
  const ImageResolver resolver = [&](const std::string& container, const std::string& image) {
    Result<std::string> digest = ImageDigest(name, container, image, typed);
    if (digest) prepared_.release.artifacts[image] = *digest;
    return digest;
  };
  TRY(Resolved resolved, Resolve({name, record.uid, object->second, typed, record.image_override, resolver,
                                  known_.runs_analyses, known_.revision_key}));
  state::RolloutRecord wanted;
  wanted.spec = std::move(resolved.spec);
  const bool pinned = !record.pinned.empty() && IsKept(name, record.pinned);
  if (pinned) wanted.spec.revision = record.pinned;
  wanted.exposure = std::move(resolved.exposure);
  std::optional<state::RolloutRecord> before;
  if (const auto found = known_.rollouts.find(name); found != known_.rollouts.end()) before = found->second;
  if (before && before->spec.removal) {
    return Fail(ErrorCode::kConflict, "Rollout " + name.Text() + " is being deleted.",
                "Apply it when it is gone; tuesday status shows it until then.");
  }
  wanted.spec.generation = before ? before->spec.generation : Generation{0};
  wanted.release = before ? before->release : 0;
  RolloutPlan plan = PlanOf(before, wanted);
  if (plan.move == RolloutMove::kCanary) plan.gates = GatesOf(*before, wanted, typed);
  if (plan.move == RolloutMove::kNone && !given_.contains(name)) return {};
  std::ranges::move(resolved.said, std::back_inserter(prepared_.report.said));
  if (wanted.spec.analyses.empty() && std::ranges::none_of(typed, [](const auto& item) {
        return std::holds_alternative<manifest::PrometheusRule>(item.second.body);
      })) {
    prepared_.report.said.push_back(name.Text() +
                                    " has no analysis and no rule: only restarts, readiness and hanging requests are watched.");
  }
  const bool changed = plan.move != RolloutMove::kNone;
  prepared_.report.rollouts.push_back(std::move(plan));
  if (!changed) return {};
  ++wanted.spec.generation.value;
  resolved.revision.made_at = known_.now;
  prepared_.rollouts.push_back(std::move(wanted));
  if (!pinned) prepared_.revisions.push_back(std::move(resolved.revision));
  return {};
}

Result<void> Preparation::ResolveAll(const TypedObjects& typed) {
  std::string errors;
  Error first;
  for (const RolloutName& name : Concerned()) {
    const Result<void> resolved = ResolveOne(name, typed);
    if (resolved) continue;
    if (errors.empty()) first = resolved.error();
    errors += (errors.empty() ? "" : "\n") + resolved.error().message;
  }
  if (!errors.empty()) return Fail(first.code, errors, first.hint);
  return {};
}

Prepared Preparation::Finish(std::string by, std::string file) {
  prepared_.release.at = known_.now;
  prepared_.release.by = std::move(by);
  prepared_.release.file = std::move(file);
  return std::move(prepared_);
}

}  // namespace

namespace {

// All files of an apply together: what one names another may give, and all findings come at once.
struct Given {
  std::vector<manifest::Object> objects;
  std::vector<Finding> findings;
  RawByName raw;
  std::string files;  // For the release's record.
};

Result<Given> ReadAll(const ApplyRequest& request) {
  Given given;
  for (const ManifestText& file : request.files) {
    manifest::ReadResult read = manifest::ReadManifests(file.text, file.file);
    for (const manifest::Object& object : read.objects) {
      const auto* rule = std::get_if<manifest::PrometheusRule>(&object.body);
      if (rule == nullptr) continue;
      std::ranges::move(rules::ReadGroups(rule->spec, file.file).findings, std::back_inserter(read.findings));
    }
    std::ranges::move(read.findings, std::back_inserter(given.findings));
    std::ranges::move(read.objects, std::back_inserter(given.objects));
    given.files += (given.files.empty() ? "" : ", ") + file.file;
  }
  if (HasErrors(given.findings)) {
    return Fail(ErrorCode::kInvalid, AllFindings(given.findings), "Nothing was changed. Mend the file and apply it again.");
  }
  for (const ManifestText& file : request.files) {
    TRY(RawByName raw, RawObjects(file.text, file.file, request.ns));
    given.raw.merge(raw);
  }
  return given;
}

}  // namespace

Result<Prepared> Prepare(const ApplyRequest& request, const Known& known, ArtifactStore& artifacts) {
  TRY(Given given, ReadAll(request));
  Preparation preparation(known, artifacts);
  std::set<ObjectName> seen;
  for (const manifest::Object& object : given.objects) {
    const ObjectName name = FullName(object, request.ns);
    if (!seen.insert(name).second) {
      return Fail(ErrorCode::kInvalid,
                  object.at.Text() + ": " + name.kind + " " + name.ns.str() + "/" + name.name + " is given twice.",
                  "Nothing was changed. Remove one of them.");
    }
    if (request.permit) TRY_OK(request.permit(name));
    preparation.Take(name, std::move(given.raw[name]), object.at.file);
  }
  std::vector<Finding> findings = std::move(given.findings);
  std::ranges::move(CheckAgainst(known, request.files, given.objects, request.ns), std::back_inserter(findings));
  std::vector<Finding> stored_findings;
  const TypedObjects typed = preparation.ReadAfter(stored_findings);
  std::ranges::move(RouteConflicts(typed, given.objects, request.ns, known.rollouts), std::back_inserter(findings));
  if (!HasErrors(findings)) {
    std::ranges::move(CheckQuestions(typed, given.objects, request.ns, known.images), std::back_inserter(findings));
  }
  if (HasErrors(findings)) {
    return Fail(ErrorCode::kInvalid, AllFindings(findings), "Nothing was changed. Mend the file and apply it again.");
  }
  std::ranges::move(stored_findings, std::back_inserter(findings));
  TRY_OK(preparation.ResolveAll(typed));
  Prepared prepared = preparation.Finish(request.by, given.files);
  prepared.report.findings = std::move(findings);
  return prepared;
}

Result<Prepared> PrepareImage(const ImageChange& change, const Known& known, ArtifactStore& artifacts) {
  Preparation preparation(known, artifacts);
  TRY_OK(preparation.Override(change));
  std::vector<Finding> findings;
  TRY_OK(preparation.ResolveAll(preparation.ReadAfter(findings)));
  return preparation.Finish(change.by, "set-image");
}

Result<Prepared> PrepareDelete(const DeleteRequest& request, const Known& known, ArtifactStore& artifacts) {
  std::vector<ObjectName> names = request.objects;
  for (ObjectName& name : names) {
    if (HasNoNamespace(name.kind)) name.ns = Namespace();
  }
  std::string files;
  for (const ManifestText& file : request.files) {
    TRY(const RawByName raw, RawObjects(file.text, file.file, request.ns));
    for (const auto& [name, content] : raw) names.push_back(name);
    files += (files.empty() ? "" : ", ") + file.file;
  }
  if (request.permit) {
    for (const ObjectName& name : names) TRY_OK(request.permit(name));
  }
  Preparation preparation(known, artifacts);
  bool any = false;
  for (const ObjectName& name : names) any = preparation.Remove(name, request) || any;
  if (!any) {
    const ObjectName first = names.empty() ? ObjectName{} : names.front();
    return Fail(ErrorCode::kNotFound, "There is no " + first.kind + " " + first.ns.str() + "/" + first.name +
                                          (names.size() > 1 ? ", and none of the others." : "."));
  }
  TRY_OK(preparation.CheckRest());
  std::vector<Finding> findings;
  TRY_OK(preparation.ResolveAll(preparation.ReadAfter(findings)));
  return preparation.Finish(request.by, files.empty() ? "delete" : files);
}

Result<Prepared> PrepareUndo(const UndoChange& change, const Known& known, ArtifactStore& artifacts) {
  Preparation preparation(known, artifacts);
  TRY_OK(preparation.Pin(change));
  std::vector<Finding> findings;
  TRY_OK(preparation.ResolveAll(preparation.ReadAfter(findings)));
  return preparation.Finish(change.by, "undo");
}

std::string CertificateOf(const std::map<ObjectName, state::ObjectRecord>& objects, const std::string& secret) {
  const std::size_t slash = secret.find('/');
  if (slash == std::string::npos) return {};
  const auto found = objects.find({Namespace(secret.substr(0, slash)), "Secret", secret.substr(slash + 1)});
  if (found == objects.end()) return {};
  std::vector<Finding> findings;
  const TypedObjects typed = ReadStored({{found->first, found->second}}, findings);
  const auto* body = FindBody<manifest::Secret>(typed, found->first);
  if (body == nullptr || !body->data.contains("tls.crt") || !body->data.contains("tls.key")) return {};
  return body->data.at("tls.crt") + body->data.at("tls.key");
}

}  // namespace tuesday::control
