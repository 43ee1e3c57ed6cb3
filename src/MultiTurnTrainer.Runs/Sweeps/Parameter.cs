namespace MultiTurnTrainer.Runs.Sweeps;

/// <summary>A setting that is varied: its values, or a range.</summary>
internal sealed record Parameter(string Key)
{
    private const int Digits = 4;

    private string[]? Values { get; init; }

    private double Low { get; init; }

    private double High { get; init; }

    private bool Log { get; init; }

    private bool Whole { get; init; }

    /// <summary>Its values.</summary>
    /// <exception cref="MttException">It is a range.</exception>
    public IReadOnlyList<string> Choices =>
        Values
        ?? throw new MttException(
            $"{Key}: a grid takes lists of values, and this is a range",
            "Write the values, or method: random with trials: N."
        );

    /// <summary>Reads one.</summary>
    /// <exception cref="MttException">It is neither a list nor a range.</exception>
    public static Parameter Of(string key, JsonView value) =>
        value.Kind switch
        {
            JsonKind.Array when value.GetArrayLength() > 0 => new Parameter(key)
            {
                Values = [.. value.EnumerateArray().Select(item => item.GetRawText())],
            },
            JsonKind.Object => Range(key, value),
            JsonKind.Array => throw Bad(key, "the list of values is empty"),
            _ => new Parameter(key) { Values = [value.GetRawText()] },
        };

    /// <summary>A value, each equally likely; of a range, evenly over it or over its logarithm.</summary>
    public string Draw(SeededRandom random)
    {
        if (Values is not null)
        {
            return Values[random.Below(Values.Length)];
        }

        double share = random.NextDouble();
        double drawn = Log ? Low * Math.Pow(High / Low, share) : Low + (share * (High - Low));
        if (Whole)
        {
            return Invariant($"{Math.Clamp(Math.Round(drawn), Math.Ceiling(Low), Math.Floor(High)):F0}");
        }

        // Few digits: names of folders and rows of tables have them too.
        string text = drawn.ToString($"G{Digits}", CultureInfo.InvariantCulture);
        return text.Contains('E', StringComparison.Ordinal) ? text.Replace("E", "e", StringComparison.Ordinal) : text;
    }

    private static Parameter Range(string key, JsonView value)
    {
        double Number(string name) =>
            value.Get(name) is { } found && found.TryGetDouble(out double number)
                ? number
                : throw Bad(key, $"{name} is missing or no number");
        bool Flag(string name) => value.Get(name) is { Kind: JsonKind.True };
        string? unknown = value
            .EnumerateObject()
            .Select(member => member.Name)
            .FirstOrDefault(name => name is not ("low" or "high" or "log" or "whole"));
        Parameter range = unknown is null
            ? new Parameter(key)
            {
                Low = Number("low"),
                High = Number("high"),
                Log = Flag("log"),
                Whole = Flag("whole"),
            }
            : throw Bad(key, $"a range has no '{unknown}'");
        return range.High < range.Low ? throw Bad(key, "high lies below low")
            : range.Whole && Math.Ceiling(range.Low) > Math.Floor(range.High)
                ? throw Bad(key, "no whole number lies between low and high")
            : range is { Log: true, Low: <= 0 } ? throw Bad(key, "a logarithm needs a low above 0")
            : range;
    }

    private static MttException Bad(string key, string what) =>
        new($"{key}: {what}", "Write a list of values, or {low: 1e-5, high: 1e-3, log: true}.");
}
