namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>One of some equal parts of the input rows, in order: the outputs of all shards, one after another, are the output of the unsharded run.</summary>
/// <param name="Index">The part, from 0.</param>
/// <param name="Count">How many there are.</param>
public sealed record Shard(int Index, int Count)
{
    /// <summary>The whole input.</summary>
    public static Shard Whole { get; } = new(0, 1);

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public string Text => Invariant($"{Index}/{Count}");

    /// <summary>What is appended to file names, such as <c>-00001-of-00004</c>; empty for the whole.</summary>
    public string Suffix => Count == 1 ? "" : Invariant($"-{Index:D5}-of-{Count:D5}");

    /// <summary>Reads <c>i/n</c>, from <c>0/n</c> to <c>(n−1)/n</c>, or <c>auto</c>.</summary>
    /// <param name="text">The option; null is the whole.</param>
    /// <param name="environment">Reads a variable: <c>auto</c> looks at those of a Slurm array or an indexed Kubernetes job.</param>
    /// <exception cref="MttException">The text or the variables make no sense.</exception>
    public static Shard Parse(string? text, Func<string, string?> environment)
    {
        if (text is null)
        {
            return Whole;
        }

        if (text == "auto")
        {
            return Auto(environment);
        }

        string[] parts = text.Split('/');
        return parts.Length == 2
            ? Checked(parts[0], parts[1], $"--shard {text}")
            : throw new MttException(
                $"--shard {text}: is neither i/n nor auto",
                "Give 0/4, 1/4, 2/4, 3/4 to four runs."
            );
    }

    /// <summary>Whether a row belongs to this part.</summary>
    /// <param name="row">The row's number, from 0.</param>
    /// <param name="rows">How many there are.</param>
    public bool Holds(long row, long rows) =>
        row >= FirstOf(rows) && row < (this with { Index = Index + 1 }).FirstOf(rows);

    /// <summary>The first row of this part.</summary>
    /// <param name="rows">How many rows there are.</param>
    public long FirstOf(long rows) => (long)((Int128)rows * Index / Count);

    /// <summary>Where this part of an output goes: <c>rows-00001-of-00004.jsonl</c> of <c>rows.jsonl</c>.</summary>
    public string PathOf(string output) =>
        Path.Combine(
            Path.GetDirectoryName(output) ?? "",
            Path.GetFileNameWithoutExtension(output) + Suffix + Path.GetExtension(output)
        );

    private static Shard Auto(Func<string, string?> environment)
    {
        if (environment("SLURM_ARRAY_TASK_ID") is { Length: > 0 } task)
        {
            string count = environment("SLURM_ARRAY_TASK_COUNT") ?? "";
            string first = environment("SLURM_ARRAY_TASK_MIN") is { Length: > 0 } min ? min : "0";
            string index =
                int.TryParse(task, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int start)
                    ? (id - start).ToString(CultureInfo.InvariantCulture)
                    : task;
            return Checked(index, count, "SLURM_ARRAY_TASK_ID/COUNT");
        }

        if (environment("JOB_COMPLETION_INDEX") is { Length: > 0 } completion)
        {
            if (environment("JOB_COMPLETIONS") is not { Length: > 0 } completions)
            {
                throw new MttException(
                    "JOB_COMPLETION_INDEX is set, but not how many there are",
                    "Set JOB_COMPLETIONS to the job's completions, or give --shard i/n."
                );
            }

            return Checked(completion, completions, "JOB_COMPLETION_INDEX/JOB_COMPLETIONS");
        }

        throw new MttException(
            "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set",
            "Run it in a Slurm array or an indexed Kubernetes job, or give --shard i/n."
        );
    }

    private static Shard Checked(string index, string count, string what) =>
        int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int i)
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
        && n is > 0 and <= 99999
        && i < n
            ? new Shard(i, n)
            : throw new MttException($"{what}: {index} of {count} is no shard", "Count from 0/n to (n-1)/n.");
}
