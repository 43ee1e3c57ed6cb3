// Folder Runs: whole files to token rows on all threads, counted, with a manifest.
// Refuses to know: how one row is made.
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Profiling;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Views;

namespace MultiTurnTrainer.Datasets.Runs;

/// <summary>
/// Makes token rows of conversation files, on as many threads as asked, in the files' order. The one way from
/// conversations to rows: <c>mask</c>, <c>inspect</c> and <c>train</c> use it.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="options">How rows are made.</param>
public sealed class RowRun(RowModel model, RowOptions options)
{
    private const int BatchBytes = 1 << 19;
    private const int MaxFindings = 1000;

    private readonly List<RowFinding> _findings = [];
    private readonly RefusalGroups _refusals = new();
    private readonly PolicyModel? _policy = options.Policy is { } policy
        ? new PolicyModel(policy, model) { Artefacts = options.Artefacts }
        : null;

    /// <summary>What has been counted so far.</summary>
    public RowCounts Counts { get; } = new();

    /// <summary>Why conversations were refused, in order; the first thousand.</summary>
    public IReadOnlyList<RowFinding> Findings => _findings;

    /// <summary>The same in words: equal refusals are one line, with their number.</summary>
    public IEnumerable<string> RefusalLines => _refusals.Lines;

    /// <summary>Conversations that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Rows to keep as views while they are made, the first ones.</summary>
    public int ViewsWanted { get; init; }

    /// <summary>Whether rows of conversations without an id are named after their file and line.</summary>
    public bool NamesRows { get; init; }

    /// <summary>The part of all rows that is read.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Receives the time of each stage.</summary>
    public RunProfile? Profile { get; init; }

    /// <summary>Views of the first rows.</summary>
    public List<RowView> Views { get; } = [];

    /// <summary>Counts what would become of some files; nothing is refused here.</summary>
    /// <param name="paths">Conversation files.</param>
    /// <exception cref="MttException">A file is unreadable.</exception>
    public RowCounts Count(IEnumerable<string> paths)
    {
        foreach (Batch batch in Batches(paths))
        {
            Take(batch);
        }

        return Counts;
    }

    /// <summary>The rows of some files. Memory holds a few batches, whatever the files' size.</summary>
    /// <param name="paths">Conversation files; <c>-</c> is standard input.</param>
    /// <exception cref="MttException">
    /// A file is unreadable; or, when all was read and refused rows are not to be skipped, a conversation was refused.
    /// </exception>
    public IEnumerable<TokenRow> Read(IEnumerable<string> paths)
    {
        foreach (Batch batch in Batches(paths))
        {
            Take(batch);
            foreach (TokenRow row in batch.Rows)
            {
                yield return row;
            }
        }

        if (!options.SkipRefused && Refused > 0)
        {
            throw Refusal();
        }

        if (Counts.Rows == 0 && Shard.Count == 1)
        {
            throw new MttException(
                $"no row is left: {Counted.Of(Counts.Conversations, "conversation")} gave no token to learn ({LossText()})",
                "Check the weights and roles of the messages, --roles, --fields and --max-length."
            );
        }
    }

    private IEnumerable<Batch> Batches(IEnumerable<string> paths) =>
        OrderedPipeline.Run(
            StageClock.Counted(Profile?.NewClock(), Stage.Read, ConversationBatch.Read([.. paths], BatchBytes, Shard)),
            options.Threads ?? Environment.ProcessorCount,
            () => new Worker(model, options, Profile?.NewClock(), ViewsWanted > 0, _policy),
            Build
        );

    // Refused rows stop the run only after everything was read, so that one run shows them all.
    private Batch Build(Worker worker, ConversationBatch conversations)
    {
        Batch batch = new();
        IEnumerable<Conversation> parsed = StageClock.Counted(
            worker.Clock,
            Stage.Parse,
            conversations.Parse(options.Conversion)
        );
        foreach (
            Conversation conversation in worker.Expander is null ? parsed : Expanded(worker.Expander, parsed, batch)
        )
        {
            RowOutcome outcome = worker.Builder.Build(conversation);
            outcome.CountRefusals();
            batch.Counts.Add(outcome.Counts);
            if (outcome.IsRefused)
            {
                batch.Refused++;
                batch.Findings.AddRange(outcome.Findings);
            }

            foreach (BuiltRow built in outcome.Rows)
            {
                batch.Rows.Add(NamesRows ? Named(built.Row, conversation) : built.Row);
                if (batch.Views.Count < ViewsWanted)
                {
                    batch.Views.Add(RowViews.Of(built, outcome));
                }
            }
        }

        return batch;
    }

    private static TokenRow Named(TokenRow row, Conversation conversation) =>
        row.Id is null && conversation.File is { } file
            ? row with
            {
                Id = Invariant($"{Path.GetFileName(file)}:{conversation.Line}"),
            }
            : row;

    private static IEnumerable<Conversation> Expanded(
        PolicyExpander expander,
        IEnumerable<Conversation> conversations,
        Batch batch
    )
    {
        foreach (Conversation conversation in conversations)
        {
            IReadOnlyList<ExpandedRow> rows = [];
            try
            {
                rows = expander.Expand(conversation);
            }
            catch (MttException problem) when (problem is not ArtefactMissingException)
            {
                batch.Counts.Conversations++;
                batch.Counts.AddLoss("policy", 1, 0);
                batch.Refused++;
                batch.Findings.Add(new RowFinding("policy", conversation.Place, -1, problem.Message));
            }

            foreach (ExpandedRow row in rows)
            {
                yield return row.Row;
            }
        }
    }

    private void Take(Batch batch)
    {
        Counts.Add(batch.Counts);
        Refused += batch.Refused;
        _findings.AddRange(batch.Findings.Take(MaxFindings - _findings.Count));
        batch.Findings.ForEach(_refusals.Add);
        Views.AddRange(batch.Views.Take(ViewsWanted - Views.Count));
    }

    private MttException Refusal()
    {
        return new MttException(
            $"{Refused} of {Counted.Of(Counts.Conversations, "conversation")} cannot be masked:\n  {string.Join("\n  ", RefusalLines.Select(Printable.Line))}",
            _findings.Exists(finding => UnrenderedAnswer.IsCode(finding.Code))
                ? "Fix them; --skip-refused leaves them out, --drop-unrendered-answers only the answers that are not rendered."
                : "Fix them, or leave them out with --skip-refused."
        )
        {
            HasLines = true,
        };
    }

    private string LossText() =>
        string.Join(", ", Counts.Losses.Select(loss => $"{loss.Key}: {loss.Value.Conversations}"));

    /// <summary>What a thread keeps between batches.</summary>
    private sealed class Worker(RowModel model, RowOptions options, StageClock? clock, bool views, PolicyModel? policy)
    {
        public StageClock? Clock => clock;

        public RowBuilder Builder { get; } =
            new(model, options, clock) { KeepsPlaces = views || options.MaxLength is not null };

        public PolicyExpander? Expander { get; } = policy is null ? null : new PolicyExpander(policy);
    }

    private sealed class Batch
    {
        public List<TokenRow> Rows { get; } = [];

        public List<RowFinding> Findings { get; } = [];

        public List<RowView> Views { get; } = [];

        public RowCounts Counts { get; } = new();

        public long Refused { get; set; }
    }
}
