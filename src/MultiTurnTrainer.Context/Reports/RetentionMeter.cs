using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Summaries;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>How many of the things that must not be forgotten are in a prompt.</summary>
/// <param name="Kept">Decisions, corrections and preferences in it.</param>
/// <param name="Active">Those in force at that turn.</param>
/// <param name="KeptConstraints">Constraints in it.</param>
/// <param name="ActiveConstraints">Those in force.</param>
public readonly record struct RetentionCount(long Kept, long Active, long KeptConstraints, long ActiveConstraints)
{
    /// <summary>Labelled facts in it.</summary>
    public long KeptLabels { get; init; }

    /// <summary>Labelled facts whose turn has come.</summary>
    public long ActiveLabels { get; init; }

    /// <summary>Both together.</summary>
    public static RetentionCount operator +(RetentionCount a, RetentionCount b) =>
        new(
            a.Kept + b.Kept,
            a.Active + b.Active,
            a.KeptConstraints + b.KeptConstraints,
            a.ActiveConstraints + b.ActiveConstraints
        )
        {
            KeptLabels = a.KeptLabels + b.KeptLabels,
            ActiveLabels = a.ActiveLabels + b.ActiveLabels,
        };

    /// <summary>The share of everything that is kept; 1 where nothing is in force.</summary>
    public double Share =>
        Active + ActiveConstraints == 0 ? 1 : (double)(Kept + KeptConstraints) / (Active + ActiveConstraints);
}

/// <summary>
/// Follows one conversation and counts, for each plan, what of the user's decisions, corrections, preferences and
/// constraints is in the prompt: word for word in a message, or in the text at the top; and of what the row labels. The
/// same for every policy.
/// </summary>
/// <param name="labels">What the row labels as not to be forgotten.</param>
public sealed class RetentionMeter(IReadOnlyList<MustKeep> labels)
{
    private readonly ConstraintLedger _ledger = new();
    private readonly List<(int Message, string Text)> _facts = [];
    private int _turn = -1;
    private int _layout = -1;
    private string _block = "";
    private IReadOnlyList<PlanItem> _retrieved = [];
    private int _firstShown;
    private int _kept;
    private int _counted;

    /// <summary>Takes over a message of the record.</summary>
    /// <param name="message">The message.</param>
    /// <param name="index">Its index.</param>
    public void Append(Message message, int index)
    {
        if (message.Role != Role.User)
        {
            return;
        }

        _turn++;
        IReadOnlyList<ClassifiedSentence> sentences = TurnRules.Classify(message.Content ?? "");
        _ledger.Add(sentences, index, _turn, []);
        foreach (ClassifiedSentence sentence in sentences)
        {
            if (
                sentence is
                { Withdraws: false, Class: TurnClass.Preference or TurnClass.Decision or TurnClass.Correction }
            )
            {
                _facts.Add((index, FactWorth.Trimmed(sentence.Text)));
            }
        }
    }

    /// <summary>Counts for a plan.</summary>
    public RetentionCount Of(ContextPlan plan)
    {
        if (plan.Layout != _layout || !ReferenceEquals(plan.Block, _block) || plan.Retrieved.Count != _retrieved.Count)
        {
            // Something left or came back: everything is looked for anew.
            (_layout, _block, _retrieved) = (plan.Layout, plan.Block, plan.Retrieved);
            (_kept, _counted) = (0, 0);
            _firstShown = FirstMessage(plan);
        }

        for (; _counted < _facts.Count; _counted++)
        {
            _kept += IsThere(_facts[_counted].Message, _facts[_counted].Text) ? 1 : 0;
        }

        int constraints = 0;
        int keptConstraints = 0;
        foreach (ActiveConstraint constraint in _ledger.Active)
        {
            if (!constraint.IsUncertain)
            {
                constraints++;
                keptConstraints += IsThere(constraint.Message, constraint.Text) ? 1 : 0;
            }
        }

        RetentionCount count = new(_kept, _facts.Count, keptConstraints, constraints)
        {
            ActiveLabels = labels.Count(label => label.Turn <= plan.Turn),
            KeptLabels = labels.Count(label => label.Turn <= plan.Turn && label.IsIn(plan)),
        };
        if (ContextTelemetry.Retention.Enabled)
        {
            ContextTelemetry.Retention.Record(count.Share);
        }

        return count;
    }

    // Users' messages stand word for word or have left, the oldest first.
    private bool IsThere(int message, string text) =>
        message >= _firstShown
        || _retrieved.Any(item => item.Sources.Contains(message))
        || _block.Contains(text, StringComparison.Ordinal);

    private static int FirstMessage(ContextPlan plan)
    {
        foreach (PlanItem item in plan.Items)
        {
            if (item.Kind == ItemKind.Message)
            {
                return item.Sources[0];
            }
        }

        return int.MaxValue;
    }
}
