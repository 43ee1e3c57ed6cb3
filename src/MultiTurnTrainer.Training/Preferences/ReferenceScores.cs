using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>
/// The reference's log-probabilities: none, computed in every step with the adapter off, or read from a file that was written before the
/// first step. The file names the weights and the rows it was made of, and is refused for others.
/// </summary>
internal sealed class ReferenceScores
{
    private const int FormatVersion = 1;
    private readonly PreferencePass? _live;
    private readonly float[][]? _stored;

    private ReferenceScores(PreferencePass? live, float[][]? stored) => (_live, _stored) = (live, stored);

    /// <summary>No reference: log ρ is 0.</summary>
    public static ReferenceScores None { get; } = new(null, null);

    /// <summary>What settings ask for.</summary>
    /// <param name="settings">Reference and file.</param>
    /// <param name="pass">Scores with the adapter off.</param>
    /// <param name="rows">All rows of the run.</param>
    /// <param name="batch">Rows that are scored at a time for a file.</param>
    /// <param name="identity">What the numbers depend on: weights, rows, compute type.</param>
    /// <exception cref="MttException">The file is damaged, or was made of other weights or rows.</exception>
    public static ReferenceScores Create(
        PreferenceSettings settings,
        PreferencePass pass,
        IReadOnlyList<TokenRow> rows,
        int batch,
        ReferenceIdentity identity
    )
    {
        if (settings.Reference == PreferenceReference.None)
        {
            return None;
        }

        if (settings.ReferenceFile is not { } path)
        {
            return new ReferenceScores(pass, null);
        }

        if (!File.Exists(path))
        {
            Write(path, pass, rows, batch, identity);
        }

        return new ReferenceScores(null, Read(path, rows, identity));
    }

    /// <summary>The reference's log-probability of each target; null without a reference.</summary>
    public float[]? Find(ScoredSide side) =>
        _stored is null ? _live?.ScoreBase(side) : [.. side.Numbers.SelectMany(number => _stored[number])];

    /// <summary>The same for rows that are not among the run's own; only a live reference knows them.</summary>
    public float[]? Compute(PreferencePass pass, ScoredSide side) => this == None ? null : pass.ScoreBase(side);

    private static void Write(
        string path,
        PreferencePass pass,
        IReadOnlyList<TokenRow> rows,
        int batch,
        ReferenceIdentity identity
    )
    {
        using OutputFile output = OutputFile.Create(path, force: false);
        output.Stream.Write(RecordJson.ToLine(identity with { Version = FormatVersion }));
        output.Stream.Write("\n"u8);
        foreach (int[] numbers in Enumerable.Range(0, rows.Count).Chunk(batch))
        {
            ScoredSide side = ScoredSide.Create(rows, numbers, new PreferenceSettings());
            float[] logs = pass.ScoreBase(side);
            int first = 0;
            foreach (int number in numbers)
            {
                int count = rows[number].PredictedTokens;
                output.Stream.Write(RecordJson.ToLine(new StoredRow(rows[number].Id, logs[first..(first + count)])));
                output.Stream.Write("\n"u8);
                first += count;
            }
        }

        output.Commit();
    }

    private static float[][] Read(string path, IReadOnlyList<TokenRow> rows, ReferenceIdentity identity)
    {
        const string remedy = "Remove the file, and it is made again; or name another with preference.reference_file.";
        using InputLines lines = InputLines.Open(path, remedy);
        float[][] stored = new float[rows.Count][];
        int number = 0;
        try
        {
            ReferenceIdentity found = RecordJson.Read<ReferenceIdentity>(lines.ReadLine() ?? "null");
            if (found.FindDifference(identity with { Version = FormatVersion }) is { } difference)
            {
                throw new MttException($"{path}:1: its log-probabilities are of {difference}", remedy);
            }

            for (; number < rows.Count && lines.ReadLine() is { } line; number++)
            {
                stored[number] = RecordJson.Read<StoredRow>(line).Logprobs;
                if (stored[number] is null || stored[number].Length != rows[number].PredictedTokens)
                {
                    throw new FormatException($"row {rows[number].Id} has {rows[number].PredictedTokens} tokens");
                }
            }
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}:{number + 1}: {problem.Message}", remedy, problem);
        }

        return number == rows.Count
            ? stored
            : throw new MttException($"{path}: ends after {number} of {Counted.Of(rows.Count, "row")}", remedy);
    }

    private sealed record StoredRow(string? Id, float[] Logprobs);
}

/// <summary>What stored log-probabilities depend on.</summary>
/// <param name="Model">Hash of the base's weights.</param>
/// <param name="Data">Hash of tokens and labels.</param>
/// <param name="Dtype">The compute type.</param>
/// <param name="Version">Of the file's format.</param>
internal sealed record ReferenceIdentity(string Model, string Data, string Dtype, int Version = 0)
{
    /// <summary>What differs, in words, or null.</summary>
    public string? FindDifference(ReferenceIdentity wanted) =>
        Version != wanted.Version ? "another version of mtt"
        : Model != wanted.Model ? "another base model"
        : Data != wanted.Data ? "other rows"
        : Dtype != wanted.Dtype ? $"compute type {Dtype}, not {wanted.Dtype}"
        : null;
}
