namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>
/// Shards a task without a model, as CCOPD does (arXiv 2605.30251; methods.md 4.3): blanks normalised; cut into
/// sentences; where that gives fewer than two, cut at connectives; the shard with the last question mark first, the rest
/// in their order; nothing reworded.
/// </summary>
internal static class RuleSharder
{
    private static readonly string[] _connectives = ["and", "while", "if", "when", "then", "but"];

    private static readonly HashSet<string> _abbreviations = new(
        [
            "mr",
            "mrs",
            "ms",
            "dr",
            "prof",
            "st",
            "vs",
            "etc",
            "no",
            "fig",
            "eq",
            "approx",
            "inc",
            "ltd",
            "co",
            "jr",
            "sr",
            "e.g",
            "i.e",
            "a.m",
            "p.m",
            "u.s",
            "cf",
            "vol",
            "dept",
            "est",
            "min",
            "max",
            "hr",
            "hrs",
            "lb",
            "lbs",
            "oz",
            "ft",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>The shards in the order of their disclosure; a single one where the task cannot be cut.</summary>
    public static IReadOnlyList<string> Shard(string task)
    {
        string text = string.Join(' ', task.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        List<string> shards = Sentences(text);
        if (shards.Count < 2)
        {
            shards = Clauses(text);
        }

        int question = shards.FindLastIndex(shard => shard.Contains('?') || shard.Contains('？'));
        if (question > 0)
        {
            string first = shards[question];
            shards.RemoveAt(question);
            shards.Insert(0, first);
        }

        return shards;
    }

    private static List<string> Sentences(string text)
    {
        List<string> sentences = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (EndsSentence(text, i, out int end))
            {
                Add(sentences, text[start..end]);
                start = end;
                i = end - 1;
            }
        }

        Add(sentences, text[start..]);
        return sentences;
    }

    /// <summary>Whether a sentence ends with the mark at a place; <paramref name="end"/> is after closing quotes and brackets.</summary>
    private static bool EndsSentence(string text, int at, out int end)
    {
        end = at + 1;
        if (text[at] is '。' or '！' or '？')
        {
            return true;
        }

        if (text[at] is not ('.' or '!' or '?'))
        {
            return false;
        }

        while (end < text.Length && text[end] is '.' or '!' or '?' or '"' or '\'' or '”' or '’' or ')' or ']')
        {
            end++;
        }

        if (end < text.Length && text[end] != ' ')
        {
            return false;
        }

        if (text[at] != '.')
        {
            return true;
        }

        int word = text.LastIndexOf(' ', Math.Max(0, at - 1)) + 1;
        string before = text[word..at].TrimStart('(', '"', '\'', '“');
        bool initial = before.Length == 1 && char.IsUpper(before[0]);
        return !initial && !_abbreviations.Contains(before);
    }

    private static List<string> Clauses(string text)
    {
        List<string> clauses = [];
        StringBuilder clause = new();
        foreach (string word in text.Split(' '))
        {
            if (clause.Length > 0 && _connectives.Contains(word.Trim(',', ';'), StringComparer.OrdinalIgnoreCase))
            {
                Add(clauses, clause.ToString());
                clause.Clear();
            }

            clause.Append(clause.Length > 0 ? " " : "").Append(word);
        }

        Add(clauses, clause.ToString());
        return clauses;
    }

    private static void Add(List<string> parts, string part)
    {
        string trimmed = part.Trim().TrimEnd(',', ';').Trim();
        if (trimmed.Any(char.IsLetterOrDigit))
        {
            parts.Add(trimmed);
        }
    }
}
