// Folder Artefacts: asks models for what context policies want of them.
// Refuses to know: what is done with it, where settings are read from.
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Artefacts;

/// <summary>The limit of a budget is reached: what is not made yet stays so.</summary>
/// <param name="limit">Which one, in words.</param>
public sealed class ArtefactBudgetException(string limit)
    : MttException(
        $"stopped at the budget of {limit}",
        "What was made is on record: run the same again with a larger budget."
    );

/// <summary>The models that a policy names, behind endpoints or in folders, with what they may spend. Safe for several threads.</summary>
public sealed class ArtefactModel : IDisposable
{
    private readonly ArtefactSettings _settings;
    private readonly EndpointPool _pool;
    private readonly Budget _budget;

    /// <summary>Opens endpoints and folders; nothing is asked.</summary>
    /// <param name="settings">Endpoints, retries, budget.</param>
    /// <param name="models">The models that will be asked.</param>
    /// <param name="local">Loads a model folder.</param>
    /// <param name="environment">Reads environment variables: the only source of keys.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="MttException">A model has neither folder nor endpoint, or a budget of money no price.</exception>
    public ArtefactModel(
        ArtefactSettings settings,
        IEnumerable<string> models,
        Func<string, IChatModel>? local,
        Func<string, string?> environment,
        TimeProvider time
    )
    {
        _settings = settings;
        RoleSettings[] roles = [.. models.Select(model => new RoleSettings { Model = model })];
        Budget.RequirePrices(settings, roles.Select(role => role.Model));
        _budget = new Budget(settings.Budget, settings.Prices, time);
        _pool = EndpointOpener.Open(
            new EndpointPlan(roles, null)
            {
                Endpoints = settings.Endpoints,
                Retry = settings.Retry,
                Seed = settings.Seed,
                Environment = environment,
                LocalModel = local,
                Time = time,
            }
        );
    }

    /// <summary>What was spent, that of <see cref="Restore"/> included.</summary>
    public Spending Spent => _budget.Spent;

    /// <summary>Counts what is on record already.</summary>
    public void Restore(IEnumerable<ArtefactCost> costs)
    {
        foreach (ArtefactCost cost in costs)
        {
            _budget.Restore(
                new CallRecord("", "")
                {
                    Model = cost.Model,
                    Requests = cost.Count,
                    Reply = new ChatReply("", cost.PromptTokens, cost.CompletionTokens),
                }
            );
        }
    }

    /// <summary>Asks once; a call that fails for good is an artefact with an error.</summary>
    /// <exception cref="ArtefactBudgetException">A limit is reached; nothing was sent.</exception>
    /// <exception cref="MttException">No endpoint works.</exception>
    public async Task<Artefact> AskAsync(ArtefactRequest request, CancellationToken cancellation)
    {
        Artefact made = Artefact.Of(request);
        ChatRequest chat = request.Kind == ArtefactKind.Embedding ? Embedding(request) : Chat(request);
        try
        {
            ChatReply reply = await _pool
                .SendAsync(chat, [], new AttemptLog(_budget.Reserve), cancellation)
                .ConfigureAwait(false);
            _budget.Add(request.Model, reply);
            made = made with { PromptTokens = reply.PromptTokens, CompletionTokens = reply.CompletionTokens };
            return reply.Vector is { } vector ? made with { Vector = Artefact.Pack(vector) }
                : Fault(reply) is { } fault ? made with { Error = fault }
                : made with { Text = HiddenThought.Strip(reply.Text).Trim() };
        }
        catch (EndpointException problem) when (problem.Fault != EndpointFault.Fatal)
        {
            return made with { Error = problem.Message };
        }
        catch (EndpointException problem)
        {
            throw new MttException(
                $"the endpoint refuses to work: {problem.Message}",
                "What was made is on record: fix the key, the model's name or the quota, then run the same again.",
                problem
            );
        }
        catch (BudgetReachedException problem)
        {
            throw new ArtefactBudgetException(problem.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private ChatRequest Chat(ArtefactRequest request) =>
        new(
            request.Model,
            [new ChatTurn("user", $"{request.Prompt}\n\n{request.Material}")],
            Temperature: 0,
            TopP: null,
            _settings.MaxTokens,
            _settings.Seed
        );

    private static ChatRequest Embedding(ArtefactRequest request) =>
        new(request.Model, [new ChatTurn("user", request.Material)], Temperature: 0, TopP: null, MaxTokens: 0, Seed: 0)
        {
            Embeds = true,
        };

    private static string? Fault(ChatReply reply) =>
        reply.Refusal is not null ? "the model refused"
        : reply.FinishReason == "length" ? "the reply was cut at the most tokens it may have (artefacts.max_tokens)"
        : null;
}
