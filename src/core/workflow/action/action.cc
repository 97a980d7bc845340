// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/action/action.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/expression/parser.h"
#include "core/expression/value/text.h"
#include "core/workflow/available.h"
#include "core/workflow/reader/convert.h"
#include "core/workflow/reader/template_reader.h"

namespace tuesday::workflow {
namespace {

constexpr std::string_view kUsingWords = "'composite', 'docker', 'node12', 'node16', 'node20' or 'node24'";

std::string TextOf(const Token& mapping, std::string_view key) {
  const Token* value = mapping.Find(key);
  return value == nullptr ? "" : value->ScalarText();
}

std::optional<Token> Copy(const Token* token) { return token == nullptr ? std::nullopt : std::optional<Token>(*token); }

// Members of a mapping that may be missing or empty.
const std::vector<Member>& MembersOf(const Token* mapping) {
  static const std::vector<Member> kNone;
  return mapping == nullptr ? kNone : mapping->members;
}

std::optional<int> NodeVersion(std::string_view word) {
  for (const auto& [name, version] :
       {std::pair("node12", 12), std::pair("node16", 16), std::pair("node20", 20), std::pair("node24", 24)}) {
    if (expression::SameText(word, name)) return version;
  }
  return std::nullopt;
}

class Converter {
 public:
  Converter(ReadState& state, std::string file) : state_(state), file_(std::move(file)) {}

  Result<Action> Convert(const Token& root) {
    TRY_OK(Expect(root, TokenKind::kMapping, "action"));
    Action action{
        .name = TextOf(root, "name"), .description = TextOf(root, "description"), .inputs = {}, .outputs = {}, .runs = {}};
    for (const Member& member : MembersOf(root.Find("inputs"))) action.inputs.push_back(ConvertInput(member));
    for (const Member& member : MembersOf(root.Find("outputs")))
      action.outputs.push_back({member.key.text, member.key.at, Copy(member.value.Find("value"))});
    const Token* runs = root.Find("runs");
    if (runs != nullptr) TRY_OK(ConvertRuns(*runs, action));
    return action;
  }

 private:
  static ActionInput ConvertInput(const Member& member) {
    ActionInput input{.name = member.key.text, .at = member.key.at, .required = false, .preset = {}, .deprecation = {}};
    input.preset = Copy(member.value.Find("default"));
    input.deprecation = TextOf(member.value, "deprecationMessage");
    const Token* required = member.value.Find("required");
    if (required != nullptr)
      input.required = required->Is(TokenKind::kBoolean) ? required->boolean : expression::SameText(required->text, "true");
    return input;
  }

  Result<void> ConvertRuns(const Token& runs, Action& action) {
    const Token* given = runs.Find("using");
    const std::string word = TextOf(runs, "using");
    if (word.empty()) {
      state_.Add(runs.at, fmt::format("Missing 'using' value. 'using' requires {}.", kUsingWords));
    } else if (const std::optional<int> version = NodeVersion(word); version.has_value()) {
      action.runs = ConvertNode(runs, *version);
    } else if (expression::SameText(word, "docker")) {
      action.runs = ConvertDocker(runs);
    } else if (expression::SameText(word, "composite")) {
      TRY(action.runs, ConvertComposite(runs));
    } else {
      state_.Add(given->at, fmt::format("'using: {}' is not supported, use {} instead.", word, kUsingWords));
    }
    return {};
  }

  NodeRuns ConvertNode(const Token& runs, int version) {
    NodeRuns node{.version = version,
                  .main = TextOf(runs, "main"),
                  .pre = TextOf(runs, "pre"),
                  .post = TextOf(runs, "post"),
                  .pre_if = StageCondition(runs, "pre-if"),
                  .post_if = StageCondition(runs, "post-if")};
    if (node.main.empty()) Missing(runs, "You are using a JavaScript Action but there is not an entry JavaScript file");
    return node;
  }

  DockerRuns ConvertDocker(const Token& runs) {
    DockerRuns docker{.image = TextOf(runs, "image"),
                      .entrypoint = TextOf(runs, "entrypoint"),
                      .pre_entrypoint = TextOf(runs, "pre-entrypoint"),
                      .post_entrypoint = TextOf(runs, "post-entrypoint"),
                      .args = Copy(runs.Find("args")),
                      .env = Copy(runs.Find("env")),
                      .pre_if = StageCondition(runs, "pre-if"),
                      .post_if = StageCondition(runs, "post-if")};
    if (docker.image.empty()) Missing(runs, "You are using a Container Action but an image is not");
    return docker;
  }

  Result<CompositeRuns> ConvertComposite(const Token& runs) {
    CompositeRuns composite;
    const Token* steps = runs.Find("steps");
    if (steps == nullptr) {
      Missing(runs, "You are using a composite action but there are no steps");
    } else {
      TRY(composite.steps, ConvertSteps(*steps, state_, StepsOf::kAction));
    }
    return composite;
  }

  // The condition of a stage is evaluated as it is written: nothing is wrapped around it.
  Token StageCondition(const Token& runs, std::string_view key) {
    const Token* given = runs.Find(key);
    Token condition =
        Token::Expression(given == nullptr ? runs.at : given->at, given == nullptr ? "always()" : given->ScalarText());
    condition.available = ActionSchema().Get("step-if").available;
    const auto parsed = expression::ParseExpression(condition.text, VocabularyOf(condition.available));
    if (!parsed.has_value()) state_.Add(condition.at, parsed.error().message);
    return condition;
  }

  void Missing(const Token& runs, std::string_view what) {
    state_.Add(runs.at, fmt::format("{} provided in {}.", what, file_));
  }

  ReadState& state_;
  std::string file_;
};

Result<Action> Read(std::string_view content, const std::string& file, ReadState& state) {
  TRY_OK(state.CountFile(file));
  TRY(const int id, state.FileId(file));
  if (expression::Utf16Length(content) > state.options().file_characters_max) {
    return Fail(ErrorCode::kLimit, fmt::format("{}: The maximum file size of {} characters has been exceeded", file,
                                               state.options().file_characters_max));
  }
  const std::optional<Token> root = ReadTemplate(ScanYaml(content), id, state, ActionSchema().Get("action-root"));
  if (!root.has_value() || state.HasProblems()) return Action();
  return Converter(state, file).Convert(*root);
}

}  // namespace

ReadActionResult ReadActionFile(std::string_view content, std::string_view file, const ReadOptions& options) {
  ReadState state(options);
  Result<Action> action = Read(content, std::string(file), state);
  if (!action.has_value()) state.Add({}, action.error().message);
  if (state.HasProblems()) return {Action(), state.problems()};
  return {*std::move(action), {}};
}

}  // namespace tuesday::workflow
