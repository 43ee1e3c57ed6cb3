namespace MultiTurnTrainer.Runs.Sweeps;

/// <summary>The name of a run of a sweep, such as <c>learning_rate=0.0001,r=8,seed=1</c>.</summary>
internal static class TrialName
{
    private const int Longest = 120;

    /// <summary>Names what is set: by the last word of each key, or the whole key where two end alike.</summary>
    public static string Of(IReadOnlyDictionary<string, string> settings)
    {
        ILookup<string, string> ends = settings.Keys.ToLookup(Last);
        string name = string.Join(
            ',',
            settings.Select(pair =>
                $"{(ends[Last(pair.Key)].Count() > 1 ? pair.Key : Last(pair.Key))}={Plain(pair.Value)}"
            )
        );
        bool isPlain = settings.Values.All(value => Plain(value) == value.Trim('"'));
        return isPlain && name.Length <= Longest
            ? name
            : $"{name[..Math.Min(name.Length, Longest)]}-{ContentHash.Of(Encoding.UTF8.GetBytes(string.Join('\n', settings)))[..8]}";
    }

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];

    // Whatever a shell or a file system could take amiss becomes a dash.
    private static string Plain(string value) =>
        string.Concat(
            value.Trim('"').Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '+' or '-' ? c : '-')
        );
}
