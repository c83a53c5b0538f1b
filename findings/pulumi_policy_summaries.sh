#!/usr/bin/env bash
# pulumi engine 3.276.0 (Go module pkg/v3): what "passed" means in the summary of a policy pack's analysis.
# After each of the two calls about a resource (Remediate and Analyze) the engine writes an event that lists the pack's
# policies that passed. It lists every enabled policy of the type "resource" that found nothing, whether or not it has
# anything to do with the resource's type and, after Remediate, whether or not it can remediate; only a policy that the
# pack itself names as not applicable is left out. A pack of 250 such policies so puts 500 names into the event log for
# every resource. Policies of the type "stack" are listed once, after the analysis of the stack; what one of them
# reports about a resource in Analyze is listed there as failed all the same.
# Seen: "passed" as below, twice the same for a resource.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/analyzer"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

func main() {
	policy := func(name string, kind plugin.AnalyzerPolicyType) plugin.AnalyzerPolicyInfo {
		return plugin.AnalyzerPolicyInfo{Name: name, Type: kind, EnforcementLevel: apitype.Mandatory}
	}
	info := plugin.AnalyzerInfo{Name: "pack", Policies: []plugin.AnalyzerPolicyInfo{
		policy("bucket-encrypted", plugin.AnalyzerPolicyTypeResource),
		policy("queue-encrypted", plugin.AnalyzerPolicyTypeResource),
		policy("topic-encrypted", plugin.AnalyzerPolicyTypeStack),
	}}
	found := func(name string) plugin.AnalyzeResponse {
		return plugin.AnalyzeResponse{Diagnostics: []plugin.AnalyzeDiagnostic{{PolicyName: name}}}
	}
	show := func(what string, one plugin.PolicySummary) {
		fmt.Println(what, "passed", one.Passed, "failed", one.Failed)
	}
	show("analyze, nothing found:", analyzer.NewAnalyzePolicySummary("urn", plugin.AnalyzeResponse{}, info))
	show("remediate, nothing done:", analyzer.NewRemediatePolicySummary("urn", plugin.RemediateResponse{}, info))
	left := plugin.AnalyzeResponse{NotApplicable: []plugin.PolicyNotApplicable{{PolicyName: "queue-encrypted"}}}
	show("analyze, one not applicable:", analyzer.NewAnalyzePolicySummary("urn", left, info))
	show("analyze, a stack policy found:", analyzer.NewAnalyzePolicySummary("urn", found("topic-encrypted"), info))
	show("stack, nothing found:", analyzer.NewAnalyzeStackPolicySummary(plugin.AnalyzeResponse{}, info))
}
GO
cat > expected.txt <<'TEXT'
analyze, nothing found: passed [bucket-encrypted queue-encrypted] failed []
remediate, nothing done: passed [bucket-encrypted queue-encrypted] failed []
analyze, one not applicable: passed [bucket-encrypted] failed []
analyze, a stack policy found: passed [bucket-encrypted queue-encrypted] failed [topic-encrypted]
stack, nothing found: passed [topic-encrypted] failed []
TEXT
go mod init finding 2> /dev/null
go mod edit -require github.com/pulumi/pulumi/pkg/v3@v3.276.0 -require github.com/pulumi/pulumi/sdk/v3@v3.276.0
# As the module's own go.mod has it.
go mod edit -replace github.com/atotto/clipboard=github.com/tgummerer/clipboard@v0.0.0-20241001131231-d02d263e614e
go mod tidy 2> /dev/null
go run . > seen.txt
diff expected.txt seen.txt && echo "As described."
