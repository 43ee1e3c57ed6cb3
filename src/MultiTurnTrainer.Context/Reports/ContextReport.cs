using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>Something that a model was asked for and that could not be used.</summary>
/// <param name="Row">The conversation.</param>
/// <param name="Turn">The turn at which it was needed, from 0.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Place">The messages it is of.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record FailedArtefact(string Row, int Turn, ArtefactKind Kind, string Place, string Reason)
{
    internal JsonFields ToJson() =>
        new()
        {
            ["row"] = Row,
            ["turn"] = Turn,
            ["kind"] = Naming.SnakeCase(Kind.ToString()),
            ["of"] = Place,
            ["reason"] = Reason,
        };
}

/// <summary>What a policy makes of some conversations, over all their calls.</summary>
public sealed class ContextReport
{
    /// <summary>Conversations.</summary>
    public long Conversations { get; set; }

    /// <summary>Conversations that the policy refuses.</summary>
    public long Refused { get; set; }

    /// <summary>Calls: answers that were asked for.</summary>
    public long Calls { get; set; }

    /// <summary>Tokens of all prompts.</summary>
    public long Tokens { get; set; }

    /// <summary>Tokens of all prompts that a prefix cache does not hold from the call before.</summary>
    public long FreshTokens { get; set; }

    /// <summary>Tokens that prompts with everything would have had.</summary>
    public long NaiveTokens { get; set; }

    /// <summary>Tokens of the longest prompt.</summary>
    public int Longest { get; set; }

    /// <summary>Calls over the budget.</summary>
    public long OverBudget { get; set; }

    /// <summary>Calls before which the policy changed what stood in the prompt.</summary>
    public long Rewrites { get; set; }

    /// <summary>What was kept, over all calls.</summary>
    public RetentionCount Retention { get; set; }

    /// <summary>What was taken of models' work, once in each conversation.</summary>
    public long Artefacts { get; set; }

    /// <summary>Tokens that those models read for it.</summary>
    public long ArtefactPromptTokens { get; set; }

    /// <summary>Tokens that they wrote.</summary>
    public long ArtefactCompletionTokens { get; set; }

    /// <summary>What of their work could not be used, so that nothing was changed.</summary>
    public List<FailedArtefact> FailedArtefacts { get; } = [];

    /// <summary>How well labelled messages were told apart.</summary>
    public RetentionScore Classes { get; } = new();

    /// <summary>How far the recorded answers are from the policy's tone.</summary>
    public ToneSums Tone { get; } = new();

    /// <summary>What other rules would have lost.</summary>
    public RivalRules Rivals { get; } = new();

    /// <summary>Tokens of prompts over those with everything.</summary>
    public double Compression => NaiveTokens == 0 ? 1 : (double)Tokens / NaiveTokens;

    /// <summary>Adds another's sums.</summary>
    public void Add(ContextReport other)
    {
        Conversations += other.Conversations;
        Refused += other.Refused;
        Calls += other.Calls;
        Tokens += other.Tokens;
        FreshTokens += other.FreshTokens;
        NaiveTokens += other.NaiveTokens;
        Longest = Math.Max(Longest, other.Longest);
        OverBudget += other.OverBudget;
        Rewrites += other.Rewrites;
        Retention += other.Retention;
        Artefacts += other.Artefacts;
        ArtefactPromptTokens += other.ArtefactPromptTokens;
        ArtefactCompletionTokens += other.ArtefactCompletionTokens;
        FailedArtefacts.AddRange(other.FailedArtefacts);
        Classes.Add(other.Classes);
        Tone.Add(other.Tone);
        Rivals.Add(other.Rivals);
    }

    /// <summary>Takes over what a plan took of models' work.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="row">The conversation, for people.</param>
    public void AddArtefacts(ContextPlan plan, string row)
    {
        foreach (ArtefactUse use in plan.Artefacts)
        {
            Artefacts++;
            ArtefactPromptTokens += use.PromptTokens;
            ArtefactCompletionTokens += use.CompletionTokens;
            if (use.Failure is { } reason)
            {
                FailedArtefacts.Add(new FailedArtefact(row, plan.Turn, use.Kind, use.Place, reason));
            }
        }
    }

    /// <summary>As JSON.</summary>
    public JsonFields ToJson()
    {
        JsonFields json = Sums();
        json.AddPresent("classes", Classes.Count > 0 ? Classes.ToJson() : null);
        return json.AddPresent("tone", Tone.Answers > 0 ? Tone.ToJson() : null);
    }

    private JsonFields Sums() =>
        new()
        {
            ["conversations"] = Conversations,
            ["refused"] = Refused,
            ["calls"] = Calls,
            ["tokens"] = Tokens,
            ["fresh_tokens"] = FreshTokens,
            ["naive_tokens"] = NaiveTokens,
            ["compression_ratio"] = Math.Round(Compression, 6),
            ["longest_prompt"] = Longest,
            ["over_budget"] = OverBudget,
            ["rewrites"] = Rewrites,
            ["retention"] = new JsonFields
            {
                ["kept"] = Retention.Kept,
                ["active"] = Retention.Active,
                ["constraints_kept"] = Retention.KeptConstraints,
                ["constraints_active"] = Retention.ActiveConstraints,
                ["labels_kept"] = Retention.KeptLabels,
                ["labels_active"] = Retention.ActiveLabels,
                ["share"] = Math.Round(Retention.Share, 6),
            },
            ["artefacts"] = new JsonFields
            {
                ["used"] = Artefacts,
                ["prompt_tokens"] = ArtefactPromptTokens,
                ["completion_tokens"] = ArtefactCompletionTokens,
                ["failed"] = FailedArtefacts
                    .OrderBy(failed => failed.Row, StringComparer.Ordinal)
                    .ThenBy(failed => failed.Turn)
                    .Select(failed => failed.ToJson()),
            },
            ["rivals"] = Rivals.Losses.ToDictionary(
                loss => loss.Rule,
                loss => new JsonFields { ["lost"] = loss.Lost, ["foreign_context"] = loss.Foreign }
            ),
        };
}
