using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Preferences;

/// <summary>A row of preferences that is not trained on.</summary>
/// <param name="Place"><c>FILE:LINE</c>.</param>
/// <param name="Cause">A short code, such as <c>one-sided</c>.</param>
/// <param name="Text">What is wrong.</param>
public sealed record PreferenceFinding(string Place, string Cause, string Text);

/// <summary>
/// Reads preference rows: each side is masked as any conversation, by the model's own template, and both must begin alike up to an
/// answer. Rows labelled as a whole are read too.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="options">How rows are made; whole turns are not cut off, for a pair must lose the same on both sides.</param>
public sealed class PreferenceRun(RowModel model, RowOptions options)
{
    private const int BatchBytes = 1 << 19;

    private readonly RowOptions _options = options with
    {
        Truncation = TruncationMode.Drop,
        ExpandTurns = false,
        SkipRefused = true,
    };
    private readonly List<PreferenceFinding> _findings = [];
    private readonly List<PreferencePair> _pairs = [];
    private readonly List<LabelledRow> _labelled = [];

    /// <summary>The pairs, in the files' order.</summary>
    public IReadOnlyList<PreferencePair> Pairs => _pairs;

    /// <summary>Rows with a label of their own.</summary>
    public IReadOnlyList<LabelledRow> Labelled => _labelled;

    /// <summary>What is left out, in the files' order.</summary>
    public IReadOnlyList<PreferenceFinding> Findings => _findings;

    /// <summary>Reads files.</summary>
    /// <param name="paths">Preference rows, in every format that mtt knows; labelled rows.</param>
    /// <param name="labels">Whether rows that are labelled as a whole are wanted; otherwise they are one-sided.</param>
    /// <exception cref="MttException">A file is unreadable; or a row is left out and refused rows are not to be skipped.</exception>
    public void Read(IReadOnlyList<string> paths, bool labels)
    {
        foreach ((RowOutcome chosen, RowOutcome rejected) in Sides(paths, true).Zip(Sides(paths, false)))
        {
            if (IsSame(chosen.Conversation, rejected.Conversation) && LabelOf(chosen.Conversation) is { } label)
            {
                Add(chosen, label, labels);
            }
            else
            {
                Add(chosen, rejected);
            }
        }

        if (_findings.Count > 0 && !options.SkipRefused)
        {
            throw new MttException(
                $"{Counted.Of(_findings.Count, "row")} cannot be trained on:\n  {string.Join("\n  ", Lines)}",
                "Fix them, or leave them out with --skip-refused."
            )
            {
                HasLines = true,
            };
        }
    }

    /// <summary>What is left out, in words: a line for each cause, and the first rows of it.</summary>
    public IEnumerable<string> Lines =>
        _findings
            .GroupBy(finding => finding.Cause)
            .Select(cause =>
                $"{cause.Key}: {Counted.Of(cause.Count(), "row")}, first {cause.First().Place}: {cause.First().Text}"
            );

    private IEnumerable<RowOutcome> Sides(IReadOnlyList<string> paths, bool chosen)
    {
        ConversionOptions conversion = _options.Conversion with
        {
            Preference = chosen ? PreferenceSide.Chosen : PreferenceSide.Rejected,
        };
        return OrderedPipeline
            .Run(
                ConversationBatch.Read([.. paths], BatchBytes),
                _options.Threads ?? Environment.ProcessorCount,
                () => new RowBuilder(model, _options) { KeepsPlaces = _options.MaxLength is not null },
                (builder, batch) => batch.Parse(conversion).Select(builder.Build).ToArray()
            )
            .SelectMany(outcomes => outcomes);
    }

    private void Add(RowOutcome outcome, bool label, bool wanted)
    {
        if (!wanted)
        {
            Refuse(outcome, "one-sided", "is labelled as a whole: only --objective kto is trained on one side");
        }
        else if (RowOf(outcome, "row") is { } row)
        {
            _labelled.Add(new LabelledRow(row, label));
        }
    }

    private void Add(RowOutcome chosen, RowOutcome rejected)
    {
        if (FindFault(chosen.Conversation, rejected.Conversation) is var (cause, text))
        {
            Refuse(chosen, cause, text);
            return;
        }

        if (RowOf(chosen, "chosen side") is not { } better || RowOf(rejected, "rejected side") is not { } worse)
        {
            return;
        }

        try
        {
            PreferencePair pair = PreferencePair.Create(better, worse);
            if (MeanWeight(pair.Chosen) < MeanWeight(pair.Rejected))
            {
                Refuse(
                    chosen,
                    "contradicts-weights",
                    "the rejected side's answers have the higher weight: the row prefers the one and weighs the other"
                );
                return;
            }

            _pairs.Add(pair);
        }
        catch (InvalidDataException problem)
        {
            Refuse(chosen, "missing-fork", problem.Message);
        }
    }

    /// <summary>Faults that the messages show: equal sides, empty answers, sides that fork at a question.</summary>
    private (string Cause, string Text)? FindFault(Conversation chosen, Conversation rejected)
    {
        int shared = chosen.Messages.Zip(rejected.Messages).TakeWhile(both => IsSame(both.First, both.Second)).Count();
        if (shared == chosen.Messages.Count && shared == rejected.Messages.Count)
        {
            return ("identical-sides", "both sides are the same, or the row has no sides at all");
        }

        foreach (
            (Conversation side, string name) in ((Conversation, string)[])[(chosen, "chosen"), (rejected, "rejected")]
        )
        {
            if (shared == side.Messages.Count)
            {
                return ("missing-fork", $"the {name} side ends where the other goes on: it has no answer of its own");
            }

            Message first = side.Messages[shared];
            if (!_options.Roles.Contains(first.Role))
            {
                return (
                    "missing-fork",
                    $"the sides differ at messages[{shared}] of the {name} side, which is no answer but a message of {first.RoleName}"
                );
            }

            if (side.Messages.Skip(shared).FirstOrDefault(IsEmptyAnswer) is not null)
            {
                return ("empty-answer", $"an answer of the {name} side is empty");
            }
        }

        return null;
    }

    private static bool IsSame(Conversation a, Conversation b) =>
        a.Messages.Count == b.Messages.Count && a.Messages.Zip(b.Messages).All(both => IsSame(both.First, both.Second));

    // Weights are no words: the messages before the fork may be context on one side and not on the other.
    private static bool IsSame(Message a, Message b) =>
        a.Role == b.Role
        && Printed(a) == Printed(b)
        && a.ToolCalls.Select(call => call.Json.GetRawText())
            .SequenceEqual(b.ToolCalls.Select(call => call.Json.GetRawText()));

    private static string Printed(Message message) =>
        message.Json.Get("content")?.GetRawText() + message.Json.Get("reasoning_content")?.GetRawText();

    private bool IsEmptyAnswer(Message message) =>
        _options.Roles.Contains(message.Role)
        && message.ToolCalls.Count == 0
        && string.IsNullOrWhiteSpace(message.Content);

    // TRL's name and LLaMA-Factory's; what a format does not know itself is kept in the metadata.
    private static bool? LabelOf(Conversation conversation)
    {
        JsonView? label = ((JsonView?[])[conversation.Json, conversation.Metadata])
            .OfType<JsonView>()
            .Select(owner => owner.Get("label") ?? owner.Get("kto_tag"))
            .FirstOrDefault(found => found is not null);
        return label?.Kind switch
        {
            JsonKind.True => true,
            JsonKind.False => false,
            _ => null,
        };
    }

    private TokenRow? RowOf(RowOutcome outcome, string side)
    {
        if (outcome.Rows.Count == 1 && !outcome.IsRefused)
        {
            TokenRow row = outcome.Rows[0].Row;
            return row with { Id = row.Id ?? outcome.Conversation.Place };
        }

        (string cause, string text) =
            outcome.Findings.Count > 0
                ? (outcome.Findings[0].Code, outcome.Findings[0].Text)
                : (outcome.Counts.Losses.Keys.FirstOrDefault() ?? "no-answer", "it gives no row to train on");
        Refuse(outcome, cause, $"the {side}: {text}");
        return null;
    }

    private static double MeanWeight(TokenRow row)
    {
        (double sum, int count) = (0, 0);
        for (int t = 1; t < row.Length; t++)
        {
            if (row.Labels[t] != TokenRow.Unsupervised)
            {
                sum += row.LossWeights?[t] ?? 1;
                count++;
            }
        }

        return sum / Math.Max(1, count);
    }

    private void Refuse(RowOutcome outcome, string cause, string text) =>
        _findings.Add(new PreferenceFinding(outcome.Conversation.Place, cause, text));
}
