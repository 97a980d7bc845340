// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/programs.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <sstream>

#include "adapters/files/files.h"
#include "adapters/supervise/run_program.h"

namespace tuesday::sandbox {
namespace {

constexpr const char* kLoaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};

std::string RealPath(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) == nullptr ? path : std::string(resolved);
}

}  // namespace

std::string FindInPath(const std::string& name) {
  const char* const variable = ::getenv("PATH");
  std::istringstream folders(variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string path = folder + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

Result<CarriedProgram> CarryProgram(const std::string& program, const std::string& folder, const std::string& name) {
  std::string loader;
  for (const char* path : kLoaders) {
    if (loader.empty() && files::Exists(path)) loader = path;
  }
  const Result<supervise::Printed> listed = supervise::RunProgram({loader, "--list", program});
  if (loader.empty() || !listed.has_value() || listed->exit_code != 0) {
    return Fail(ErrorCode::kUnsupported, "No loader of this machine says which libraries '" + program + "' needs.");
  }
  CarriedProgram carried;
  const std::string inner_loader = folder + "/ld.so";
  carried.argv = {inner_loader, "--library-path", folder + "/lib", folder + "/" + name};
  carried.binds = {{RealPath(loader), inner_loader, true}, {RealPath(program), folder + "/" + name, true}};
  // "\tlibfmt.so.9 => /lib/x86_64-linux-gnu/libfmt.so.9 (0x…)"
  std::istringstream lines(listed->output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t arrow = line.find(" => /");
    if (arrow == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t");
    const std::string library = line.substr(begin, arrow - begin);
    const std::string path = line.substr(arrow + 4, line.find(" (", arrow) - arrow - 4);
    if (library.find('/') == std::string::npos) carried.binds.push_back({RealPath(path), folder + "/lib/" + library, true});
  }
  return carried;
}

}  // namespace tuesday::sandbox
