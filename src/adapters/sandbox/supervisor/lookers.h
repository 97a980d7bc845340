// SPDX-License-Identifier: Apache-2.0
// Who waits for news of a place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adapters/sandbox/record/report_file.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/poll_loop.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// What a looker gets: the reports themselves are on disk.
struct View {
  PlacePhase phase = PlacePhase::kOpen;
  std::string message;
  std::vector<std::string> running;
  std::vector<ReportSpan> reports;  // That were not seen, in the order in which the steps ended.
};

Json ViewToJson(const View& view);
View ViewFromJson(const Json& json);

class Lookers {
 public:
  Lookers(supervise::PollLoop& loop, std::function<View(int)> view_after) : loop_(loop), view_after_(std::move(view_after)) {}
  Lookers(const Lookers&) = delete;
  Lookers& operator=(const Lookers&) = delete;
  ~Lookers() { TellAll(); }

  // Answers at once when there are more reports than `seen`, else with the next one or after `patience`.
  void Add(int seen, Duration patience, supervise::JsonServer::Reply reply);
  // There may be news.
  void Tell();
  // Everybody, whatever there is.
  void TellAll();

 private:
  struct Looker {
    int seen = 0;
    supervise::JsonServer::Reply reply;
    supervise::PollLoop::TimerId timer = 0;
  };
  void Answer(int serial);

  supervise::PollLoop& loop_;
  std::function<View(int)> view_after_;
  std::map<int, Looker> waiting_;
  int serial_ = 0;
};

}  // namespace tuesday::sandbox
