// SPDX-License-Identifier: Apache-2.0
// `tuesday action NAME STAGE`: the actions that tuesday implements, run as a step's program within its place.
#pragma once

#include <string>

namespace tuesday::actions {

// The exit code of the step. An unknown name or stage is 2.
int RunNativeAction(const std::string& name, const std::string& stage);

// Puts the run's source, or another repository, into the workspace. After it there is a real `.git`.
int Checkout(const std::string& stage);

// Finds a version of Node.js on this machine and puts it first on the PATH; keeps what its package manager downloads.
int SetupNode(const std::string& stage);

// Stores files of the job as an artifact of the run, and brings artifacts of the run here.
int UploadArtifact(const std::string& stage);
int DownloadArtifact(const std::string& stage);

// Restores files by a key, and stores them in the post stage when nothing had it; or one of the two alone.
int Cache(const std::string& stage);
int CacheRestore(const std::string& stage);
int CacheSave(const std::string& stage);

// Puts credentials of AWS into the environment of the steps that follow, and logs programs that move images in to its
// registries.
int ConfigureAwsCredentials(const std::string& stage);
int EcrLogin(const std::string& stage);

}  // namespace tuesday::actions
