// SPDX-License-Identifier: Apache-2.0
#include "core/gate/verdict.h"

namespace tuesday::gate {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNoEvidence: return "no evidence";
    case Verdict::kPass: return "pass";
    case Verdict::kFail: return "fail";
  }
  return "no evidence";
}

Verdict Worst(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return Verdict::kNoEvidence;
  Verdict worst = Verdict::kPass;
  for (const Verdict verdict : verdicts) {
    if (verdict == Verdict::kFail) return Verdict::kFail;
    if (verdict == Verdict::kNoEvidence) worst = Verdict::kNoEvidence;
  }
  return worst;
}

}  // namespace tuesday::gate
