// SPDX-License-Identifier: Apache-2.0
// Asks addresses of others by libcurl, one connection for each exchange. Thread-safe; blocks up to a request's timeout.
#pragma once

#include <atomic>

#include "ports/web.h"

namespace tuesday::http {

class CurlWeb : public Web {
 public:
  Result<WebAnswer> Ask(const WebRequest& request) override;

  // Ends what is under way within about a second, and refuses what comes: the process shuts down.
  void EndAll() { is_ending_ = true; }

 private:
  Result<WebAnswer> AskOnce(const WebRequest& request, Duration timeout, std::string& redirect);

  std::atomic<bool> is_ending_ = false;
};

}  // namespace tuesday::http
