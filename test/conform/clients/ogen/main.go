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
	client := must(api.NewClient(url))
	target := api.DcsInstanceTarget{InstanceId: instance}
	swap := api.NewDcsInstanceSwapRunRequest(api.DcsInstanceSwap{Target: target})

	asked := must(client.CreateRun(ctx, swap, api.CreateRunParams{IdempotencyKey: api.NewOptString("swap " + instance)}))
	run := runOf(asked)
	fmt.Println("create")

	restart := api.DcsInstanceRestart{Target: target, Collision: api.NewOptCollision(api.CollisionQueue)}
	queued := must(client.CreateRun(ctx, api.NewDcsInstanceRestartRunRequest(restart), api.CreateRunParams{}))
	second := runOf(queued).ID
	cancelled := runOf(must(client.CancelRun(ctx, api.CancelRunParams{ID: second})))
	expect(cancelled.State == api.StateCancelled, cancelled.State)
	fmt.Println("cancel")

	for !run.Outcome.Set {
		params := api.GetRunParams{ID: run.ID, Prefer: api.NewOptString("wait=20")}
		run = runOf(must(client.GetRun(ctx, params)))
	}
	expect(run.State == api.StateSucceeded, run.Outcome.Value.Summary)
	fmt.Println("wait")

	listed := []string{}
	params := api.ListRunsParams{Target: api.NewOptString(instance), Limit: api.NewOptInt(1)}
	for more := true; more; more = params.Cursor.Set {
		page := must(client.ListRuns(ctx, params)).(*api.RunList)
		for _, one := range page.Runs {
			listed = append(listed, one.ID)
		}
		params.Cursor = page.Cursor
	}
	expect(strings.Join(listed, " ") == second+" "+run.ID, listed)
	fmt.Println("list")

	plan := must(client.CreatePlan(ctx, swap, api.CreatePlanParams{})).(*api.Plan)
	expect(plan.Would == api.PlanWouldBeSent, plan.Would)
	fmt.Println("plan")

	problem := must(client.GetRun(ctx, api.GetRunParams{ID: "run_" + strings.Repeat("0", 32)})).(*api.GetRunNotFound)
	expect(problem.Status == 404, problem)
	fmt.Println("problem")
}

// Each status has a type of its own; those with a run and headers have this in common.
func runOf(answer any) api.Run {
	return answer.(interface{ GetResponse() api.Run }).GetResponse()
}

func must[Value any](value Value, err error) Value {
	expect(err == nil, err)
	return value
}

func expect(isTrue bool, otherwise any) {
	if !isTrue {
		panic(otherwise)
	}
}
