// SPDX-License-Identifier: Apache-2.0
// What the Secrets say that a pod names in imagePullSecrets: files of logins for registries, read by whoever pulls.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/apply/typed.h"
#include "wire/state/records.h"

namespace tuesday::control {

// kNotFound and kInvalid name the Secret that is missing, or that holds no such file.
Result<std::vector<std::string>> RegistryLogins(const Namespace& ns, const manifest::PodSpec& pod, const TypedObjects& objects);

// The same of objects as they are stored; what is missing is left out.
std::vector<std::string> StoredRegistryLogins(const Namespace& ns, const manifest::PodSpec& pod,
                                              const std::map<ObjectName, state::ObjectRecord>& objects);

}  // namespace tuesday::control
