// SPDX-License-Identifier: Apache-2.0
// Live load on one port: a few threads, each with one connection that is kept, each request waiting for the one before.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/files/fd.h"
#include "base/time.h"

namespace tuesday::testing {

struct LoadCounts {
  std::int64_t sent = 0;
  std::map<std::string, std::int64_t> answered_by;  // Body of a 200 -> count.
  std::map<int, std::int64_t> other_status;
  std::int64_t cut = 0;      // The connection ended inside a request.
  std::int64_t refused = 0;  // A connection was not taken.
  Instant last_failed{};     // When the last of those that failed was sent.

  std::int64_t Failed() const;
  std::int64_t Answered() const;
};

class Load {
 public:
  Load(int port, int connections, std::string host, std::string path = "/");
  ~Load() { Stop(); }

  // Ends the requests that are under way and returns all counts.
  LoadCounts Stop();
  std::int64_t sent() const { return sent_; }

 private:
  void Run();

  int port_;
  std::string request_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::int64_t> sent_ = 0;
  std::mutex mutex_;
  LoadCounts counts_;
  std::vector<std::thread> threads_;
};

struct Answer {
  int status = 0;  // 0: none.
  std::string head;
  std::string body;
};

// One request over a connection of its own.
Answer Get(int port, const std::string& host, const std::string& path, const std::string& header = "");

// A connection to 127.0.0.1:`port` that waits at most ten seconds for bytes; a closed one when it is refused.
files::Fd Connect(int port);

// A port that nobody has now.
int FreePort();

}  // namespace tuesday::testing
