using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Page;
using MultiTurnTrainer.Serving.ResponsesApi;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.SessionApi;
using MultiTurnTrainer.Serving.Telemetry;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving;

/// <summary>What answers in sessions, put together.</summary>
internal sealed class SessionParts
{
    private const string New = "new";

    private readonly ServedPolicy _policy;
    private readonly SessionService _service;

    public SessionParts(ServerPlan plan, UpstreamSet upstreams, Tenants tenants)
    {
        _policy = plan.Policy;
        Compression = new CompressionQueue(plan.Sessions.Store);
        Log = new SessionLog(plan.Sessions.Store, plan.Time, compression: Compression);
        _service = new SessionService(Log);
        Expiry = new Expiry(_service, plan.Sessions.Ttl, plan.Time, plan.Log);
        Turns = new SessionTurns(Log, plan.Sessions.Budget);
        Router = new Router(plan.Models.Routing);
        SessionContexts contexts = new(Log, plan.Policy, plan.Artefacts, plan.Time);
        Log.Erased += contexts.Forget;
        Log.Erased += upstreams.Forget;
        Log.Erased += TurnTimes.Forget;
        Runner = new TurnRunner(Log, Turns, contexts, upstreams, Router, plan.Sessions, plan.Time);
        Recovery = new Recovery(Runner, plan.Log);
        Chats = new SessionChats(Runner, plan.Options, plan.Time);
        Routes = new SessionRoutes(Log, _service, Turns, contexts, plan.Policy, Runner, Chats);
        Responses = new ResponseRoutes(Log, _service, plan.Policy, Runner, plan.Options, plan.Time);
        Conversations = new ConversationRoutes(Log, _service, plan.Policy, Runner);
        Page = new PageRoutes(Log, _service, tenants);
    }

    /// <summary>Marks how sessions end.</summary>
    public OutcomeRoute Outcomes => new(_service, Runner);

    public SessionLog Log { get; }

    public SessionTurns Turns { get; }

    public CompressionQueue Compression { get; }

    public Recovery Recovery { get; }

    public Expiry Expiry { get; }

    public Router Router { get; }

    public TurnRunner Runner { get; }

    public SessionChats Chats { get; }

    public SessionRoutes Routes { get; }

    public ResponseRoutes Responses { get; }

    public ConversationRoutes Conversations { get; }

    public PageRoutes Page { get; }

    /// <summary>The session that a chat names, begun where it asks for a new one; null for none.</summary>
    public async Task<string?> SessionOfAsync(HttpContext http, ChatBody body)
    {
        string? named = SessionRequest.SessionOf(http, body);
        if (named != New)
        {
            return named is null ? null : SessionRequest.Checked(named);
        }

        SessionCreated created = new([], Policy: PolicyStamp.Of(_policy.Policy), Model: body.Model);
        SessionState state = await _service
            .CreateAsync(Tenants.Of(http), created, http.RequestAborted)
            .ConfigureAwait(false);
        return state.Id;
    }
}
