// SPDX-License-Identifier: Apache-2.0
// Walks a parsed template as Go's text/template/exec.go does, including where it says that an error happened.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/rules/template/expand.h"
#include "core/rules/template/functions.h"
#include "core/rules/template/parser.h"

namespace tuesday::rules::text {
namespace {

constexpr int kCallDepthMax = 50;

enum class Flow { kOn, kBreak, kContinue };

class Interpreter {
 public:
  Interpreter(const Template& parsed, const Expansion& expansion)
      : template_(parsed),
        expansion_(expansion),
        surroundings_{expansion, [this](const std::string& name, const Value& dot) { return RunNamed(name, dot); }} {}

  Result<std::string> Run() {
    variables_ = {{"$", expansion_.dot}};
    TRY_OK(Walk(expansion_.dot, *template_.root));
    return std::move(output_);
  }

 private:
  struct Variable {
    std::string name;
    Value value;
  };
  using Nodes = std::vector<NodePtr>;

  // Go's line:column counts the column from 0.
  std::unexpected<Error> Bad(const std::string& message) const {
    const std::string_view before = std::string_view(template_.text).substr(0, at_ == nullptr ? 0 : at_->at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n');
    const std::size_t column = start == std::string_view::npos ? before.size() : before.size() - start - 1;
    return Fail(ErrorCode::kInvalid, fmt::format("template: {}:{}:{}: executing {} at <{}>: {}", expansion_.name, line, column,
                                                 Quote(running_.empty() ? expansion_.name : running_),
                                                 at_ == nullptr ? "" : NodeText(*at_), message));
  }

  Result<std::string> RunNamed(const std::string& name, const Value& dot) {
    std::string outside = std::move(output_);
    output_.clear();
    const Result<void> done = CallDefined(name, dot);
    std::string inside = std::exchange(output_, std::move(outside));
    if (!done) return std::unexpected(done.error());
    return inside;
  }

  Result<void> CallDefined(const std::string& name, const Value& dot) {
    const auto found = template_.defined.find(name);
    if (found == template_.defined.end()) return Bad(fmt::format("template {} not defined", Quote(name)));
    if (++calls_ > kCallDepthMax) return Bad(fmt::format("exceeded maximum template depth ({})", kCallDepthMax));
    std::vector<Variable> outside = std::exchange(variables_, {{"$", dot}});
    std::string caller = std::exchange(running_, name);
    TRY_OK(Walk(dot, *found->second));
    variables_ = std::move(outside);
    running_ = std::move(caller);
    --calls_;
    return {};
  }

  void Write(const Value& value) {
    if (expansion_.markup == Markup::kText) {
      output_ += PrintValue(value);
    } else if (value.kind == Value::Kind::kHtml) {
      output_ += value.string;
    } else if (value.kind != Value::Kind::kNone) {
      output_ += EscapeHtml(PrintValue(value));
    }
  }

  Result<Flow> Walk(const Value& dot, const Node& node) {
    at_ = &node;
    if (++actions_ > kExpansionActionsMax) return Bad(fmt::format("more than {} actions were run", kExpansionActionsMax));
    if (output_.size() > kExpansionBytesMax) return Bad(fmt::format("more than {} bytes were written", kExpansionBytesMax));
    switch (node.kind) {
      case NodeKind::kText: output_ += node.word; return Flow::kOn;
      case NodeKind::kList: return WalkList(dot, node);
      case NodeKind::kAction: {
        TRY(const Value value, Pipe(dot, *node.parts[0]));
        if (node.parts[0]->names.empty()) Write(value);
        return Flow::kOn;
      }
      case NodeKind::kIf:
      case NodeKind::kWith: return WalkChoice(dot, node);
      case NodeKind::kRange: return WalkRange(dot, node);
      case NodeKind::kTemplate: {
        Value argument;
        if (!node.parts.empty()) {
          TRY(argument, Pipe(dot, *node.parts[0]));
        }
        TRY_OK(CallDefined(node.word, argument));
        return Flow::kOn;
      }
      case NodeKind::kBreak: return Flow::kBreak;
      case NodeKind::kContinue: return Flow::kContinue;
      default: return Bad("unknown node");
    }
  }

  Result<Flow> WalkList(const Value& dot, const Node& list) {
    for (const NodePtr& part : list.parts) {
      TRY(const Flow flow, Walk(dot, *part));
      if (flow != Flow::kOn) return flow;
    }
    return Flow::kOn;
  }

  Result<Flow> WalkChoice(const Value& dot, const Node& node) {
    const std::size_t mark = variables_.size();
    TRY(const Value value, Pipe(dot, *node.parts[0]));
    Flow flow = Flow::kOn;
    if (Truth(value)) {
      TRY(flow, Walk(node.kind == NodeKind::kWith ? value : dot, *node.parts[1]));
    } else if (node.parts[2] != nullptr) {
      TRY(flow, Walk(dot, *node.parts[2]));
    }
    variables_.resize(mark);
    return flow;
  }

  Result<std::vector<std::pair<Value, Value>>> Elements(const Value& value) const {
    std::vector<std::pair<Value, Value>> elements;
    switch (value.kind) {
      case Value::Kind::kNone: break;
      case Value::Kind::kList:
        for (std::size_t i = 0; i < value.list->size(); ++i) {
          elements.emplace_back(Value::Int(static_cast<std::int64_t>(i)), (*value.list)[i]);
        }
        break;
      case Value::Kind::kMap:
        for (const auto& [key, item] : *value.members) elements.emplace_back(Value::String(key), item);
        break;
      case Value::Kind::kInt:
        if (value.integer > kExpansionActionsMax) return Bad(fmt::format("range over more than {}", kExpansionActionsMax));
        for (std::int64_t i = 0; i < value.integer; ++i) elements.emplace_back(Value::Int(i), Value::Int(i));
        break;
      default: return Bad(fmt::format("range can't iterate over {}", PrintValue(value)));
    }
    return elements;
  }

  Result<Flow> WalkRange(const Value& dot, const Node& node) {
    const std::size_t mark = variables_.size();
    const Node& pipe = *node.parts[0];
    TRY(const Value value, Pipe(dot, pipe));
    const std::size_t inner = variables_.size();
    at_ = &node;
    TRY(const auto elements, Elements(value));
    Flow flow = Flow::kOn;
    for (const auto& [key, item] : elements) {
      if (!pipe.names.empty()) TRY_OK(Bind(pipe, pipe.names.size() - 1, item));
      if (pipe.names.size() == 2) TRY_OK(Bind(pipe, 0, key));
      TRY(flow, Walk(item, *node.parts[1]));
      variables_.resize(inner);
      if (flow == Flow::kBreak) break;
    }
    flow = Flow::kOn;
    if (elements.empty() && node.parts[2] != nullptr) {
      TRY(flow, Walk(dot, *node.parts[2]));
    }
    variables_.resize(mark);
    return flow;
  }

  // Gives the variable `which` of a range its value: the newest of that name, whether declared here or assigned.
  Result<void> Bind(const Node& pipe, std::size_t which, const Value& value) { return Assign(pipe.names[which], value); }

  Result<void> Assign(const std::string& name, const Value& value) {
    for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
      if (it->name == name) {
        it->value = value;
        return {};
      }
    }
    return Bad(fmt::format("undefined variable: {}", name));
  }

  Result<Value> Pipe(const Value& dot, const Node& pipe) {
    at_ = &pipe;
    std::optional<Value> last;
    for (const NodePtr& command : pipe.parts) {
      TRY(last, Command(dot, *command, last));
    }
    for (const std::string& name : pipe.names) {
      if (pipe.assigns) {
        TRY_OK(Assign(name, *last));
      } else {
        variables_.push_back({name, *last});
      }
    }
    return *last;
  }

  Result<Value> Command(const Value& dot, const Node& command, const std::optional<Value>& last) {
    const Node& first = *command.parts[0];
    switch (first.kind) {
      case NodeKind::kField: at_ = &first; return Fields(dot, dot, first.names, 0, command, last);
      case NodeKind::kChain: {
        TRY(const Value base, ChainBase(dot, first));
        return Fields(dot, base, first.names, 0, command, last);
      }
      case NodeKind::kVariable: {
        at_ = &first;
        TRY(const Value base, Lookup(first.names[0]));
        if (first.names.size() == 1) {
          TRY_OK(NotAFunction(command, last));
          return base;
        }
        return Fields(dot, base, first.names, 1, command, last);
      }
      case NodeKind::kIdentifier: return Call(dot, first, command, last);
      default: break;
    }
    at_ = &first;
    TRY_OK(NotAFunction(command, last));
    if (first.kind == NodeKind::kNil) return Bad("nil is not a command");
    return Operand(dot, first);
  }

  Result<void> NotAFunction(const Node& command, const std::optional<Value>& last) const {
    if (command.parts.size() == 1 && !last) return {};
    return Bad(fmt::format("can't give argument to non-function {}", NodeText(*command.parts[0])));
  }

  Result<Value> Lookup(const std::string& name) const {
    for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
      if (it->name == name) return it->value;
    }
    return Bad(fmt::format("undefined variable: {}", name));
  }

  Result<Value> ChainBase(const Value& dot, const Node& chain) {
    at_ = &chain;
    if (chain.parts[0]->kind == NodeKind::kNil)
      return Bad(fmt::format("indirection through explicit nil in {}", NodeText(chain)));
    return Operand(dot, *chain.parts[0]);
  }

  // An operand that stands as an argument or alone.
  Result<Value> Operand(const Value& dot, const Node& node) {
    at_ = &node;
    switch (node.kind) {
      case NodeKind::kDot: return dot;
      case NodeKind::kNil: return Value::None();
      case NodeKind::kBool: return Value::Bool(node.boolean);
      case NodeKind::kNumber: return node.is_int ? Value::Int(node.integer) : Value::Float(node.number);
      case NodeKind::kString: return Value::String(node.word);
      case NodeKind::kPipe: return Pipe(dot, node);
      case NodeKind::kField: return Fields(dot, dot, node.names, 0, node, std::nullopt);
      case NodeKind::kIdentifier: return Call(dot, node, node, std::nullopt);
      case NodeKind::kVariable: {
        TRY(const Value base, Lookup(node.names[0]));
        return Fields(dot, base, node.names, 1, node, std::nullopt);
      }
      case NodeKind::kChain: {
        TRY(const Value base, ChainBase(dot, node));
        return Fields(dot, base, node.names, 0, node, std::nullopt);
      }
      default: return Bad(fmt::format("can't handle {} as an operand", NodeText(node)));
    }
  }

  // `command` gives the arguments of the last name, when it is a method; a lone operand stands for itself.
  Result<Value> Fields(const Value& dot, Value base, const std::vector<std::string>& names, std::size_t from,
                       const Node& command, const std::optional<Value>& last) {
    for (std::size_t i = from; i < names.size(); ++i) {
      const bool final_name = i + 1 == names.size();
      const bool has_arguments = final_name && (last || (command.kind == NodeKind::kCommand && command.parts.size() > 1));
      if (const Function* method = FindMethod(base, names[i])) {
        Arguments arguments = {base};
        if (final_name) TRY_OK(CollectArguments(dot, command, last, *method, 1, names[i], arguments));
        TRY(base, Invoke(*method, names[i], arguments, command));
        continue;
      }
      TRY(Value next, Field(base, names[i]));
      if (has_arguments) return Bad(fmt::format("{} is not a method but has arguments", names[i]));
      base = std::move(next);
    }
    return base;
  }

  Result<Value> Field(const Value& base, const std::string& name) const {
    if (base.kind == Value::Kind::kNone) {
      if (expansion_.missing_key == MissingKey::kError) return Bad(fmt::format("nil data; no entry for key {}", Quote(name)));
      return Value::None();
    }
    if (base.kind == Value::Kind::kMap || base.kind == Value::Kind::kRecord) {
      const auto found = base.members->find(name);
      if (found != base.members->end()) return found->second;
    }
    if (base.kind == Value::Kind::kMap) {
      if (expansion_.missing_key == MissingKey::kError) return Bad(fmt::format("map has no entry for key {}", Quote(name)));
      const bool empty = base.missing_is_empty && expansion_.missing_key == MissingKey::kZero;
      return empty ? Value::String("") : Value::None();
    }
    return Bad(fmt::format("can't evaluate field {} in type {}", name, TypeName(base)));
  }

  Result<Value> Call(const Value& dot, const Node& name, const Node& command, const std::optional<Value>& last) {
    at_ = &name;
    const auto found = Functions().find(name.word);
    if (found == Functions().end()) return Bad(fmt::format("{} is not a defined function", Quote(name.word)));
    if (name.word == "and" || name.word == "or") return ShortCircuit(dot, name.word == "or", command, last);
    Arguments arguments;
    TRY_OK(CollectArguments(dot, command, last, found->second, 0, name.word, arguments));
    return Invoke(found->second, name.word, arguments, command);
  }

  Result<Value> ShortCircuit(const Value& dot, bool stops_at, const Node& command, const std::optional<Value>& last) {
    std::optional<Value> value;
    for (std::size_t i = 1; command.kind == NodeKind::kCommand && i < command.parts.size(); ++i) {
      TRY(value, Operand(dot, *command.parts[i]));
      if (Truth(*value) == stops_at) return *value;
    }
    if (last) return *last;
    if (!value) return Bad(fmt::format("wrong number of args for {}: want at least 1 got 0", stops_at ? "or" : "and"));
    return *value;
  }

  // Evaluates the operands behind the function's name and checks them against its parameters. `given` parameters are
  // there already (the value that a method belongs to).
  Result<void> CollectArguments(const Value& dot, const Node& command, const std::optional<Value>& last,
                                const Function& function, std::size_t given, const std::string& name, Arguments& arguments) {
    const bool repeats = function.parameters.ends_with('*');
    const std::size_t fixed = function.parameters.size() - (repeats ? 2 : 0);
    const std::size_t operands = command.kind == NodeKind::kCommand ? command.parts.size() - 1 : 0;
    const std::size_t count = given + operands + (last ? 1 : 0);
    if (repeats ? count < fixed : count != fixed) {
      return Bad(fmt::format("wrong number of args for {}: want {}{} got {}", name, repeats ? "at least " : "", fixed - given,
                             count - given));
    }
    const auto letter = [&](std::size_t i) { return i < fixed ? function.parameters[i] : function.parameters[fixed]; };
    for (std::size_t i = 0; i < operands; ++i) {
      TRY(Value value, Argument(dot, *command.parts[i + 1], letter(given + i)));
      arguments.push_back(std::move(value));
    }
    if (last) {
      TRY(Value value, Typed(*last, letter(count - 1)));
      arguments.push_back(std::move(value));
    }
    return {};
  }

  Result<Value> Argument(const Value& dot, const Node& node, char letter) {
    at_ = &node;
    if (node.kind == NodeKind::kNumber && letter == 'f') return Value::Float(node.number);
    const bool literal = node.kind == NodeKind::kNumber || node.kind == NodeKind::kString || node.kind == NodeKind::kBool;
    if (literal && letter == 's' && node.kind != NodeKind::kString) return Bad("expected string; found " + node.source);
    if (literal && letter == 'f') return Bad("expected float; found " + NodeText(node));
    TRY(const Value value, Operand(dot, node));
    return Typed(value, letter);
  }

  Result<Value> Typed(const Value& value, char letter) const {
    const auto wrong = [&](std::string_view wanted) {
      return Bad(fmt::format("wrong type for value; expected {}; got {}", wanted, TypeName(value)));
    };
    switch (letter) {
      case 's': return value.IsText() ? Result<Value>(value) : wrong("string");
      case 'f': return value.kind == Value::Kind::kFloat ? Result<Value>(value) : wrong("float64");
      case 'i': return value.kind == Value::Kind::kInt ? Result<Value>(value) : wrong("int");
      case 'q': return TypeName(value) == "template.queryResult" ? Result<Value>(value) : wrong("template.queryResult");
      case 'm': return TypeName(value) == "*template.sample" ? Result<Value>(value) : wrong("*template.sample");
      case 'd': return value.kind == Value::Kind::kDuration ? Result<Value>(value) : wrong("time.Duration");
      default: return value;
    }
  }

  Result<Value> Invoke(const Function& function, const std::string& name, const Arguments& arguments, const Node& command) {
    Result<Value> value = function.call(surroundings_, arguments);
    if (value) return value;
    at_ = &command;
    return Bad(fmt::format("error calling {}: {}", name, value.error().message));
  }

  const Template& template_;
  const Expansion& expansion_;
  Surroundings surroundings_;
  std::vector<Variable> variables_;
  std::string output_;
  std::string running_;  // The defined template under way; empty: the main one.
  const Node* at_ = nullptr;
  int actions_ = 0;
  int calls_ = 0;
};

bool IsFunction(std::string_view name) { return Functions().contains(name); }

// What Prometheus puts before each of an alert's templates.
constexpr std::string_view kAlertPrelude =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

}  // namespace

Result<std::string> Expand(std::string_view text, const Expansion& expansion) {
  const Result<Template> parsed = ParseTemplate(text, expansion.name, IsFunction);
  if (!parsed) {
    return Fail(parsed.error().code, fmt::format("error parsing template {}: {}", expansion.name, parsed.error().message));
  }
  Interpreter interpreter(*parsed, expansion);
  Result<std::string> output = interpreter.Run();
  if (!output) {
    return Fail(output.error().code, fmt::format("error executing template {}: {}", expansion.name, output.error().message));
  }
  return output;
}

Result<void> CheckAlertTemplate(std::string_view text, std::string_view name) {
  const Result<Template> parsed = ParseTemplate(std::string(kAlertPrelude) + std::string(text), name, IsFunction);
  if (!parsed) return std::unexpected(parsed.error());
  return {};
}

std::string ExpandForAlert(std::string_view text, const AlertFacts& facts) {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  Expansion expansion;
  expansion.name = "__alert_" + facts.alert;
  expansion.dot = Value::Record({{"Labels", Value::StringMap(facts.labels)},
                                 {"ExternalLabels", Value::StringMap(facts.external_labels)},
                                 {"ExternalURL", Value::String(facts.external_url)},
                                 {"Value", Value::Float(facts.value)}},
                                "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; "
                                "Value interface {} }");
  expansion.query = facts.query;
  expansion.now_ms = facts.now_ms;
  expansion.external_url = facts.external_url;
  Result<std::string> expanded = Expand(std::string(kAlertPrelude) + std::string(text), expansion);
  if (!expanded) return fmt::format("<error expanding template: {}>", expanded.error().message);
  return std::move(*expanded);
}

}  // namespace tuesday::rules::text
