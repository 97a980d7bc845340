// SPDX-License-Identifier: Apache-2.0
// Requests whose body is a part of a file, or whose answer becomes one: contents of any size pass through without being in
// memory. By libcurl; blocks. For the services of a run, which actions reach from within their place, and for what they ask
// elsewhere: no proxy is asked but the one that is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tuesday::http {

inline constexpr std::size_t kTransferTextBytesMax = 16 << 20;  // Of an answer that is not put into a file.

struct FileSection {
  std::string path;
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
};

// Signature of version 4, as AWS wants it: "aws:amz:REGION:SERVICE".
struct AwsSignature {
  std::string scope;
  std::string key_id;
  std::string secret;
};

struct TransferRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  FileSection section;                 // Sent instead of `body` when it has a path.
  std::string answer_path;             // Where the body of an answer of 2xx is written; empty: it is kept in the answer.
  std::uint64_t answer_bytes_max = 0;  // Of such a file.
  std::string proxy = {};              // "http://proxy:3128"; empty: none.
  std::string ca_file = {};            // PEM of who vouches for the other side; empty: whom the system trusts.
  std::optional<AwsSignature> aws_signature = std::nullopt;  // Over the headers above and the body.
};

struct TransferAnswer {
  int status = 0;
  std::string body;  // Empty when it went into the file.
  std::string content_type;
};

// The answer, whatever its status. kUnavailable when nobody answers, or nothing comes for two minutes; kLimit for a larger
// answer.
Result<TransferAnswer> Transfer(const TransferRequest& request);

}  // namespace tuesday::http
