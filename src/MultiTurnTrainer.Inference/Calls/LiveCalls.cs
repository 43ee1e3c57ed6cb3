// Folder Calls: calls with budget, cache and journal, so that a run resumes.
// Refuses to know: prompts, what a reply means.
using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>Replies from the journal where it has them, else from the cache, else from the endpoints.</summary>
internal sealed class LiveCalls(Journal journal, ReplyCache? cache, EndpointPool pool, Budget budget, TimeProvider time)
    : ICalls
{
    public async Task<CallRecord> CallAsync(
        CallKey key,
        ChatRequest request,
        IReadOnlyList<string> endpoints,
        CancellationToken cancellation
    )
    {
        // A call that failed is tried again when a run resumes.
        if (journal.Find(key.ToString()) is { Error: null } known)
        {
            return RecordedCalls.Checked(key, request, known);
        }

        CallRecord record = new(key.ToString(), request.Hash()) { Model = request.Model, Started = time.GetUtcNow() };
        if (cache?.Find(record.Hash) is { } stored)
        {
            record = record with { Reply = stored, Endpoint = "cache" };
            journal.Add(record);
            return record;
        }

        long started = time.GetTimestamp();
        AttemptLog log = new(budget.Reserve);
        try
        {
            ChatReply reply = await pool.SendAsync(request, endpoints, log, cancellation).ConfigureAwait(false);
            budget.Add(request.Model, reply);
            record = record with { Reply = reply };
        }
        catch (EndpointException problem) when (problem.Fault != EndpointFault.Fatal)
        {
            record = record with { Error = problem.Message };
        }

        record = record with
        {
            Endpoint = log.Endpoint,
            Requests = log.Requests,
            Faults = log.Faults.Count > 0 ? log.Faults : null,
            Milliseconds = Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 3),
        };
        journal.Add(record);
        if (record.Reply is not null)
        {
            cache?.Add(record.Hash, record.Reply);
        }

        return record;
    }
}
