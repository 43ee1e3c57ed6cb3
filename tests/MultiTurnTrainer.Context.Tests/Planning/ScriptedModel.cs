using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>Says what a script says to everything that is asked, and remembers it.</summary>
internal sealed class ScriptedModel(Func<ArtefactRequest, string> script) : IArtefacts
{
    private readonly RowArtefacts _made = new();

    public List<ArtefactRequest> Asked { get; } = [];

    public Artefact? Find(string key) => _made.Find(key);

    public ContextSession Open(ContextPolicy policy) =>
        new(policy, new ContextInputs { Artefacts = this }, new FourCharacters(), 100_000);

    public ContextPlan Plan(Conversation chat, ContextPolicy policy)
    {
        ContextSession session = Open(policy);
        foreach (Message message in chat.Messages)
        {
            Append(session, message);
        }

        return PlanOf(session);
    }

    public ContextPlan PlanOf(ContextSession session)
    {
        ContextPlan? plan = null;
        Make(() => plan = session.Plan());
        return plan!;
    }

    public void Append(ContextSession session, Message message) => Make(() => session.Append(message));

    private void Make(Action action)
    {
        while (true)
        {
            try
            {
                action();
                return;
            }
            catch (ArtefactMissingException missing)
            {
                foreach (ArtefactRequest request in missing.Missing)
                {
                    Asked.Add(request);
                    _made.Add(
                        Artefact.Of(request) with
                        {
                            Text = script(request),
                            PromptTokens = 9,
                            CompletionTokens = 3,
                        }
                    );
                }
            }
        }
    }
}
