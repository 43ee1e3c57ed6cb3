namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>
/// σ_canon for a logged dialogue: everything the user asked for, restated as one user message in a fixed form (MAIGO,
/// arXiv 2605.27186, section 3.2; the paper leaves form and role open). Values that the user revised are given as last
/// said, and the sentence that only revises them is left out. No answer is in it.
/// </summary>
internal static class CanonicalTask
{
    public const string Heading = "The whole task:";

    /// <summary>The block.</summary>
    /// <param name="users">The user's messages, oldest first.</param>
    /// <param name="revisions">The revisions that each message makes, by its place in <paramref name="users"/>.</param>
    /// <param name="isBare">Whether a message says nothing of its own, by its place ("yes", "go on").</param>
    public static string Of(
        IReadOnlyList<string> users,
        IReadOnlyList<IReadOnlyList<ValueRevision>> revisions,
        Func<int, bool> isBare
    )
    {
        StringBuilder text = new(Heading);
        for (int i = 0; i < users.Count; i++)
        {
            if (isBare(i))
            {
                continue;
            }

            string requirement = WithoutRevisions(users[i], revisions[i]);
            foreach (IReadOnlyList<ValueRevision> later in revisions.Skip(i + 1))
            {
                requirement = CorrectionDetector.Apply(requirement, later);
            }

            if (requirement.Length > 0)
            {
                text.Append("\n- ").Append(requirement);
            }
        }

        return text.ToString();
    }

    private static string WithoutRevisions(string text, IReadOnlyList<ValueRevision> revisions)
    {
        text = text.Trim();
        if (revisions.Count == 0)
        {
            return text;
        }

        IEnumerable<string> sentences = Sentences(text)
            .Where(sentence =>
                !revisions.Any(revision =>
                    sentence.Contains(ValueOf(revision.Old), StringComparison.OrdinalIgnoreCase)
                    && sentence.Contains(revision.New, StringComparison.OrdinalIgnoreCase)
                )
            );
        return string.Join(' ', sentences);
    }

    /// <summary>"30" of "30 people": a unit need not be said twice.</summary>
    private static string ValueOf(string old) =>
        char.IsAsciiDigit(old[0]) && old.IndexOf(' ', StringComparison.Ordinal) is > 0 and int unit ? old[..unit] : old;

    private static IEnumerable<string> Sentences(string text)
    {
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool ends = text[i] is '.' or '!' or '?' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]));
            if (ends || text[i] == '\n' || i + 1 == text.Length)
            {
                string sentence = text[start..(i + 1)].Trim();
                start = i + 1;
                if (sentence.Length > 0)
                {
                    yield return sentence;
                }
            }
        }
    }
}
