namespace MultiTurnTrainer.Training.Metrics;

/// <summary>What a reply that is learnt from was: its term of the loss.</summary>
public enum ReplyTerm
{
    /// <summary>A reply before the answer turn: L_mid.</summary>
    Middle,

    /// <summary>The reply of the answer turn: L_final.</summary>
    Answer,

    /// <summary>The answer to the whole task in one prompt: L_full.</summary>
    Full,
}

/// <summary>Means over the replies of one term in a step.</summary>
/// <param name="Replies">How many there were.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="Loss">The mean of what they add to the step's loss: the capped divergence times α and the turn's weight.</param>
/// <param name="Divergence">The mean of the capped divergence itself, nats per token.</param>
public sealed record DistillationPart(long Replies, long Tokens, double Loss, double Divergence);

/// <summary>The terms of a distilling step; one line of <c>distillation.jsonl</c>. A term that the step did not have is null.</summary>
/// <param name="Step">The step, from 1.</param>
public sealed record DistillationMetrics(int Step)
{
    /// <summary>Replies before the answer turn.</summary>
    public DistillationPart? Middle { get; init; }

    /// <summary>Replies of the answer turn.</summary>
    public DistillationPart? Answer { get; init; }

    /// <summary>Answers to the whole task.</summary>
    public DistillationPart? Full { get; init; }
}

/// <summary>A dialogue as it was sampled; one line of <c>rollouts.jsonl</c>, the first of each step.</summary>
/// <param name="Step">The step that learnt from it, from 1.</param>
/// <param name="Task">The task's id.</param>
/// <param name="Term">Whether it is a dialogue (answer) or an answer to the whole task (full).</param>
/// <param name="Turns">What the user said and what the student replied.</param>
public sealed record RolloutRecord(int Step, string Task, ReplyTerm Term, IReadOnlyList<RolloutTurn> Turns);

/// <summary>A turn of a rollout.</summary>
/// <param name="User">What the user said.</param>
/// <param name="Reply">What the student replied, its stop token left out.</param>
public sealed record RolloutTurn(string User, string Reply);

/// <summary>Sums over the replies of a micro-batch, by term, and the first of its dialogues.</summary>
internal sealed class DistillationTally
{
    private readonly Dictionary<ReplyTerm, DistillationPart> _sums = [];

    /// <summary>The first dialogue that was sampled; null where none was.</summary>
    public RolloutRecord? Rollout { get; private set; }

    /// <summary>Adds a reply.</summary>
    /// <param name="term">Its term.</param>
    /// <param name="tokens">Its length.</param>
    /// <param name="loss">What it adds to the loss, before the normaliser.</param>
    /// <param name="divergence">Its mean capped divergence.</param>
    public void Add(ReplyTerm term, int tokens, double loss, double divergence) =>
        Add(term, new DistillationPart(1, tokens, loss, divergence));

    /// <summary>Keeps a dialogue to be shown, where it is the first; its step is set when the step is.</summary>
    public void Show(string task, ReplyTerm term, Func<IEnumerable<RolloutTurn>> turns) =>
        Rollout ??= new RolloutRecord(0, task, term, [.. turns()]);

    /// <summary>The means over several micro-batches.</summary>
    public static DistillationMetrics Merge(int step, IReadOnlyList<DistillationTally> parts)
    {
        DistillationTally sum = new();
        foreach ((ReplyTerm term, DistillationPart part) in parts.SelectMany(part => part._sums))
        {
            sum.Add(term, part);
        }

        return new DistillationMetrics(step)
        {
            Middle = sum.Mean(ReplyTerm.Middle),
            Answer = sum.Mean(ReplyTerm.Answer),
            Full = sum.Mean(ReplyTerm.Full),
        };
    }

    /// <summary>Writes what was summed, for another process.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(_sums.Count);
        foreach ((ReplyTerm term, DistillationPart part) in _sums)
        {
            writer.Write((int)term);
            writer.Write(part.Replies);
            writer.Write(part.Tokens);
            writer.Write(part.Loss);
            writer.Write(part.Divergence);
        }

        byte[] rollout = Rollout is { } shown ? RecordJson.ToLine(shown) : [];
        writer.Write(rollout.Length);
        writer.Write(rollout);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static DistillationTally Read(BinaryReader reader)
    {
        DistillationTally tally = new();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            ReplyTerm term = (ReplyTerm)reader.ReadInt32();
            tally._sums[term] = new DistillationPart(
                reader.ReadInt64(),
                reader.ReadInt64(),
                reader.ReadDouble(),
                reader.ReadDouble()
            );
        }

        byte[] rollout = reader.ReadBytes(reader.ReadInt32());
        tally.Rollout = rollout.Length > 0 ? RecordJson.Read<RolloutRecord>(rollout) : null;
        return tally;
    }

    private void Add(ReplyTerm term, DistillationPart part)
    {
        DistillationPart before = _sums.GetValueOrDefault(term) ?? new DistillationPart(0, 0, 0, 0);
        _sums[term] = new DistillationPart(
            before.Replies + part.Replies,
            before.Tokens + part.Tokens,
            before.Loss + part.Loss,
            before.Divergence + part.Divergence
        );
    }

    private DistillationPart? Mean(ReplyTerm term) =>
        _sums.GetValueOrDefault(term) is { } sum
            ? sum with
            {
                Loss = sum.Loss / sum.Replies,
                Divergence = sum.Divergence / sum.Replies,
            }
            : null;
}
