// Folder Audit: what a trainer trains on against what mtt proves: from rows, or from settings.
// Refuses to know: how one row is compared, how anything is written.
using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Pairing;
using MultiTurnTrainer.Audit.Rows;
using MultiTurnTrainer.Audit.Trainers;

namespace MultiTurnTrainer.Audit;

/// <summary>Compares a trainer's rows with mtt's own of the same conversations, on as many threads as asked.</summary>
internal sealed class AuditRun(RowModel model, RowOptions options)
{
    private const int ForeignRows = 8;
    private const double LeastShared = 0.2;

    private readonly TokenTable _table = model.Tokens.Table;
    private int _seen;
    private long _tokens;
    private long _shared;

    /// <summary>What was found.</summary>
    public AuditCounts Counts { get; } = new();

    /// <summary>Receives mtt's own rows, in the data's order.</summary>
    public Action<TokenRow>? OwnRows { get; init; }

    /// <summary>Receives the rows that a trainer's rule makes, in the data's order.</summary>
    public Action<AuditedRow>? TrainerRows { get; init; }

    /// <summary>Compares rows that a trainer has written.</summary>
    /// <param name="rows">Files or folders of rows.</param>
    /// <param name="data">The conversations that they were made of.</param>
    /// <exception cref="MttException">A file cannot be read, or the rows are of another tokenizer.</exception>
    public AuditCounts CompareRows(IReadOnlyList<string> rows, IReadOnlyList<string> data)
    {
        using IEnumerator<AuditedRow> read = RowFiles.Read(rows).Select(Checked).GetEnumerator();
        RowPairing pairing = new(read);
        List<long> alone = [];
        foreach (OwnConversation own in Build(data))
        {
            Counts.Conversations++;
            List<AuditedRow> found = pairing.PairNear(own);
            if (found.Count == 0)
            {
                alone.Add(own.Index);
            }

            Compare(Counts, own, found);
            WriteOwn(own);
        }

        pairing.EndNear();
        if (pairing.HasLeft && alone.Count > 0)
        {
            PairAgain(pairing, data, [.. alone]);
        }
        else
        {
            CountAlone(data, [.. alone]);
        }

        foreach (AuditedRow row in pairing.Left)
        {
            Counts.Rows++;
            Counts.Add(
                AuditCause.Of(AuditKind.Unmatched, "row"),
                row.InputIds.Length,
                0,
                () => new AuditExample("", 0, row.Place, -1, row.Id ?? "", ExampleView.Of(row, null, 0, _table))
            );
        }

        return Counts;
    }

    /// <summary>Compares what a trainer's rule makes of the data.</summary>
    /// <param name="trainer">The rule.</param>
    /// <param name="data">Files in the trainer's own format.</param>
    /// <exception cref="MttException">A file cannot be read.</exception>
    public AuditCounts CompareTrainer(ITrainer trainer, IReadOnlyList<string> data)
    {
        IEnumerable<(AuditCounts Counts, List<AuditedRow> Theirs, List<OwnConversation> Own)> parts =
            OrderedPipeline.Run(
                DataBatch.Read(data),
                options.Threads ?? Environment.ProcessorCount,
                () => new RowBuilder(model, options),
                (builder, batch) => Reproduce(trainer, builder, batch)
            );
        foreach ((AuditCounts counts, List<AuditedRow> theirs, List<OwnConversation> own) in parts)
        {
            Counts.Add(counts);
            theirs.ForEach(row => TrainerRows?.Invoke(row));
            own.ForEach(WriteOwn);
        }

        return Counts;
    }

    private (AuditCounts, List<AuditedRow>, List<OwnConversation>) Reproduce(
        ITrainer trainer,
        RowBuilder builder,
        DataBatch batch
    )
    {
        AuditCounts counts = new();
        List<AuditedRow> all = [];
        List<OwnConversation> conversations = [];
        foreach ((OwnConversation own, ReadOnlyMemory<byte> source) in batch.Build(builder, options, model.Tokenizer))
        {
            counts.Conversations++;
            conversations.Add(own);
            try
            {
                IReadOnlyList<AuditedRow> theirs = RowTree.Parse(source.Span) is JsonFields row
                    ? trainer.Build(row)
                    : throw new RefusedRowException("the row is no object");
                all.AddRange(theirs);
                Compare(counts, own, theirs);
            }
            catch (Exception problem) when (problem is RefusedRowException or FormatException or ArgumentException)
            {
                counts.Add(
                    AuditCause.Of(AuditKind.Unmatched, "conversation"),
                    0,
                    own.Rows.Sum(row => row.Answers),
                    () => new AuditExample(own.File, own.Line, "", -1, $"{trainer.Name}: {problem.Message}", null)
                );
            }
        }

        return (counts, all, OwnRows is null ? [] : conversations);
    }

    private IEnumerable<OwnConversation> Build(IReadOnlyList<string> data, HashSet<long>? only = null) =>
        OrderedPipeline
            .Run(
                DataBatch.Read(data),
                options.Threads ?? Environment.ProcessorCount,
                () => new RowBuilder(model, options),
                (builder, batch) => batch.Build(builder, options, model.Tokenizer).Select(built => built.Own).ToList()
            )
            .SelectMany(list => list)
            .Where(own => only is null || only.Contains(own.Index));

    /// <summary>Looks again, among all rows, for those of conversations that had none near.</summary>
    private void PairAgain(RowPairing pairing, IReadOnlyList<string> data, HashSet<long> alone)
    {
        foreach (OwnConversation own in Build(data, alone))
        {
            List<AuditedRow> found = pairing.Pair(own);
            Compare(Counts, own, found);
            if (found.Count == 0)
            {
                CountAlone(own);
            }
        }
    }

    private void CountAlone(IReadOnlyList<string> data, HashSet<long> alone)
    {
        foreach (OwnConversation own in alone.Count == 0 ? [] : Build(data, alone))
        {
            CountAlone(own);
        }
    }

    private void CountAlone(OwnConversation own)
    {
        // A conversation with nothing to learn needs no row.
        if (own.Rows.Count > 0 || !HasNothingToLearn(own))
        {
            Counts.Add(
                AuditCause.Of(AuditKind.Unmatched, "conversation"),
                own.Rows.Sum(row => row.Row.SupervisedTokens),
                own.Rows.Sum(row => row.Answers),
                () => new AuditExample(own.File, own.Line, "", -1, own.Id ?? "", null)
            );
        }
    }

    private static bool HasNothingToLearn(OwnConversation own) =>
        own.Refusals.All(finding => finding.Code is "no-answer" or "weight-0");

    private void WriteOwn(OwnConversation own)
    {
        foreach (OwnRow row in own.Rows)
        {
            OwnRows?.Invoke(row.Row);
        }
    }

    private void Compare(AuditCounts counts, OwnConversation own, IReadOnlyList<AuditedRow> theirs)
    {
        foreach (AuditedRow row in theirs)
        {
            counts.Rows++;
            if (own.Rows.Count == 0)
            {
                Undecided(counts, own, row);
                continue;
            }

            OwnRow best = own.Rows.Count == 1 ? own.Rows[0] : own.Rows.MaxBy(candidate => Likeness(candidate, row))!;
            RefuseForeign(best, row);
            RowComparison comparison = RowComparison.Of(best, row, _table);
            counts.Compared += row.InputIds.Length;
            counts.Supervised += row.Labels.Length - row.Labels.AsSpan().Count(AuditedRow.Ignored);
            counts.Right += comparison.Right;
            counts.RightRows += comparison.Faults.Count == 0 ? 1 : 0;
            foreach (RowFault fault in comparison.Faults)
            {
                counts.Add(
                    AuditCause.Of(fault.Kind, fault.Code),
                    fault.Tokens,
                    fault.Answers,
                    () => Example(own, row, fault.Message, fault.Detail, ExampleView.Of(row, best, fault.Start, _table))
                );
            }
        }
    }

    /// <summary>Stops where the first rows share next to nothing with mtt's own.</summary>
    /// <exception cref="MttException">The rows are another tokenizer's.</exception>
    private void RefuseForeign(OwnRow own, AuditedRow row)
    {
        if (row.Place.Length == 0 || _seen >= ForeignRows)
        {
            return;
        }

        _seen++;
        _tokens += row.InputIds.Length;
        _shared += TokenDiff.Match(row.InputIds, own.Row.InputIds).Count(place => place >= 0);
        if (_seen == ForeignRows && _shared < _tokens * LeastShared)
        {
            throw new MttException(
                $"{row.Place}: the first {ForeignRows} rows share {(double)_shared / _tokens:P0} of their tokens with this model's: they are another tokenizer's, or other conversations",
                "Give the model folder, and the data, that the rows were made with."
            );
        }
    }

    private static int Likeness(OwnRow own, AuditedRow row) =>
        own.Row.InputIds.AsSpan().CommonPrefixLength(row.InputIds) - Math.Abs(own.Row.Length - row.InputIds.Length);

    private void Undecided(AuditCounts counts, OwnConversation own, AuditedRow row)
    {
        int supervised = row.Labels.Length - row.Labels.AsSpan().Count(AuditedRow.Ignored);
        if (HasNothingToLearn(own))
        {
            // Nothing is to be supervised: whatever the trainer supervises is too much.
            counts.Compared += row.InputIds.Length;
            counts.Supervised += supervised;
            counts.RightRows += supervised == 0 ? 1 : 0;
            if (supervised > 0)
            {
                int first = Array.FindIndex(row.Labels, label => label != AuditedRow.Ignored);
                counts.Add(
                    AuditCause.Of(AuditKind.Leaked, "not-to-learn"),
                    supervised,
                    0,
                    () => Example(own, row, -1, "", ExampleView.Of(row, null, first, _table))
                );
            }

            return;
        }

        RowFinding refusal =
            own.Refusals.Count > 0 ? own.Refusals[0] : new RowFinding("no-row", own.File, -1, "it gives no row");
        counts.Add(
            AuditCause.Of(AuditKind.Undecided, refusal.Code),
            supervised,
            own.Refusals.Count(finding => finding.Message >= 0),
            () => Example(own, row, refusal.Message, refusal.Text, ExampleView.Of(row, null, 0, _table))
        );
    }

    private static AuditExample Example(
        OwnConversation own,
        AuditedRow row,
        int message,
        string detail,
        RowView view
    ) => new(own.File, own.Line, row.Place, message, detail, view);

    /// <summary>A row whose tokens are this tokenizer's.</summary>
    /// <exception cref="MttException">They are another's.</exception>
    private AuditedRow Checked(AuditedRow row)
    {
        int largest = row.InputIds.Length == 0 ? 0 : row.InputIds.Max();
        return largest < model.Tokenizer.IdLimit
            ? row
            : throw new MttException(
                $"{row.Place}: token {largest} is not in the tokenizer, which has ids below {model.Tokenizer.IdLimit}",
                "Give the model folder that the rows were made with."
            );
    }
}
