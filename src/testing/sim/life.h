// SPDX-License-Identifier: Apache-2.0
// One simulated life: a daemon that looks after some rollouts through faults, and then through a time without. Deterministic:
// a seed gives one trace.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tuesday::sim {

struct LifeReport {
  std::vector<std::string> violations;
  std::set<std::string> reached;  // Branches, by name.
  std::uint64_t trace_hash = 0;
  std::uint64_t decisions = 0;
  double simulated_hours = 0;
};

enum class Show { kNothing, kTrace };

// Lives through `seed`. With kTrace every durable decision is printed.
LifeReport Live(std::uint64_t seed, Show show = Show::kNothing);

// The branches that a long enough row of seeds must reach.
const std::set<std::string>& BranchesExpected();

}  // namespace tuesday::sim
