using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>Where a trainer's text parts from the text that the model will be served with.</summary>
internal sealed class PromptDifferences(OwnRow own, AuditedRow theirs, int[] places, int[] theirsOf, TokenTable table)
{
    private const int ShownCharacters = 60;
    private const int Near = 4;

    /// <summary>Adds a fault for each cause: its gaps as tokens, what differs at the first.</summary>
    public void AddTo(List<RowFault> faults)
    {
        Dictionary<string, RowFault> found = new(StringComparer.Ordinal);
        int i = 0;
        int j = 0;
        while (i < places.Length || j < theirsOf.Length)
        {
            if (i < places.Length && places[i] == j)
            {
                (i, j) = (i + 1, j + 1);
                continue;
            }

            (int from, int ownFrom) = (i, j);
            while (i < places.Length && places[i] < 0)
            {
                i++;
            }

            int end = i < places.Length ? places[i] : theirsOf.Length;
            j = end;
            RowFault fault = Describe(from, i, ownFrom, end);
            found[fault.Code] = found.TryGetValue(fault.Code, out RowFault? earlier)
                ? earlier with
                {
                    Tokens = earlier.Tokens + fault.Tokens,
                }
                : fault;
        }

        faults.AddRange(found.Values);
    }

    private RowFault Describe(int from, int to, int ownFrom, int ownTo)
    {
        byte[] inserted = Bytes(theirs.InputIds.AsSpan(from, to - from));
        byte[] missing = Bytes(own.Row.InputIds.AsSpan(ownFrom, ownTo - ownFrom));
        bool isCut =
            inserted.Length == 0
            && ((ownTo == theirsOf.Length && from == places.Length) || (ownFrom == 0 && from == 0));
        string code =
            isCut ? "cut"
            : inserted.AsSpan().SequenceEqual(missing) ? "other-tokens"
            : IsBlank(inserted) && IsBlank(missing) ? "blanks"
            : IsThink(inserted) && IsThink(missing) ? "think-block"
            : CodeAt(ownFrom, ownTo);
        int nearest = Math.Min(ownFrom, own.Row.Length - 1);
        return new RowFault(
            AuditKind.Prompt,
            code,
            to - from + ownTo - ownFrom,
            0,
            Math.Min(from, Math.Max(0, theirs.InputIds.Length - 1)),
            nearest < 0 ? -1 : own.MessageOf(nearest),
            Detail(inserted, missing)
        );
    }

    /// <summary>What the missing text is; where nothing is missing, what is in its place.</summary>
    private string CodeAt(int from, int to)
    {
        if (from == own.Row.Length || (from == 0 && to == 0))
        {
            return from == 0 ? "beginning" : "turn-end";
        }

        TokenPlace place = own.PlaceOf(from);
        for (int i = from; i < to && place == TokenPlace.Template; i++)
        {
            place = own.PlaceOf(i);
        }

        return place switch
        {
            TokenPlace.Tools => "tools",
            TokenPlace.System => "system",
            TokenPlace.User => "user",
            TokenPlace.ToolResult => "tool-result",
            TokenPlace.Header => "header",
            TokenPlace.Stop or TokenPlace.AfterStop => "turn-end",
            TokenPlace.Answer or TokenPlace.Reasoning or TokenPlace.Call or TokenPlace.NotToLearn => "answer",
            _ => Around(from),
        };
    }

    // The template's own words belong to the turn that comes next.
    private string Around(int token)
    {
        for (int i = Math.Max(0, token - Near); i < Math.Min(own.Row.Length, token + Near); i++)
        {
            if (own.PlaceOf(i) == TokenPlace.Tools)
            {
                return "tools";
            }
        }

        if (own.MessageOf(token) < 0)
        {
            return "beginning";
        }

        for (int i = token; i < own.Row.Length; i++)
        {
            switch (own.PlaceOf(i))
            {
                case TokenPlace.Template:
                    continue;
                case TokenPlace.User:
                    return "user";
                case TokenPlace.System:
                    return "system";
                case TokenPlace.ToolResult:
                    return "tool-result";
                case TokenPlace.Tools:
                    return "tools";
                default:
                    return "header";
            }
        }

        return "turn-end";
    }

    private static bool IsBlank(byte[] text) => string.IsNullOrWhiteSpace(Encoding.UTF8.GetString(text));

    /// <summary>Whether a text is nothing but an empty think block.</summary>
    public static bool IsThink(byte[] text) =>
        string.IsNullOrWhiteSpace(
            Encoding
                .UTF8.GetString(text)
                .Replace("<think>", "", StringComparison.Ordinal)
                .Replace("</think>", "", StringComparison.Ordinal)
        );

    private byte[] Bytes(ReadOnlySpan<int> tokens)
    {
        List<byte> bytes = [];
        foreach (int token in tokens)
        {
            bytes.AddRange(table[token]);
        }

        return [.. bytes];
    }

    private static string Detail(byte[] inserted, byte[] missing) =>
        (inserted.Length, missing.Length) switch
        {
            (0, _) => $"{Shown(missing)} is missing",
            (_, 0) => $"{Shown(inserted)} is inserted",
            _ => $"{Shown(inserted)} in place of {Shown(missing)}",
        };

    private static string Shown(byte[] text)
    {
        string plain = Encoding.UTF8.GetString(text).ReplaceLineEndings("↵");
        return plain.Length <= ShownCharacters ? $"“{plain}”" : $"“{plain[..ShownCharacters]}…”";
    }
}
