namespace MultiTurnTrainer.Audit.Trainers.Axolotl;

/// <summary>A stretch of a content: Unicode characters from, to (inclusive), and whether it is trained.</summary>
internal readonly record struct DetailRange(int Begin, int End, bool Train);

/// <summary>
/// Which tokens of a content are trained by <c>training_detail</c>. Axolotl tokenizes the content alone and counts from the
/// turn's first token.
/// </summary>
internal static class TrainingDetail
{
    /// <summary>For each token of the content, whether it is trained.</summary>
    public static bool[] FindSupervised(LocatedTokens tokens, string content, IReadOnlyList<DetailRange> details)
    {
        int count = tokens.Ids.Length;
        (int Start, int End)[] places = new (int, int)[count];
        for (int i = 0; i < count; i++)
        {
            places[i] = (tokens.Starts[i], (i + 1 < count ? tokens.Starts[i + 1] : content.Length) - 1);
        }

        int[] characters = TrainerModel.CodePoints(content);
        DetailRange Utf16(DetailRange detail) =>
            detail with
            {
                Begin = characters[Math.Clamp(detail.Begin, 0, characters.Length - 1)],
                End = characters[Math.Clamp(detail.End + 1, 0, characters.Length - 1)] - 1,
            };
        List<DetailRange> ranges = [.. details.Select(detail => ToTokens(Utf16(detail), places)).OfType<DetailRange>()];
        bool[] supervised = new bool[count];
        for (int i = 0; i < count; i++)
        {
            supervised[i] = ranges.Exists(range =>
                range.Train && places[i].Start >= range.Begin && places[i].End <= range.End
            );
        }

        return supervised;
    }

    /// <summary>A range, widened to whole tokens; null where it holds none.</summary>
    private static DetailRange? ToTokens(DetailRange detail, (int Start, int End)[] places)
    {
        int first = Array.FindIndex(places, place => place.Start >= detail.Begin);
        first = first < 0 ? places.Length : first;
        if (first > 0 && places[first - 1].End > detail.Begin)
        {
            first--;
        }

        int last = Array.FindLastIndex(places, place => place.End <= detail.End);
        if (last < places.Length - 1 && places[last + 1].Start < detail.End)
        {
            last++;
        }

        return first <= last && first < places.Length
            ? new DetailRange(places[first].Start, places[last].End, detail.Train)
            : null;
    }
}
