namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>What became of conversations under a policy.</summary>
public sealed class ExpandedCounts
{
    /// <summary>Conversations.</summary>
    public long Conversations { get; set; }

    /// <summary>Rows made of them.</summary>
    public long Rows { get; set; }

    /// <summary>Answers, each supervised in one row.</summary>
    public long Answers { get; set; }

    /// <summary>Tokens of the rows, by the policy's counter.</summary>
    public long Tokens { get; set; }

    /// <summary>Tokens of the conversations as they stand.</summary>
    public long SourceTokens { get; set; }

    /// <summary>Characters of all prompts that were assembled.</summary>
    public long AssembledCharacters { get; set; }

    /// <summary>The calls' tokens, what was kept, what other rules would have lost.</summary>
    public ContextReport Report { get; } = new();

    /// <summary>How much the tokens multiply.</summary>
    public double Multiplication => SourceTokens == 0 ? 1 : (double)Tokens / SourceTokens;

    /// <summary>Adds another's counts.</summary>
    public void Add(ExpandedCounts other)
    {
        Conversations += other.Conversations;
        Rows += other.Rows;
        Answers += other.Answers;
        Tokens += other.Tokens;
        SourceTokens += other.SourceTokens;
        AssembledCharacters += other.AssembledCharacters;
        Report.Add(other.Report);
    }
}
