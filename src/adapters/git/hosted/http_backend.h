// SPDX-License-Identifier: Apache-2.0
// git's own smart HTTP (`git http-backend`), asked as a CGI program.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tuesday::git {

struct BackendRequest {
  std::string folder;  // Of the repositories.
  std::string path;    // "/api.git/info/refs"
  std::string method;
  std::string query;  // As it came.
  std::string content_type;
  std::string content_encoding;
  std::string protocol;  // The header Git-Protocol.
  std::string remote;
  std::string pusher;
  bool is_trusted = false;  // The pusher may move branches.
  int body = -1;            // A descriptor at the body's begin; -1: there is none.
};

// The answer's body is in a file from `offset` on.
struct BackendAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// Blocks until git has ended. What it answers is written to `output_path`, which is made.
Result<BackendAnswer> AskHttpBackend(const BackendRequest& request, const std::string& output_path);

}  // namespace tuesday::git
