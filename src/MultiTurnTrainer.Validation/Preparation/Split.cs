using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>
/// Puts conversations into splits by a hash of how they begin (system message and first question): conversations with one
/// beginning stay together, and adding data moves nothing.
/// </summary>
public static class Split
{
    /// <summary>Reads <c>train=0.9,test=0.1</c>; the shares must add up to 1.</summary>
    /// <exception cref="MttException">The text is no list of names and shares.</exception>
    public static IReadOnlyList<(string Name, double Share)> Parse(string text)
    {
        List<(string Name, double Share)> splits = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            bool isName =
                pair[0].Length is > 0 and <= 64 && pair[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            bool isNew = !splits.Exists(split => split.Name == pair[0]);
            if (
                pair.Length != 2
                || !isName
                || !isNew
                || !double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double share)
                || share is not (> 0 and <= 1)
            )
            {
                throw new MttException(
                    $"--split {text}: '{part}' is not a new NAME=SHARE",
                    "Such as train=0.9,test=0.1."
                );
            }

            splits.Add((pair[0], share));
        }

        return Math.Abs(splits.Sum(split => split.Share) - 1) < 1e-9
            ? splits
            : throw new MttException($"--split {text}: the shares do not add up to 1", "Such as train=0.9,test=0.1.");
    }

    /// <summary>
    /// Refuses a split of which a part is empty although so many conversations fill it but for a chance of 1 in 100: the
    /// input is a part of such a split itself.
    /// </summary>
    /// <param name="splits">Names and shares.</param>
    /// <param name="filled">The parts that are not empty.</param>
    /// <param name="openings">How many different beginnings the conversations have.</param>
    /// <exception cref="MttException">There is such a part.</exception>
    internal static void RefuseEmpty(
        IReadOnlyList<(string Name, double Share)> splits,
        IReadOnlySet<string> filled,
        int openings
    )
    {
        foreach ((string name, double share) in splits)
        {
            if (!filled.Contains(name) && Math.Pow(1 - share, openings) < 0.01)
            {
                throw new MttException(
                    Invariant($"--split: no row falls into {name}={share}"),
                    "The input is itself a part of such a split: give another number with --split-seed."
                );
            }
        }
    }

    /// <summary>The split of a hash.</summary>
    internal static string Of(IReadOnlyList<(string Name, double Share)> splits, ulong hash, ulong seed)
    {
        if (splits.Count == 0)
        {
            return "data";
        }

        double place = (StableHash.Combine(StableHash.Mix(seed + 1), hash) >> 11) * (1.0 / (1UL << 53));
        double end = 0;
        foreach ((string name, double share) in splits)
        {
            end += share;
            if (place < end)
            {
                return name;
            }
        }

        return splits[^1].Name;
    }
}
