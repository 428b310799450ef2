import sys

from openapi_client import (
    ApiClient,
    Collision,
    Configuration,
    DcsInstanceRestart,
    DcsInstanceSwap,
    DcsInstanceTarget,
    Problem,
    RunRequest,
    RunsApi,
    State,
)
from openapi_client.exceptions import NotFoundException

url, instance_id = sys.argv[1:]
runs = RunsApi(ApiClient(Configuration(host=url)))
target = DcsInstanceTarget(instanceId=instance_id)
swap = RunRequest(DcsInstanceSwap(operation="dcs.instance.swap", target=target))

run = runs.create_run(swap, idempotency_key=f"swap {instance_id}")
print("create")

restart = DcsInstanceRestart(operation="dcs.instance.restart", target=target, collision=Collision.QUEUE)
queued = runs.create_run(RunRequest(restart))
cancelled = runs.cancel_run(queued.id)
assert cancelled.state == State.CANCELLED, cancelled.state
print("cancel")

while run.outcome is None:
    run = runs.get_run(run.id, prefer="wait=20")
assert run.state == State.SUCCEEDED, run.outcome.summary
print("wait")

listed: list[str] = []
cursor: str | None = None
while True:
    page = runs.list_runs(target=instance_id, limit=1, cursor=cursor)
    listed += [one.id for one in page.runs]
    cursor = page.cursor
    if cursor is None:
        break
assert listed == [queued.id, run.id], listed
print("list")

plan = runs.create_plan(swap)
assert plan.would == "be-sent", plan.would
print("plan")

try:
    runs.get_run("run_" + "0" * 32)
    raise AssertionError("no problem")
except NotFoundException as error:
    assert isinstance(error.data, Problem) and error.data.status == 404, error
print("problem")
