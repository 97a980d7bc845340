// SPDX-License-Identifier: Apache-2.0
// The everyday verbs of the first hour.
#include "app/server/api.h"

namespace tuesday::server {
namespace {

std::string_view KindName(control::RollbackReport::Kind kind) {
  switch (kind) {
    case control::RollbackReport::Kind::kAborted: return "aborted";
    case control::RollbackReport::Kind::kSteppedBack: return "stepped back";
    case control::RollbackReport::Kind::kUndone: return "undone";
    case control::RollbackReport::Kind::kAlready: return "already";
  }
  return "";
}

}  // namespace

void Api::Rollback(Call call) {
  const RolloutName name{Namespace(call.parts.at("ns")), call.parts.at("name")};
  parts_.fleet.Rollback(name, call.by, call.body.At("reason").StringOr(""),
                        [responder = call.responder](const Result<control::RollbackReport>& report) {
                          if (!report.has_value()) return SendError(*responder, report.error());
                          SendJson(*responder, Json(Json::Object{{"done", std::string(KindName(report->kind))},
                                                                 {"message", report->message},
                                                                 {"by_hand", false}}));
                        });
}

}  // namespace tuesday::server
