// SPDX-License-Identifier: Apache-2.0
// The grammar of an action's metadata, action.yml, in the notation of schema_text.cc. What stands beside the known keys of an
// action and its inputs is let through, as GitHub does.
#include "core/workflow/schema/schema.h"

namespace tuesday::workflow {

std::string_view ActionSchemaText() {
  return R"(
@job = github strategy matrix job runner
@step = @job inputs steps env
@call = @step hashFiles()
any = one-of null boolean number string sequence mapping
sequence = list any
mapping = map *string:any
non-empty-string = string non-empty
action-root = map name:string description:string inputs:inputs runs!:runs outputs:outputs *non-empty-string:any
inputs = map *non-empty-string:input
input = map default:input-default-context *non-empty-string:any
input-default-context @job hashFiles() = string
outputs = map *non-empty-string:output-definition
output-definition = map description:string value:output-value
output-value @step = string
runs = one-of container-runs node-runs composite-runs
container-runs = map using:non-empty-string image:non-empty-string entrypoint:non-empty-string args:container-runs-args env:container-runs-env pre-entrypoint:non-empty-string pre-if:non-empty-string post-entrypoint:non-empty-string post-if:non-empty-string
container-runs-args = list container-runs-context
container-runs-context inputs = string
container-runs-env inputs = map *non-empty-string:string
node-runs = map using:non-empty-string main:non-empty-string pre:non-empty-string pre-if:non-empty-string post:non-empty-string post-if:non-empty-string
composite-runs = map using:non-empty-string steps:composite-steps
composite-steps = list composite-step
composite-step = one-of run-step uses-step
run-step = map name:step-name id:non-empty-string if:step-if run!:string-steps-context env:step-env continue-on-error:step-continue-on-error working-directory:string-steps-context shell!:step-shell
uses-step = map name:step-name id:non-empty-string if:step-if uses!:non-empty-string continue-on-error:step-continue-on-error with:step-with env:step-env
string-steps-context @call = string
step-name @call = string
step-shell @call = string
step-continue-on-error @call = boolean
step-timeout-minutes @call = number
step-env @call = map *non-empty-string:string
step-with @call = map *non-empty-string:string
step-if @step step-status() hashFiles() = string
)";
}

}  // namespace tuesday::workflow
