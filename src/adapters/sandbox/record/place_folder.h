// SPDX-License-Identifier: Apache-2.0
// The files of one place. Format: docs/formats/places.md. Only the folders under "the place's own" are seen inside.
#pragma once

#include <string>

namespace tuesday::sandbox {

struct PlaceFolder {
  std::string path;

  std::string spec() const { return path + "/spec"; }
  std::string lock() const { return path + "/lock"; }
  std::string socket() const { return path + "/sock"; }
  std::string record() const { return path + "/place"; }
  std::string supervisor_log() const { return path + "/supervisor.log"; }
  std::string steps() const { return path + "/steps"; }
  std::string logs() const { return path + "/logs"; }
  // A file without a step yet, made while nobody waits for it.
  std::string next_log() const { return logs() + "/.next"; }
  std::string log(int ordinal) const { return logs() + "/" + std::to_string(ordinal) + ".log"; }

  // The place's own.
  std::string etc() const { return path + "/etc"; }
  std::string home() const { return path + "/home"; }
  std::string temp() const { return path + "/temp"; }
  std::string tmp() const { return path + "/tmp"; }
  std::string run() const { return path + "/run"; }
  std::string work() const { return path + "/work"; }
  // Beside `run`, which may be in memory that nobody else sees: the files of steps in containers, and the job container's
  // socket.
  std::string commands() const { return path + "/commands"; }
  std::string runner() const { return path + "/runner"; }
};

}  // namespace tuesday::sandbox
