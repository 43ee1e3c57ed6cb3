namespace MultiTurnTrainer.Context.Policies;

/// <summary>How large a prompt is: what triggers look at.</summary>
/// <param name="Fraction">Tokens over the budget.</param>
/// <param name="Tokens">Tokens of the prompt.</param>
/// <param name="Turns">Turns in it, word for word.</param>
/// <param name="Messages">Messages in it, word for word.</param>
public readonly record struct PromptSize(double Fraction, int Tokens, int Turns, int Messages);

/// <summary>A predicate over the size of a prompt. Everything that is named must hold.</summary>
public sealed record Trigger
{
    /// <summary>At least this share of the budget.</summary>
    [Range(0.0, 1.0)]
    public double? Fraction { get; init; }

    /// <summary>At least so many tokens.</summary>
    [Range(1, 100_000_000)]
    public int? Tokens { get; init; }

    /// <summary>At least so many turns.</summary>
    [Range(1, 1_000_000)]
    public int? Turns { get; init; }

    /// <summary>At least so many messages.</summary>
    [Range(1, 1_000_000)]
    public int? Messages { get; init; }

    /// <summary>All of these hold.</summary>
    public IReadOnlyList<Trigger> All { get; init; } = [];

    /// <summary>One of these holds.</summary>
    public IReadOnlyList<Trigger> Any { get; init; } = [];

    /// <summary>Whether it names nothing, and so would always hold.</summary>
    internal bool IsEmpty =>
        Fraction is null && Tokens is null && Turns is null && Messages is null && All.Count == 0 && Any.Count == 0;

    /// <summary>Whether it holds.</summary>
    public bool Holds(PromptSize size)
    {
        if (size.Fraction < Fraction || size.Tokens < Tokens || size.Turns < Turns || size.Messages < Messages)
        {
            return false;
        }

        foreach (Trigger part in All)
        {
            if (!part.Holds(size))
            {
                return false;
            }
        }

        bool any = Any.Count == 0;
        for (int i = 0; i < Any.Count && !any; i++)
        {
            any = Any[i].Holds(size);
        }

        return any;
    }
}
