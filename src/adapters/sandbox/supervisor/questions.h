// SPDX-License-Identifier: Apache-2.0
// Questions about files that wait for their answer from within the sandbox.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/sandbox/inside/message.h"
#include "adapters/supervise/json_server.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {

constexpr Duration kQuestionPatience = std::chrono::seconds(120);  // GitHub's own for hashFiles.

class Questions {
 public:
  Questions(supervise::PollLoop& loop, std::function<int()> socket) : loop_(loop), socket_(std::move(socket)) {}
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  ~Questions() { DropAll(); }

  // Sends the question; the reply gets {"bytes"} or an error that names `subject`. An answer of more than `bytes_max` is cut
  // off.
  void Ask(std::uint32_t token, Saying saying, const std::vector<std::string>& payload, std::string subject,
           std::size_t bytes_max, supervise::JsonServer::Reply reply);

  // What the runner says of a token. False: it is none of ours.
  bool Ended(std::uint32_t token, int wait_status);
  bool Failed(std::uint32_t token, int errno_value);

  // The sandbox is gone.
  void DropAll();

 private:
  struct Question {
    std::string subject;
    std::size_t bytes_max = 0;
    supervise::JsonServer::Reply reply;
    files::Fd pipe;
    std::string text;
    supervise::PollLoop::TimerId timer = 0;
  };
  void Read(Question& question);
  void Answer(std::uint32_t token, const Json& answer);

  supervise::PollLoop& loop_;
  std::function<int()> socket_;
  std::map<std::uint32_t, Question> waiting_;
};

}  // namespace tuesday::sandbox
