// SPDX-License-Identifier: Apache-2.0
// Questions about files, answered within the sandbox: no link can lead to what the sandbox does not see. Each runs in a process
// of its own, with the rights of the job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tuesday::sandbox {

// Exit codes of the answering process.
constexpr int kAnswered = 0;
constexpr int kAnswerFailed = 1;
constexpr int kAnswerNotFound = 2;
constexpr int kAnswerTooLarge = 3;
constexpr int kAnswerNoFile = 4;

// Writes the digest over the digests of the matching files below `workspace` in the order of @actions/glob, or nothing.
int AnswerHash(const std::string& workspace, const std::vector<std::string>& patterns, int output);

// Writes the bytes of a plain file.
int AnswerRead(const std::string& path, std::uint64_t bytes_max, int output);

}  // namespace tuesday::sandbox
