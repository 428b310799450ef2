import sys

from httpx import Timeout

from steadyhand_client import Client
from steadyhand_client.api.runs import cancel_run, create_plan, create_run, get_run, list_runs
from steadyhand_client.models import (
    Collision,
    DcsInstanceRestart,
    DcsInstanceSwap,
    DcsInstanceTarget,
    Plan,
    Problem,
    Run,
    RunList,
    State,
)
from steadyhand_client.types import UNSET, Unset

url, instance_id = sys.argv[1:]
client = Client(base_url=url, timeout=Timeout(30))
target = DcsInstanceTarget(instance_id=instance_id)
swap = DcsInstanceSwap(operation="dcs.instance.swap", target=target)

run = create_run.sync(client=client, body=swap, idempotency_key=f"swap {instance_id}")
assert isinstance(run, Run), run
print("create")

restart = DcsInstanceRestart(operation="dcs.instance.restart", target=target, collision=Collision.QUEUE)
queued = create_run.sync(client=client, body=restart)
assert isinstance(queued, Run), queued
cancelled = cancel_run.sync(queued.id, client=client)
assert isinstance(cancelled, Run) and cancelled.state == State.CANCELLED, cancelled
print("cancel")

while isinstance(run.outcome, Unset):
    answer = get_run.sync(run.id, client=client, prefer="wait=20")
    assert isinstance(answer, Run), answer
    run = answer
assert run.state == State.SUCCEEDED, run.outcome.summary
print("wait")

listed: list[str] = []
cursor: str | Unset = UNSET
while True:
    page = list_runs.sync(client=client, target=instance_id, limit=1, cursor=cursor)
    assert isinstance(page, RunList), page
    listed += [one.id for one in page.runs]
    cursor = page.cursor
    if isinstance(cursor, Unset):
        break
assert listed == [queued.id, run.id], listed
print("list")

plan = create_plan.sync(client=client, body=swap)
assert isinstance(plan, Plan) and plan.would == "be-sent", plan
print("plan")

problem = get_run.sync("run_" + "0" * 32, client=client)
assert isinstance(problem, Problem) and problem.status == 404, problem
print("problem")
