namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>Which answers ms-swift trains, and how much each piece of one weighs.</summary>
/// <param name="Strategy"><c>default</c>, <c>last_round</c> or <c>all</c>.</param>
/// <param name="Maps">What weighs the pieces of an answer, one after the other; the weights multiply.</param>
internal sealed record LossScale(string Strategy, IReadOnlyList<WeightMap> Maps)
{
    private static readonly Dictionary<string, WeightMap> _known = new(StringComparer.Ordinal)
    {
        ["ignore_empty_think"] = new WeightMap([
            (@"^<think>\s*</think>\s*", 0),
            (
                @"^<seed:think><seed:cot_budget_reflect>The current thinking budget is 0, so I will directly start answering the question.</seed:cot_budget_reflect>\n</seed:think>\s*",
                0
            ),
            (@"^</think>\s*", 0),
            (@"^<\|channel>thought\n<channel\|>", 0),
            (@"^</mm:think>\s*", 0),
        ]),
        ["ignore_think_prefix"] = new WeightMap([(@"^<think>\n?", 0)]),
        ["hermes"] = new WeightMap([("<tool_call>.+?</tool_call>", 2)]),
        ["react"] = WeightMap.OfWords(
            ("Action:", 2, 2),
            ("Action Input:", 2, 2),
            ("Thought:", 1, 1),
            ("Final Answer:", 1, 1),
            ("Observation:", 2, 0)
        ),
        ["alpha_umi"] = WeightMap.OfWords(
            ("Action:", 2, 2),
            ("Action Input:", 2, 2),
            ("Thought:", 1, 1),
            ("Final Answer:", 1, 1),
            ("Observation:", 2, 0),
            ("Next:", 2, 2)
        ),
        ["qwen"] = WeightMap.OfWords(
            ("✿FUNCTION✿:", 2, 2),
            ("✿ARGS✿:", 2, 2),
            ("✿RETURN✿:", 1, 1),
            ("✿RESULT✿:", 2, 0)
        ),
    };

    /// <summary>Whether weights other than 0 and 1 occur.</summary>
    public bool HasWeights => Maps.Any(map => map.HasWeights);

    /// <summary>Reads <c>name</c>, <c>strategy</c> or <c>strategy+name+…</c>; null where a name is not known.</summary>
    public static LossScale? Parse(string text)
    {
        string[] parts = text.Split('+');
        bool hasStrategy = parts[0] is "default" or "last_round" or "all";
        string[] names = [.. (hasStrategy ? parts[1..] : parts).Where(name => name != "base")];
        return Array.TrueForAll(names, _known.ContainsKey)
            ? new LossScale(hasStrategy ? parts[0] : "default", [.. names.Select(name => _known[name])])
            : null;
    }

    /// <summary>The pieces of an answer with their weights.</summary>
    public IReadOnlyList<(string Text, float Weight)> Pieces(string answer)
    {
        IEnumerable<(string Text, float Weight)> pieces = [(answer, 1)];
        foreach (WeightMap map in Maps)
        {
            pieces =
            [
                .. pieces.SelectMany(piece =>
                    map.Cut(piece.Text).Select(part => (part.Text, part.Weight * piece.Weight))
                ),
            ];
        }

        return [.. pieces];
    }
}

/// <summary>Weights of what a pattern finds in an answer; and, for words, of what follows up to the next one.</summary>
internal sealed class WeightMap
{
    private readonly (Regex Pattern, float Weight, float? Following)[] _entries;
    private readonly Regex _any;

    /// <summary>A map of patterns.</summary>
    public WeightMap(IEnumerable<(string Pattern, float Weight)> entries)
        : this(entries.Select(entry => (entry.Pattern, entry.Weight, (float?)null))) { }

    private WeightMap(IEnumerable<(string Pattern, float Weight, float? Following)> entries)
    {
        const RegexOptions options = RegexOptions.Singleline | RegexOptions.CultureInvariant;
        (string Pattern, float Weight, float? Following)[] all = [.. entries];
        _entries = Array.ConvertAll(
            all,
            entry => (new Regex($@"\A(?:{entry.Pattern})", options), entry.Weight, entry.Following)
        );
        _any = new Regex(string.Join('|', all.Select(entry => $"(?:{entry.Pattern})")), options);
    }

    /// <summary>Whether weights other than 0 and 1 occur.</summary>
    public bool HasWeights =>
        Array.Exists(_entries, entry => entry.Weight is not (0 or 1) || entry.Following is not (null or 0 or 1));

    /// <summary>A map of words: the weight of each, and of what follows it.</summary>
    public static WeightMap OfWords(params (string Word, float Weight, float Following)[] words) =>
        new(words.Select(word => (Regex.Escape(word.Word), word.Weight, (float?)word.Following)));

    /// <summary>The pieces of a text, in order.</summary>
    public IEnumerable<(string Text, float Weight)> Cut(string text)
    {
        int at = 0;
        float following = 1;
        foreach (Match match in _any.Matches(text).Where(match => match.Length > 0))
        {
            if (match.Index > at)
            {
                yield return (text[at..match.Index], following);
            }

            (Regex _, float weight, float? after) = Array.Find(_entries, entry => entry.Pattern.IsMatch(match.Value));
            yield return (match.Value, weight);
            following = after ?? 1;
            at = match.Index + match.Length;
        }

        if (at < text.Length)
        {
            yield return (text[at..], following);
        }
    }
}
