using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Summaries;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// The summary as a model writes it: each goes on from the one before and covers what has left since, so that no message is read twice.
/// What it is made of is the same for all who plan the same record, and so is its key.
/// </summary>
/// <param name="policy">Model and prompts.</param>
/// <param name="desk">Finds what the model made.</param>
/// <param name="summary">The summary that it writes.</param>
/// <param name="retention">What of a message may be summarised; null for all of it.</param>
/// <param name="count">Tokens of a text.</param>
internal sealed class ModelSummary(
    SummarizePolicy policy,
    ArtefactDesk desk,
    RunningSummary summary,
    SelectiveRetention? retention,
    Func<string, int> count
)
{
    private WaitingMessages _waiting = WaitingMessages.None;

    /// <summary>Takes in messages that have left.</summary>
    public void Add(IEnumerable<Entry> entries) => _waiting = _waiting.With(entries, Said);

    /// <summary>Takes in a quote that made room.</summary>
    public void Add(KeptSentence quote) => _waiting = _waiting.With(quote);

    /// <summary>Whether the model's summary of what has left and of more messages can be used.</summary>
    /// <param name="more">Messages that would leave.</param>
    /// <exception cref="ArtefactMissingException">It is not made yet.</exception>
    public bool Covers(IEnumerable<Entry> more) => Text(_waiting.With(more, Said)) is not null;

    /// <summary>Puts the model's summary of all that has left in the place of the one before; where it fails, nothing changes.</summary>
    /// <exception cref="ArtefactMissingException">It is not made yet.</exception>
    public void Write()
    {
        if (Text(_waiting) is { } text)
        {
            summary.Take(text, _waiting.Indexes);
            _waiting = WaitingMessages.None;
        }
    }

    /// <summary>Reduces the model's summary to its key facts.</summary>
    /// <returns>Whether that could be done, or there is nothing that the model wrote.</returns>
    /// <exception cref="ArtefactMissingException">It is not made yet.</exception>
    public bool KeepFactsOnly()
    {
        if (summary.Made.Length == 0)
        {
            return true;
        }

        int most = summary.FactsRoom;
        int before = count(summary.Made);
        string? facts = desk.Text(
            new ArtefactRequest(
                ArtefactKind.Facts,
                policy.Model,
                SummaryPrompts.OfFacts(policy, most),
                summary.Made,
                "the summary"
            ),
            text => Fault(count(text), before, most)
        );
        if (facts is not null)
        {
            summary.Take(facts, []);
        }

        return facts is not null;
    }

    /// <summary>What waits for a summary.</summary>
    public WaitingMessages Save() => _waiting;

    /// <summary>Takes the place of what was saved.</summary>
    public void Restore(WaitingMessages waiting) => _waiting = waiting;

    private string? Text(WaitingMessages messages)
    {
        int replaced = messages.Tokens + (summary.Made.Length > 0 ? count(summary.Made) : 0);
        string before = summary.Made.Length > 0 ? $"Summary so far:\n{summary.Made}\n\n" : "";
        return messages.Indexes.Count == 0
            ? null
            : desk.Text(
                new ArtefactRequest(
                    ArtefactKind.Summary,
                    policy.Model,
                    SummaryPrompts.OfSummary(policy, summary.Room),
                    $"{before}Messages:\n{messages.Text}",
                    messages.Place
                ),
                text => Fault(count(text), replaced, summary.Room)
            );
    }

    private string Said(Entry entry)
    {
        string whole = entry.Replacement?.Text ?? entry.Message.Content ?? "";
        string text = retention is null ? whole : retention.Summarizable(entry, whole);
        IEnumerable<string> calls = entry.Message.ToolCalls.Select(call =>
            $"{call.Name}({call.Arguments?.ToString()})"
        );
        return string.Join('\n', calls.Prepend(text).Where(part => part.Length > 0));
    }

    private static string? Fault(int tokens, int replaced, int most) =>
        tokens > most ? Invariant($"it has {tokens} tokens where {most} are allowed")
        : tokens >= replaced ? Invariant($"it has {tokens} tokens, and what it replaces {replaced}")
        : null;
}

/// <summary>Messages that have left and that no summary of a model covers.</summary>
/// <param name="Text">As the model reads them.</param>
/// <param name="Tokens">Their tokens as they stood.</param>
/// <param name="Indexes">Their places in the record.</param>
public sealed record WaitingMessages(string Text, int Tokens, IReadOnlyList<int> Indexes)
{
    /// <summary>None.</summary>
    public static WaitingMessages None { get; } = new("", 0, []);

    /// <summary>For people.</summary>
    internal string Place =>
        Indexes.Count == 1 ? Invariant($"messages[{Indexes[0]}]") : Invariant($"messages[{Indexes[0]}..{Indexes[^1]}]");

    /// <summary>These and a quote that made room.</summary>
    internal WaitingMessages With(KeptSentence quote) =>
        new(
            $"{Text}{(quote.IsUsers ? "user" : "assistant")}: {quote.Text}\n",
            Tokens + quote.Tokens,
            [.. Indexes, quote.Message]
        );

    /// <summary>These and others; what says nothing, and what never leaves, is left out.</summary>
    /// <param name="others">The others.</param>
    /// <param name="saidOf">What the model reads of a message.</param>
    internal WaitingMessages With(IEnumerable<Entry> others, Func<Entry, string> saidOf)
    {
        StringBuilder text = new(Text);
        int tokens = Tokens;
        List<int> indexes = [.. Indexes];
        foreach (Entry entry in others)
        {
            string said = saidOf(entry);
            if (said.Length > 0 && entry.Message.Role is not (Role.System or Role.Developer))
            {
                text.Append(entry.Message.RoleName).Append(": ").Append(said).Append('\n');
                tokens += entry.Tokens;
                indexes.Add(entry.Index);
            }
        }

        return new(text.ToString(), tokens, indexes);
    }
}
