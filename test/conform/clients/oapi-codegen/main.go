package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	api "example.com/program/steadyhand"
)

func main() {
	url, instance := os.Args[1], os.Args[2]
	ctx := context.Background()
	client := must(api.NewClientWithResponses(url))
	target := api.DcsInstanceTarget{InstanceId: instance}
	var swap, restart api.RunRequest
	done(swap.FromDcsInstanceSwap(api.DcsInstanceSwap{Target: target}))
	queue := api.Collision("queue")
	done(restart.FromDcsInstanceRestart(api.DcsInstanceRestart{Target: target, Collision: &queue}))

	key := "swap " + instance
	run := must(client.CreateRunWithResponse(ctx, &api.CreateRunParams{IdempotencyKey: &key}, swap)).JSON202
	fmt.Println("create")

	queued := must(client.CreateRunWithResponse(ctx, &api.CreateRunParams{}, restart)).JSON202
	cancelled := must(client.CancelRunWithResponse(ctx, queued.Id, &api.CancelRunParams{})).JSON200
	expect(cancelled.State == "cancelled", cancelled.State)
	fmt.Println("cancel")

	wait := "wait=20"
	for run.Outcome == nil {
		run = must(client.GetRunWithResponse(ctx, run.Id, &api.GetRunParams{Prefer: &wait})).JSON200
	}
	expect(run.State == "succeeded", run.Outcome.Summary)
	fmt.Println("wait")

	listed := []string{}
	limit := 1
	params := api.ListRunsParams{Target: &instance, Limit: &limit}
	for more := true; more; more = params.Cursor != nil {
		page := must(client.ListRunsWithResponse(ctx, &params)).JSON200
		for _, one := range page.Runs {
			listed = append(listed, one.Id)
		}
		params.Cursor = page.Cursor
	}
	expect(strings.Join(listed, " ") == queued.Id+" "+run.Id, listed)
	fmt.Println("list")

	plan := must(client.CreatePlanWithResponse(ctx, &api.CreatePlanParams{}, swap)).JSON200
	expect(plan.Would == "be-sent", plan.Would)
	fmt.Println("plan")

	unknown := must(client.GetRunWithResponse(ctx, "run_"+strings.Repeat("0", 32), &api.GetRunParams{}))
	expect(unknown.ApplicationproblemJSON404.Status == 404, unknown.Status())
	fmt.Println("problem")
}

func must[Value any](value Value, err error) Value {
	done(err)
	return value
}

func done(err error) {
	expect(err == nil, err)
}

func expect(isTrue bool, otherwise any) {
	if !isTrue {
		panic(otherwise)
	}
}
