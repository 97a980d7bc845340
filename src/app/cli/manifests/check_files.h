// SPDX-License-Identifier: Apache-2.0
// Every known kind of file, read and linted together: what one names another may give.
#pragma once

#include <string>
#include <vector>

#include "app/cli/manifests/manifest_files.h"
#include "base/source.h"

namespace tuesday::cli {

struct CheckReport {
  std::vector<Finding> findings;  // By file, then line, then column.
  int files = 0;
  int objects = 0;
  int rules = 0;
};

CheckReport CheckFiles(const std::vector<ManifestFile>& files, const std::string& ns);

// SARIF 2.1.0 of the findings, for code hosts.
std::string SarifText(const std::vector<Finding>& findings);

}  // namespace tuesday::cli
