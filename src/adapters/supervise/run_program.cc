// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/files/fd.h"

namespace tuesday::supervise {
namespace {

struct Pipe {
  files::Fd read;
  files::Fd write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Fail(ErrorCode::kInternal, std::string("No pipe can be made: ") + std::strerror(errno));
  return Pipe{files::Fd(ends[0]), files::Fd(ends[1])};
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::map<std::string, std::string>& added) {
  std::vector<std::string> words;
  for (char** word = environ; *word != nullptr; ++word) {
    const std::string text = *word;
    if (!added.contains(text.substr(0, text.find('=')))) words.push_back(text);
  }
  for (const auto& [key, value] : added) words.push_back(key + "=" + value);
  return words;
}

// Reads both to their ends. False when there is more than may be.
bool ReadBoth(int out, int err, std::string& output, std::string& errors) {
  std::array<pollfd, 2> watched = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  char buffer[1 << 16];
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      const ssize_t got = ::read(watched[i].fd, buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        watched[i].fd = -1;
        continue;
      }
      std::string& to = i == 0 ? output : errors;
      to.append(buffer, static_cast<std::size_t>(got));
      if (to.size() > kPrintedBytesMax) return false;
    }
  }
  return true;
}

}  // namespace

Result<Printed> RunProgram(std::vector<std::string> argv, const std::map<std::string, std::string>& environment,
                           const ProgramFiles& files) {
  std::vector<std::string> variables = EnvironmentWith(environment);
  TRY(Pipe out, MakePipe());
  TRY(Pipe err, MakePipe());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (files.input < 0) {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  } else {
    ::posix_spawn_file_actions_adddup2(&actions, files.input, STDIN_FILENO);
  }
  if (files.output_path.empty()) {
    ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, files.output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  }
  ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, argv.front().c_str(), &actions, nullptr, Pointers(argv).data(), Pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Fail(ErrorCode::kNotFound, "The program " + argv.front() + " cannot be run: " + std::strerror(error));
  out.write = files::Fd();
  err.write = files::Fd();
  Printed printed;
  const bool whole = ReadBoth(out.read.get(), err.read.get(), printed.output, printed.errors);
  if (!whole) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (!whole) return Fail(ErrorCode::kLimit, argv.front() + " printed more than 64 MiB.");
  printed.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return printed;
}

}  // namespace tuesday::supervise
