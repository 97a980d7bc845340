// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/http_backend.h"

#include <sys/stat.h>

#include <charconv>
#include <fstream>

#include "adapters/git/hosted/receive_hooks.h"
#include "adapters/supervise/run_program.h"

namespace tuesday::git {
namespace {

constexpr std::size_t kHeadBytesMax = 16 << 10;

std::map<std::string, std::string> EnvironmentOf(const BackendRequest& request) {
  return {{"GIT_PROJECT_ROOT", request.folder},
          {"GIT_HTTP_EXPORT_ALL", "1"},
          {"GIT_CONFIG_NOSYSTEM", "1"},
          {"PATH_INFO", request.path},
          {"QUERY_STRING", request.query},
          {"REQUEST_METHOD", request.method},
          {"CONTENT_TYPE", request.content_type},
          {"HTTP_CONTENT_ENCODING", request.content_encoding},
          {"GIT_PROTOCOL", request.protocol},
          {"REMOTE_ADDR", request.remote},
          {"REMOTE_USER", request.pusher},
          {kPusherVariable, request.pusher},
          {kTrustVariable, request.is_trusted ? "1" : "0"}};
}

// Headers up to the empty line; "Status: 404 Not Found" is one of them.
Result<void> ReadHead(const std::string& path, BackendAnswer& answer) {
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    answer.offset += line.size() + 1;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return {};
    if (answer.offset > kHeadBytesMax) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) break;
    const std::string name = line.substr(0, colon);
    const std::string value = line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 1)));
    if (name == "Status") {
      std::from_chars(value.data(), value.data() + value.size(), answer.status);
    } else {
      answer.headers.emplace_back(name, value);
    }
  }
  return Fail(ErrorCode::kInternal, "git http-backend gave no answer.");
}

}  // namespace

Result<BackendAnswer> AskHttpBackend(const BackendRequest& request, const std::string& output_path) {
  TRY(const supervise::Printed printed, supervise::RunProgram({"git", "http-backend"}, EnvironmentOf(request),
                                                              {.input = request.body, .output_path = output_path}));
  struct stat facts{};
  if (::stat(output_path.c_str(), &facts) != 0 || facts.st_size == 0) {
    return Fail(ErrorCode::kInternal, "git http-backend: " + printed.errors.substr(0, printed.errors.find('\n')));
  }
  BackendAnswer answer;
  TRY_OK(ReadHead(output_path, answer));
  answer.bytes = static_cast<std::uint64_t>(facts.st_size) - answer.offset;
  return answer;
}

}  // namespace tuesday::git
