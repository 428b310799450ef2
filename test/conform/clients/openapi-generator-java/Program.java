import java.util.ArrayList;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.RunsApi;
import org.openapitools.client.model.*;

public class Program {
    public static void main(String[] arguments) throws Exception {
        String instanceId = arguments[1];
        RunsApi runs = new RunsApi(new ApiClient().setBasePath(arguments[0]).setReadTimeout(30_000));
        DcsInstanceTarget target = new DcsInstanceTarget().instanceId(instanceId);
        RunRequest swap = new RunRequest(
            new DcsInstanceSwap().operation(DcsInstanceSwap.OperationEnum.DCS_INSTANCE_SWAP).target(target));

        Run run = runs.createRun(swap, "swap " + instanceId, null);
        System.out.println("create");

        Run queued = runs.createRun(new RunRequest(
            new DcsInstanceRestart()
                .operation(DcsInstanceRestart.OperationEnum.DCS_INSTANCE_RESTART)
                .target(target)
                .collision(Collision.QUEUE)), null, null);
        expect(runs.cancelRun(queued.getId(), null).getState() == State.CANCELLED, "not cancelled");
        System.out.println("cancel");

        while (run.getOutcome() == null) run = runs.getRun(run.getId(), null, "wait=20");
        expect(run.getState() == State.SUCCEEDED, run.getOutcome().getSummary());
        System.out.println("wait");

        List<String> listed = new ArrayList<>();
        String cursor = null;
        do {
            RunList page = runs.listRuns(null, null, null, instanceId, null, null, null, 1, cursor);
            for (Run one : page.getRuns()) listed.add(one.getId());
            cursor = page.getCursor();
        } while (cursor != null);
        expect(listed.equals(List.of(queued.getId(), run.getId())), listed.toString());
        System.out.println("list");

        Plan plan = runs.createPlan(swap, null);
        expect(plan.getWould() == Plan.WouldEnum.BE_SENT, plan.toString());
        System.out.println("plan");

        try {
            runs.getRun("run_" + "0".repeat(32), null, null);
            throw new AssertionError("no problem");
        } catch (ApiException exception) {
            Problem problem = Problem.fromJson(exception.getResponseBody());
            expect(problem.getStatus() == 404, problem.toString());
        }
        System.out.println("problem");
    }

    private static void expect(boolean isTrue, String otherwise) {
        if (!isTrue) throw new AssertionError(otherwise);
    }
}
