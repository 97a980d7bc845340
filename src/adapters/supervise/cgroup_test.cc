// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/files/files.h"

namespace tuesday::supervise {
namespace {

struct Row {
  const char* what;
  manifest::Resources resources;
  const char* shares;  // Version 1.
  const char* weight;  // Version 2.
};

manifest::Resources Asked(std::int64_t request_milli, std::int64_t limit_milli) {
  manifest::Resources resources;
  resources.cpu_request_milli = request_milli;
  resources.cpu_limit_milli = limit_milli;
  return resources;
}

TEST(Cgroups, CpuIsSharedByTheRequestAsInKubernetes) {
  const Row rows[] = {
      {"NothingAskedHasTheLeast", Asked(0, 0), "cpu.shares 2", "cpu.weight 1"},
      {"AQuarterOfACpu", Asked(250, 0), "cpu.shares 256", "cpu.weight 10"},
      {"ARequestGoesBeforeALimit", Asked(500, 2000), "cpu.shares 512", "cpu.weight 20"},
      {"ALimitAloneIsTheRequest", Asked(0, 1000), "cpu.shares 1024", "cpu.weight 39"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const LimitGroups groups = MakeGroups("cgroup-test-" + std::to_string(getpid()), row.resources);
    const std::string share = CpuShareOf(groups.folders);
    std::string of_all;
    for (const std::string& folder : groups.folders) {
      const std::string parent = folder.substr(0, folder.rfind('/'));
      if (of_all.empty()) of_all = CpuShareOf({parent});
    }
    RemoveGroups(groups.folders);
    if (share.empty()) GTEST_SKIP() << "no right to make cgroups with cpu here";
    EXPECT_EQ(share, share.starts_with("cpu.shares") ? row.shares : row.weight);
    if (share.starts_with("cpu.shares")) {
      EXPECT_EQ(of_all, "cpu.shares " + std::to_string(sysconf(_SC_NPROCESSORS_ONLN) * 1024));
    }
  }
}

}  // namespace
}  // namespace tuesday::supervise
