using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Persona;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>One call of a replayed conversation.</summary>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Tokens">Its tokens: counted in the rendered prompt, or estimated for a hosted model.</param>
/// <param name="Counted">What a server's recorded <c>usage</c> says of this prompt of a hosted model; null where it says nothing.</param>
/// <param name="Fresh">Tokens that are not a prefix of the previous prompt.</param>
/// <param name="IsRewrite">Whether the policy changed what stood in an earlier prompt.</param>
/// <param name="Retention">What is kept of what must be.</param>
/// <param name="Faults">What must not be so, in words; empty where all is well.</param>
public sealed record ReplayedCall(
    AssembledPrompt Prompt,
    int Tokens,
    int? Counted,
    int Fresh,
    bool IsRewrite,
    RetentionCount Retention,
    IReadOnlyList<string> Faults
)
{
    /// <summary>How far the recorded answer is from the policy's tone; null where it asks for none, or nothing was said.</summary>
    public ToneDrift? Tone { get; init; }
}

/// <summary>Replays conversations call by call under a policy and sums up. Not for several threads.</summary>
/// <param name="model">The policy and its model.</param>
public sealed class ContextReplay(PolicyModel model)
{
    private readonly string _fingerprint = PolicyFingerprint.Of(model.Policy);

    /// <summary>The policy and its model.</summary>
    public PolicyModel Model => model;

    /// <summary>What was made of everything so far.</summary>
    public ContextReport Report { get; } = new();

    /// <summary>Replays a conversation; each call is given while the next is not yet made.</summary>
    /// <exception cref="MttException">The policy or the template refuses it.</exception>
    public IEnumerable<ReplayedCall> Run(Conversation conversation)
    {
        ContextAssembler assembler = new(model, conversation);
        CallTally tally = new(model, Report, assembler.Counter, conversation);
        RecordedCalls recorded = RecordedCalls.Of(conversation);
        IArtefacts made = model.ArtefactsOf(conversation);
        RetentionLabels.Score(conversation, model.Policy.Retention, made, Report.Classes);
        ToneMeter meter = new(model.Policy, made);
        int[] before = [];
        foreach (Message message in conversation.Messages)
        {
            ToneDrift? tone = meter.Append(message);
            if (message.Role == Role.Assistant)
            {
                if (tone is not null)
                {
                    Report.Tone.Add(tone);
                }

                AssembledPrompt prompt = assembler.Next();
                int[] ids = model.Model is null ? [] : assembler.Ids();
                int? counted = model.Model is null ? recorded.TokensOf(prompt.Plan, _fingerprint) : null;
                int tokens = counted ?? (model.Model is null ? prompt.Plan.Parts.Prompt : ids.Length);
                int fresh = tokens - ids.AsSpan().CommonPrefixLength(before);
                (RetentionCount kept, bool rewrites) = tally.Call(prompt.Plan, tokens, fresh, message);
                before = ids;
                string[] faults = [.. PromptFaults.Find(prompt, assembler.Record, tokens, model)];
                yield return new(prompt, tokens, counted, fresh, rewrites, kept, faults) { Tone = tone };
                if (counted is { } said)
                {
                    assembler.Correct(said);
                }
            }

            assembler.Append(message);
            tally.Append(message);
        }

        tally.End();
    }
}
