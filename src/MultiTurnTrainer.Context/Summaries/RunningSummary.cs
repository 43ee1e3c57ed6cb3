// Folder Summaries: what is kept of turns that have left the window, by rule, and what a model is told that writes it.
// Refuses to know: prompts, budgets, where a summary stands.
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Summaries;

/// <summary>
/// A rolling summary in the speakers' own words: the user's facts and choices first, what the assistant proposed marked
/// as a proposal, so that a wrong early guess is not carried on as a fact. Every turn is taken in once.
/// </summary>
/// <param name="policy">Its length and kind.</param>
/// <param name="count">Tokens of a text.</param>
internal sealed class RunningSummary(SummaryPolicy policy, Func<string, int> count)
{
    private const string Heading = "Earlier in this conversation, summarised:";
    private const string User = "- User: ";
    private const string Proposal = "- Proposed by the assistant, not confirmed: ";
    private const string Accepted = "- Proposed by the assistant and accepted by the user: ";

    private readonly List<SummaryLine> _lines = [];
    private readonly SummaryLine _heading = new(0, 0, Heading, 0, count(Heading));

    private IReadOnlyList<int> _madeOf = [];

    /// <summary>Whether it keeps key facts only.</summary>
    public bool IsFactsOnly { get; private set; }

    /// <summary>What a model wrote of all but the newest that has left; empty for nothing.</summary>
    public string Made { get; private set; } = "";

    /// <summary>Most tokens of what a model writes.</summary>
    public int Room => RoomIn(Cap);

    /// <summary>The same where only key facts are kept.</summary>
    public int FactsRoom => RoomIn(Math.Min(Cap, policy.MaxTokens / 2));

    /// <summary>The text; empty where nothing is covered.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Its tokens.</summary>
    public int Tokens { get; private set; }

    /// <summary>The messages whose words are in it, ascending.</summary>
    public IReadOnlyList<int> Sources { get; private set; } = [];

    /// <summary>Most tokens that it has.</summary>
    public int Cap { get; private set; } = policy.MaxTokens;

    /// <summary>Keeps key facts only from here on: no proposals, half the tokens.</summary>
    /// <returns>Whether that changes anything.</returns>
    public bool KeepFactsOnly()
    {
        if (IsFactsOnly || policy.MaxTokens == 0)
        {
            return false;
        }

        IsFactsOnly = true;
        Cap = Math.Min(Cap, policy.MaxTokens / 2);
        _lines.RemoveAll(line => !line.Text.StartsWith(User, StringComparison.Ordinal));
        return true;
    }

    /// <summary>Has no more than so many tokens from here on.</summary>
    public void Shorten(int tokens) => Cap = Math.Clamp(tokens, 0, Cap);

    /// <summary>Takes in a user's message.</summary>
    public void AddUser(int message, IReadOnlyList<ClassifiedSentence> sentences)
    {
        foreach (ClassifiedSentence sentence in sentences)
        {
            // Constraints stand apart, word for word.
            double worth = FactWorth.Of(sentence);
            if (worth > 0 && sentence.Class != TurnClass.Constraint && !sentence.IsUncertain)
            {
                Add(message, User + FactWorth.Trimmed(sentence.Text), worth);
            }
        }
    }

    /// <summary>Takes in an answer.</summary>
    /// <param name="message">Its index.</param>
    /// <param name="text">Its text.</param>
    /// <param name="isAccepted">Whether the user's next words accept it.</param>
    public void AddAnswer(int message, string text, bool isAccepted)
    {
        if (policy.Proposals && !IsFactsOnly && FactWorth.Claim(text) is { } claim)
        {
            Add(message, (isAccepted ? Accepted : Proposal) + claim, isAccepted ? 1 : 0.5);
        }
    }

    /// <summary>Takes what a model wrote in the place of all that is here.</summary>
    /// <param name="made">Its text.</param>
    /// <param name="messages">The messages that it covers and the one before did not.</param>
    public void Take(string made, IReadOnlyList<int> messages)
    {
        Made = made;
        _madeOf = [.. _madeOf, .. messages];
        _lines.Clear();
    }

    /// <summary>Writes the summary anew; what did not fit is gone for good.</summary>
    public void Write()
    {
        if (count(Made) > Room)
        {
            (Made, _madeOf) = ("", []);
        }

        int left = Cap - _heading.Tokens - (Made.Length > 0 ? count(Made) : 0);
        List<SummaryLine> kept = [];
        foreach (SummaryLine line in _lines.OrderByDescending(line => line.Worth).ThenByDescending(line => line.Order))
        {
            if (line.Tokens <= left)
            {
                kept.Add(line);
                left -= line.Tokens;
            }
        }

        kept.Sort((a, b) => a.Order.CompareTo(b.Order));
        Compose(kept);
        while (Tokens > Cap && kept.Count > 0)
        {
            // Tokens of the lines alone may be fewer than those of the whole.
            kept.Remove(kept.MinBy(line => line.Worth)!);
            Compose(kept);
        }

        _lines.Clear();
        _lines.AddRange(kept);
    }

    /// <summary>What <see cref="Restore"/> takes.</summary>
    public SummaryState Save() => new([.. _lines], Cap, IsFactsOnly, Made, _madeOf);

    /// <summary>Takes the place of a summary that was saved.</summary>
    public void Restore(SummaryState state)
    {
        _lines.AddRange(state.Lines);
        (Cap, IsFactsOnly) = (state.Cap, state.FactsOnly);
        (Made, _madeOf) = (state.Made, state.MadeOf ?? []);
        Compose(_lines);
    }

    private void Add(int message, string text, double worth)
    {
        if (policy.MaxTokens > 0 && !_lines.Exists(line => line.Text == text))
        {
            int order = _lines.Count == 0 ? 0 : _lines[^1].Order + 1;
            _lines.Add(new SummaryLine(order, message, text, worth, count(text) + 1));
        }
    }

    private void Compose(IReadOnlyList<SummaryLine> lines)
    {
        if (lines.Count == 0 && Made.Length == 0)
        {
            (Text, Tokens, Sources) = ("", 0, []);
            return;
        }

        StringBuilder text = new(Heading);
        text.Append(Made.Length > 0 ? "\n" : "").Append(Made);
        foreach (SummaryLine line in lines)
        {
            text.Append('\n').Append(line.Text);
        }

        Text = text.ToString();
        Tokens = count(Text);
        Sources = [.. _madeOf.Concat(lines.Select(line => line.Message)).Distinct().Order()];
    }

    // A token or two may come of putting the parts together.
    private int RoomIn(int cap) => Math.Max(0, cap - _heading.Tokens - 2);
}
