// SPDX-License-Identifier: Apache-2.0
// Brings connections that programs of a job make at 127.0.0.1 of their sandbox to another socket: a unix socket of the machine,
// or what `connect` makes. The listener is of the sandbox's network, the rest is ours: nothing of the machine is seen inside.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/files/fd.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::sandbox {

constexpr std::size_t kForwardsMax = 256;  // Connections at a time.

class Forward {
 public:
  // `connect` gives a connection that does not wait, or none.
  Forward(supervise::PollLoop& loop, files::Fd listener, std::function<files::Fd()> connect);
  Forward(supervise::PollLoop& loop, files::Fd listener, const std::string& socket_path);
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;
  ~Forward();

 private:
  // One direction: read from one side, written to the other.
  struct Flow {
    std::string bytes;
    bool ended = false;     // No more to read.
    bool told_end = false;  // And the other side knows.
  };
  struct Pair {
    files::Fd inner;
    files::Fd outer;
    Flow up;    // From the job.
    Flow down;  // To the job.
  };

  void Accept();
  void Serve(int serial);
  bool Move(Pair& pair);
  void Watch(int serial, Pair& pair);
  void Drop(int serial);

  supervise::PollLoop& loop_;
  files::Fd listener_;
  std::function<files::Fd()> connect_;
  std::map<int, Pair> pairs_;
  int serial_ = 0;
};

}  // namespace tuesday::sandbox
