// SPDX-License-Identifier: Apache-2.0
#include "app/server/apply_json.h"

#include "base/source.h"

namespace tuesday::server {

Json FindingJson(const Finding& finding) {
  return Json(Json::Object{{"file", finding.at.file},
                           {"line", finding.at.line},
                           {"column", finding.at.column},
                           {"severity", SeverityName(finding.severity)},
                           {"rule", finding.rule},
                           {"message", finding.message},
                           {"mend", finding.mend}});
}

namespace {

double SecondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view ChangeWord(control::ObjectChange change) {
  switch (change) {
    case control::ObjectChange::kUnchanged: return "unchanged";
    case control::ObjectChange::kCreated: return "created";
    case control::ObjectChange::kConfigured: return "configured";
    case control::ObjectChange::kDeleted: return "deleted";
    case control::ObjectChange::kAbsent: return "absent";
  }
  return "unchanged";
}

std::string_view MoveWord(control::RolloutMove move) {
  switch (move) {
    case control::RolloutMove::kNone: return "none";
    case control::RolloutMove::kInitialDeploy: return "initial deploy";
    case control::RolloutMove::kCanary: return "canary";
    case control::RolloutMove::kSettings: return "settings";
    case control::RolloutMove::kRemoval: return "removal";
  }
  return "none";
}

Json PlanJson(const control::RolloutPlan& plan) {
  Json::Array steps;
  for (const control::PlannedStep& step : plan.steps) {
    steps.emplace_back(Json::Object{{"what", step.what},
                                    {"weight_permille", step.weight.permille()},
                                    {"canary_instances", step.canary_instances},
                                    {"stable_instances", step.stable_instances},
                                    {"dwell_seconds", step.dwell.has_value() ? Json(SecondsOf(*step.dwell)) : Json()},
                                    {"gate", step.gate}});
  }
  Json::Array gates;
  for (const std::string& gate : plan.gates) gates.emplace_back(gate);
  return Json(Json::Object{{"namespace", plan.name.ns.str()},
                           {"name", plan.name.name},
                           {"move", MoveWord(plan.move)},
                           {"from", plan.from.str()},
                           {"to", plan.to.str()},
                           {"steps", std::move(steps)},
                           {"dwell_seconds_min", SecondsOf(plan.dwell_least)},
                           {"gates", std::move(gates)}});
}

}  // namespace

Json ApplyJson(const control::ApplyReport& report) {
  Json::Array objects;
  for (const control::AppliedObject& object : report.objects) {
    objects.emplace_back(Json::Object{{"namespace", object.name.ns.str()},
                                      {"kind", object.name.kind},
                                      {"name", object.name.name},
                                      {"change", ChangeWord(object.change)}});
  }
  Json::Array rollouts;
  for (const control::RolloutPlan& plan : report.rollouts) rollouts.push_back(PlanJson(plan));
  Json::Array findings;
  for (const Finding& finding : report.findings) findings.push_back(FindingJson(finding));
  Json::Array said;
  for (const std::string& sentence : report.said) said.emplace_back(sentence);
  return Json(Json::Object{{"release", report.release},
                           {"objects", std::move(objects)},
                           {"rollouts", std::move(rollouts)},
                           {"findings", std::move(findings)},
                           {"said", std::move(said)}});
}

}  // namespace tuesday::server
