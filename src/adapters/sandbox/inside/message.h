// SPDX-License-Identifier: Apache-2.0
// What the supervisor of a place and its runner within the sandbox say to each other: datagrams of one size over a socketpair,
// descriptors with them. The supervisor believes nothing that comes back but what it is: a number for a token.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::sandbox {

// The number of the socket within the sandbox.
constexpr int kInsideSocket = 3;

// In the PATH of a step that runs in a container: the PATH of its image.
inline constexpr std::string_view kContainerPath = "{image}";

enum class Saying : std::int32_t {
  // To the runner. The first three bring two descriptors: the payload, and the write end of the output.
  kStart = 1,  // Payload: working folder, mark, number of arguments, arguments, variables.
  kHash,       // Payload: workspace, patterns. Writes the digest in hex.
  kRead,       // Payload: path, bytes at most. Writes the file's bytes.
  kSignal,     // `number` is the signal.
  // From the runner.
  kReady,
  kStarted,
  kFailed,  // `number` is an errno: nothing was started.
  kEnded,   // `number` is a status of waitpid.
};

struct Message {
  Saying saying = Saying::kReady;
  std::uint32_t token = 0;  // Of a step or a question.
  std::int32_t number = 0;
};

struct Received {
  Message message;
  std::vector<files::Fd> descriptors;
};

// A pair of sockets; the second one is for the runner.
Result<std::pair<files::Fd, files::Fd>> MakeMessagePair();

Result<void> Send(int socket, const Message& message, const std::vector<int>& descriptors = {});

// The next message, without waiting where the socket does not: kNotFound when there is none now, kUnavailable when the other
// side is gone, kInvalid when it was none of ours.
Result<Received> Receive(int socket);

// Strings in a memory file.
Result<files::Fd> MakePayload(const std::vector<std::string>& strings);
Result<std::vector<std::string>> ReadPayload(int payload);

}  // namespace tuesday::sandbox
