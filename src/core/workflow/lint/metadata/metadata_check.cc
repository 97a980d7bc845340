// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/lint/metadata/metadata_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/expression/value/text.h"
#include "core/workflow/lint/words.h"

namespace tuesday::workflow::lint {
namespace {

using Words = std::vector<std::string>;

// A kind of action: what it may say in `runs`, and what it must.
struct RunsKind {
  std::string_view name;
  std::string_view required;
  Words keys;
};

const RunsKind& Node20() {
  static const RunsKind kKind = {"JavaScript", "main", {"using", "main", "pre", "pre-if", "post", "post-if"}};
  return kKind;
}

const RunsKind& Composite() {
  static const RunsKind kKind = {"composite", "steps", {"using", "steps"}};
  return kKind;
}

const RunsKind& Docker() {
  static const RunsKind kKind = {
      "Docker",
      "image",
      {"using", "image", "args", "env", "entrypoint", "pre-entrypoint", "pre-if", "post-entrypoint", "post-if"}};
  return kKind;
}

const RunsKind* KindOf(std::string_view word) {
  for (const std::string_view node : {"node12", "node16", "node20", "node24"}) {
    if (expression::SameText(word, node)) return &Node20();
  }
  if (expression::SameText(word, "composite")) return &Composite();
  if (expression::SameText(word, "docker")) return &Docker();
  return nullptr;
}

// Whether an image is one of a registry without saying so: a host stands before the first slash.
bool NamesRegistry(std::string_view image) {
  const std::size_t slash = image.find('/');
  if (slash == std::string_view::npos) return false;
  return image.substr(0, slash).find_first_of(".:") != std::string_view::npos;
}

class Checker {
 public:
  Checker(std::string_view folder, const ProjectFiles* files) : folder_(folder), files_(files) {}

  std::vector<MetadataProblem> Check(const Node& root) {
    for (const std::string_view key : {"name", "description"}) {
      if (root.Find(key) == nullptr) Add(root, Severity::kWarning, fmt::format("the metadata has no \"{}\"", key));
    }
    if (const Node* branding = root.Find("branding"); branding != nullptr) CheckBranding(*branding);
    if (const Node* inputs = root.Find("inputs"); inputs != nullptr) {
      for (const auto& [key, value] : inputs->members) CheckInput(*key, *value);
    }
    if (const Node* runs = root.Find("runs"); runs == nullptr) {
      Add(root, Severity::kError, "the metadata has no \"runs\"");
    } else {
      CheckRuns(*runs);
    }
    return std::move(problems_);
  }

 private:
  void Add(const Node& at, Severity severity, std::string message) { problems_.push_back({&at, severity, std::move(message)}); }

  void CheckBranding(const Node& branding) {
    if (const Node* icon = branding.Find("icon"); icon != nullptr && !IsBrandingIcon(icon->value))
      Add(*icon, Severity::kWarning, fmt::format("there is no icon \"{}\"", icon->value));
    if (const Node* color = branding.Find("color"); color != nullptr && !IsBrandingColor(color->value))
      Add(*color, Severity::kWarning,
          fmt::format("there is no color \"{}\": white, black, yellow, blue, green, orange, red, purple and gray-dark are",
                      color->value));
  }

  void CheckInput(const Node& name, const Node& input) {
    static const Words kKeys = {"description", "required", "default", "deprecationMessage"};
    for (const auto& [key, value] : input.members) {
      if (std::find(kKeys.begin(), kKeys.end(), key->value) == kKeys.end())
        Add(*key, Severity::kWarning, fmt::format("\"{}\" of the input \"{}\" has no effect", key->value, name.value));
    }
    const Node* message = input.Find("deprecationMessage");
    if (message != nullptr && (message->IsNull() || expression::Trim(message->value).empty()))
      Add(*message, Severity::kWarning, fmt::format("the input \"{}\" is deprecated without a message", name.value));
  }

  void CheckRuns(const Node& runs) {
    const Node* word = runs.Find("using");
    if (word == nullptr) return Add(runs, Severity::kError, "\"runs\" does not say what it is \"using\"");
    const RunsKind* kind = KindOf(word->value);
    if (kind == nullptr)
      return Add(
          *word, Severity::kError,
          fmt::format("\"{}\" is nothing that an action can run with: composite, docker, node20 and node24 are", word->value));
    if (runs.Find(kind->required) == nullptr)
      Add(runs, Severity::kError, fmt::format("a {} action needs \"{}\" in \"runs\"", kind->name, kind->required));
    for (const auto& [key, value] : runs.members) {
      if (std::find(kind->keys.begin(), kind->keys.end(), key->value) == kind->keys.end())
        Add(*key, Severity::kError, fmt::format("a {} action has no \"{}\" in \"runs\"", kind->name, key->value));
    }
    if (kind == &Node20()) CheckScripts(runs);
    if (kind == &Docker()) CheckImage(runs);
  }

  void CheckScripts(const Node& runs) {
    for (const std::string_view key : {"main", "pre", "post"}) CheckFile(key, runs);
    CheckCondition("pre-if", "pre", runs);
    CheckCondition("post-if", "post", runs);
  }

  void CheckCondition(std::string_view condition, std::string_view stage, const Node& runs) {
    const Node* given = runs.Find(condition);
    if (given != nullptr && runs.Find(stage) == nullptr)
      Add(*given, Severity::kWarning, fmt::format("\"{}\" has no effect without \"{}\"", condition, stage));
  }

  void CheckImage(const Node& runs) {
    CheckCondition("pre-if", "pre-entrypoint", runs);
    CheckCondition("post-if", "post-entrypoint", runs);
    const Node* image = runs.Find("image");
    if (image == nullptr || image->value.starts_with("docker://") || NamesRegistry(image->value)) return;
    const std::string_view name = std::string_view(image->value).substr(image->value.rfind('/') + 1);
    CheckFile("image", runs);
    const bool named = name == "Dockerfile" || name.starts_with("Dockerfile.") || name.ends_with(".Dockerfile");
    if (!named && Exists(image->value))
      Add(*image, Severity::kError, fmt::format("the file of the image, \"{}\", must be called Dockerfile", image->value));
    // An absolute one is in the image.
    for (const std::string_view key : {"pre-entrypoint", "entrypoint", "post-entrypoint"}) CheckFile(key, runs);
  }

  bool Exists(std::string_view path) const {
    while (path.starts_with("./")) path.remove_prefix(2);
    return files_ == nullptr || files_->Has(folder_.empty() ? std::string(path) : folder_ + "/" + std::string(path));
  }

  void CheckFile(std::string_view key, const Node& runs) {
    const Node* path = runs.Find(key);
    if (path == nullptr || path->value.empty() || path->value.starts_with('/') || Exists(path->value)) return;
    Add(*path, Severity::kWarning, fmt::format("the file \"{}\" of \"{}\" is not there", path->value, key));
  }

  std::string folder_;
  const ProjectFiles* files_;
  std::vector<MetadataProblem> problems_;
};

}  // namespace

std::vector<MetadataProblem> CheckMetadata(const Node& root, std::string_view folder, const ProjectFiles* files) {
  return Checker(folder, files).Check(root);
}

}  // namespace tuesday::workflow::lint
