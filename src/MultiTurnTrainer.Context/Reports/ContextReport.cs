namespace MultiTurnTrainer.Context.Reports;

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
        Rivals.Add(other.Rivals);
    }

    /// <summary>As JSON.</summary>
    public JsonFields ToJson() =>
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
            ["rivals"] = Rivals.Losses.ToDictionary(
                loss => loss.Rule,
                loss => new JsonFields { ["lost"] = loss.Lost, ["foreign_context"] = loss.Foreign }
            ),
        };
}
