package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	api "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func main() {
	url, instance := os.Args[1], os.Args[2]
	ctx := context.Background()
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: url}}
	runs := api.NewAPIClient(configuration).RunsAPI
	target := *api.NewDcsInstanceTarget(instance)
	swap := api.DcsInstanceSwapAsRunRequest(api.NewDcsInstanceSwap("dcs.instance.swap", target))
	restart := api.NewDcsInstanceRestart("dcs.instance.restart", target)
	restart.SetCollision("queue")

	run := must(runs.CreateRun(ctx).RunRequest(swap).IdempotencyKey("swap " + instance).Execute())
	fmt.Println("create")

	queued := must(runs.CreateRun(ctx).RunRequest(api.DcsInstanceRestartAsRunRequest(restart)).Execute())
	cancelled := must(runs.CancelRun(ctx, queued.Id).Execute())
	expect(cancelled.State == "cancelled", cancelled.State)
	fmt.Println("cancel")

	for run.Outcome == nil {
		run = must(runs.GetRun(ctx, run.Id).Prefer("wait=20").Execute())
	}
	expect(run.State == "succeeded", run.Outcome.Summary)
	fmt.Println("wait")

	listed := []string{}
	request := runs.ListRuns(ctx).Target(instance).Limit(1)
	for more := true; more; {
		page := must(request.Execute())
		for _, one := range page.Runs {
			listed = append(listed, one.Id)
		}
		more = page.HasCursor()
		request = request.Cursor(page.GetCursor())
	}
	expect(strings.Join(listed, " ") == queued.Id+" "+run.Id, listed)
	fmt.Println("list")

	plan := must(runs.CreatePlan(ctx).RunRequest(swap).Execute())
	expect(plan.Would == "be-sent", plan.Would)
	fmt.Println("plan")

	_, _, err := runs.GetRun(ctx, "run_"+strings.Repeat("0", 32)).Execute()
	var failure *api.GenericOpenAPIError
	expect(errors.As(err, &failure), err)
	expect(failure.Model().(api.Problem).Status == 404, err)
	fmt.Println("problem")
}

func must[Value any](value Value, _ *http.Response, err error) Value {
	expect(err == nil, err)
	return value
}

func expect(isTrue bool, otherwise any) {
	if !isTrue {
		panic(otherwise)
	}
}
