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
  Json::Array ordinals;
  for (const int ordinal : view.ordinals) ordinals.emplace_back(ordinal);
  json.emplace("ordinals", std::move(ordinals));
  return json;
}

View ViewFromJson(const Json& json) {
  View view;
  const std::string phase = json.At("phase").StringOr("");
  view.phase = phase == kPhaseWords[0] ? PlacePhase::kOpen : phase == kPhaseWords[1] ? PlacePhase::kClosed : PlacePhase::kLost;
  view.message = json.At("message").StringOr("");
  view.running = StringsFromJson(json.At("running"));
  if (const Json::Array* ordinals = json.At("ordinals").as_array()) {
    for (const Json& one : *ordinals) view.ordinals.push_back(static_cast<int>(one.IntOr(0)));
  }
  return view;
}

void Lookers::Add(int seen, Duration patience, supervise::JsonServer::Reply reply) {
  const View view = view_after_(seen);
  if (!view.ordinals.empty() || view.phase != PlacePhase::kOpen || patience <= Duration::zero()) return reply(ViewToJson(view));
  const int serial = ++serial_;
  waiting_[serial] = {seen, std::move(reply), loop_.After(patience, [this, serial] { Answer(serial); })};
}

void Lookers::Tell() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto one = next++;
    const View view = view_after_(one->second.seen);
    if (!view.ordinals.empty() || view.phase != PlacePhase::kOpen) Answer(one->first);
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
