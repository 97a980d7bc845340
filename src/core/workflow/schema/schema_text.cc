// SPDX-License-Identifier: Apache-2.0
// The grammar of workflow files of 2026, in a notation of our own (schema.cc reads it). Where a definition stands alone its
// name is that of GitHub's published schema, so that the two can be laid side by side.
#include "core/workflow/schema/schema.h"

namespace tuesday::workflow {

std::string_view WorkflowSchemaText() {
  return R"(
@base = github inputs vars
@job = @base needs strategy matrix
@runner-no-secrets = @job steps job runner env
@runner = @runner-no-secrets secrets
@steps = @runner hashFiles()
any = one-of null boolean number string sequence mapping
sequence = list any
mapping = map *string:any
non-empty-string = string non-empty
sequence-of-non-empty-string = list non-empty-string
strings = one-of non-empty-string sequence-of-non-empty-string
workflow-root = map on:on name:string description:string run-name:run-name defaults:workflow-defaults env:workflow-env permissions:permissions concurrency:workflow-concurrency jobs!:jobs
run-name @base = string
on = one-of string sequence on-mapping
on-mapping = map workflow_call:workflow-call *non-empty-string:any
workflow-call = one-of null workflow-call-mapping
workflow-call-mapping = map inputs:workflow-call-inputs secrets:workflow-call-secrets outputs:workflow-call-outputs
workflow-call-inputs = map *non-empty-string:workflow-call-input
workflow-call-input = map description:string type!:workflow-call-input-type required:boolean default:workflow-call-input-default
workflow-call-input-type = one-of input-type-string input-type-boolean input-type-number
input-type-string = string string
input-type-boolean = string boolean
input-type-number = string number
workflow-call-input-default @base = one-of string boolean number
workflow-call-secrets = map *non-empty-string:workflow-call-secret
workflow-call-secret = one-of null workflow-call-secret-mapping
workflow-call-secret-mapping = map description:string required:boolean
workflow-call-outputs = map *non-empty-string:workflow-call-output
workflow-call-output = map description:string value!:workflow-output-context
workflow-output-context @base jobs = string
permissions = one-of permissions-mapping read-all write-all
read-all = string read-all
write-all = string write-all
permissions-mapping = map actions:level artifact-metadata:level attestations:level checks:level code-quality:level contents:level copilot-requests:level-write deployments:level discussions:level drives:level id-token:level-write issues:level models:level-read packages:level pages:level pull-requests:level repository-projects:level security-events:level statuses:level vulnerability-alerts:level-read workflows:level-write
level = one-of level-is-read level-is-write level-is-none
level-read = one-of level-is-read level-is-none
level-write = one-of level-is-write level-is-none
level-is-read = string read
level-is-write = string write
level-is-none = string none
workflow-defaults = map run:workflow-defaults-run
workflow-defaults-run = map shell:non-empty-string working-directory:non-empty-string
workflow-env @base secrets = map *non-empty-string:string
jobs = map *non-empty-string:job
job = one-of job-factory workflow-job
job-factory = map needs:needs if:job-if strategy:strategy name:string-strategy-context runs-on!:runs-on timeout-minutes:number-strategy-context cancel-timeout-minutes:number-strategy-context continue-on-error:boolean-strategy-context container:container services:services env:job-env environment:job-environment permissions:permissions concurrency:job-concurrency outputs:job-outputs defaults:job-defaults steps:steps snapshot:snapshot
workflow-job = map name:string-strategy-context uses!:non-empty-string with:workflow-job-with secrets:workflow-job-secrets needs:needs if:job-if permissions:permissions concurrency:job-concurrency strategy:strategy
workflow-job-with = map *non-empty-string:scalar-needs-context
workflow-job-secrets = one-of workflow-job-secrets-mapping workflow-job-secrets-inherit
workflow-job-secrets-mapping = map *non-empty-string:scalar-needs-context-with-secrets
workflow-job-secrets-inherit = string inherit
needs = one-of sequence-of-non-empty-string non-empty-string
job-if @base needs job-status() = string
strategy @base needs = map fail-fast:boolean max-parallel:number matrix:matrix
matrix = map include:matrix-filter exclude:matrix-filter *non-empty-string:sequence
matrix-filter = list matrix-filter-item
matrix-filter-item = map *non-empty-string:any
snapshot @job = one-of non-empty-string snapshot-mapping
snapshot-mapping = map image-name!:non-empty-string if:snapshot-if version:non-empty-string
snapshot-if @job = string
runs-on @job = one-of non-empty-string sequence-of-non-empty-string runs-on-mapping
runs-on-mapping = map group:non-empty-string labels:strings
job-env @job secrets = map *non-empty-string:string
workflow-concurrency @base = one-of string concurrency-mapping
job-concurrency @job = one-of non-empty-string concurrency-mapping
concurrency-mapping = map group!:non-empty-string cancel-in-progress:boolean queue:concurrency-queue
concurrency-queue = one-of queue-is-single queue-is-max
queue-is-single = string single
queue-is-max = string max
job-environment @job = one-of string job-environment-mapping
job-environment-mapping = map name!:job-environment-name url:string-runner-context-no-secrets deployment:boolean
job-environment-name @job = string
job-defaults = map run:job-defaults-run
job-defaults-run @job env = map shell:non-empty-string working-directory:non-empty-string
job-outputs = map *non-empty-string:string-runner-context
steps = list steps-item
steps-item = one-of run-step regular-step parallel-step wait-step wait-all-step cancel-step
run-step = map name:step-name id:non-empty-string if:step-if timeout-minutes:step-timeout-minutes run!:string-steps-context continue-on-error:step-continue-on-error env:step-env working-directory:string-steps-context shell:step-shell background:boolean
regular-step = map name:step-name id:non-empty-string if:step-if continue-on-error:step-continue-on-error timeout-minutes:step-timeout-minutes uses!:non-empty-string with:step-with env:step-env background:boolean
parallel-step = map parallel!:steps
wait-step = map unlisted name:step-name id:non-empty-string continue-on-error:step-continue-on-error wait!:strings
wait-all-step = map unlisted name:step-name id:non-empty-string continue-on-error:step-continue-on-error wait-all!:null-or-boolean
cancel-step = map unlisted name:step-name id:non-empty-string continue-on-error:step-continue-on-error cancel!:non-empty-string
null-or-boolean = one-of null boolean
step-continue-on-error @steps = boolean
step-if @runner-no-secrets step-status() hashFiles() = string
step-env @steps = map *non-empty-string:string
step-name @steps = string
step-shell = string non-empty
step-timeout-minutes @steps = number
step-with @steps = map *non-empty-string:string
container @job = one-of string container-mapping
container-mapping = map image:string options:string env:container-env ports:sequence-of-non-empty-string volumes:sequence-of-non-empty-string credentials:container-registry-credentials
services @job = map *non-empty-string:services-container
services-container @job = one-of string service-container-mapping
service-container-mapping = map image:string options:string entrypoint:string command:string env:container-env ports:sequence-of-non-empty-string volumes:sequence-of-non-empty-string credentials:container-registry-credentials
container-registry-credentials @base secrets env = map username:non-empty-string password:non-empty-string
container-env = map *non-empty-string:string-runner-context
scalar-needs-context @job = one-of string boolean number
scalar-needs-context-with-secrets @job secrets = one-of string boolean number
boolean-strategy-context @job = boolean
number-strategy-context @job = number
string-strategy-context @job = string
string-runner-context @runner = string
string-runner-context-no-secrets @runner-no-secrets = string
string-steps-context @steps = string
)";
}

}  // namespace tuesday::workflow
