// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/supervisor/lookers.h"

#include "adapters/sandbox/record/spec_file.h"

namespace tuesday::sandbox {
namespace {

constexpr std::string_view kPhaseWords[] = {"open", "closed", "lost"};

}  // namespace

Json ViewToJson(const View& view) {
  Json::Object json = supervise::OkAnswer();
  json.emplace("phase", kPhaseWords[static_cast<int>(view.phase)]);
  json.emplace("message", view.message);
  json.emplace("running", StringsToJson(view.running));
  Json::Array reports;
  for (const ReportSpan& span : view.reports) reports.emplace_back(Json::Array{span.offset, span.bytes});
  json.emplace("reports", std::move(reports));
  return json;
}

View ViewFromJson(const Json& json) {
  View view;
  const std::string phase = json.At("phase").StringOr("");
  view.phase = phase == kPhaseWords[0] ? PlacePhase::kOpen : phase == kPhaseWords[1] ? PlacePhase::kClosed : PlacePhase::kLost;
  view.message = json.At("message").StringOr("");
  view.running = StringsFromJson(json.At("running"));
  if (const Json::Array* reports = json.At("reports").as_array()) {
    for (const Json& one : *reports) {
      const Json::Array* span = one.as_array();
      if (span != nullptr && span->size() == 2) view.reports.push_back({(*span)[0].IntOr(0), (*span)[1].IntOr(0)});
    }
  }
  return view;
}

void Lookers::Add(int seen, Duration patience, supervise::JsonServer::Reply reply) {
  const View view = view_after_(seen);
  if (!view.reports.empty() || view.phase != PlacePhase::kOpen || patience <= Duration::zero()) return reply(ViewToJson(view));
  const int serial = ++serial_;
  waiting_[serial] = {seen, std::move(reply), loop_.After(patience, [this, serial] { Answer(serial); })};
}

void Lookers::Tell() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto one = next++;
    const View view = view_after_(one->second.seen);
    if (!view.reports.empty() || view.phase != PlacePhase::kOpen) Answer(one->first);
  }
}

void Lookers::TellAll() {
  while (!waiting_.empty()) Answer(waiting_.begin()->first);
}

void Lookers::Answer(int serial) {
  auto node = waiting_.extract(serial);
  if (node.empty()) return;
  loop_.Cancel(node.mapped().timer);
  node.mapped().reply(ViewToJson(view_after_(node.mapped().seen)));
}

}  // namespace tuesday::sandbox
