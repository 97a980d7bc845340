// SPDX-License-Identifier: Apache-2.0
// Every known kind of file, read and linted together: what one names another may give.
#pragma once

#include <string>
#include <vector>

#include "app/cli/manifests/manifest_files.h"
#include "base/source.h"
#include "core/lint/baseline.h"

namespace tuesday::cli {

struct CheckReport {
  std::vector<Finding> findings;  // By file, then line, then column; without those that comments silence.
  int files = 0;
  int objects = 0;
  int rules = 0;
};

CheckReport CheckFiles(const std::vector<ManifestFile>& files, const std::string& ns);

// What the findings are about, as baselines keep it; one key a finding, in their order.
std::vector<lint::FindingKey> KeysOf(const std::vector<Finding>& findings, const std::vector<ManifestFile>& files,
                                     const std::string& ns);

// Takes out of `report` what `known` has.
void DropKnown(CheckReport& report, lint::Baseline known, const std::vector<ManifestFile>& files, const std::string& ns);

// SARIF 2.1.0 of the findings, for code hosts.
std::string SarifText(const std::vector<Finding>& findings);

// Mends every file in memory, again and again until nothing more has only one mend. How many findings were mended.
int FixFiles(std::vector<ManifestFile>& files);

}  // namespace tuesday::cli
