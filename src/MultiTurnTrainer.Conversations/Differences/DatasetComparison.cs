// Folder Differences: how two files of conversations differ, row by row and message by message.
// Refuses to know: how a difference is shown.
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;

namespace MultiTurnTrainer.Conversations.Differences;

/// <summary>
/// Compares two files. Each is read once and remembered as hashes: a few hundred bytes a row and 40 a message, whatever the length
/// of the texts. A row belongs to the one with the same text, wherever that stands; else to the one with the same id; else to the
/// next one that begins with the same question.
/// </summary>
public static class DatasetComparison
{
    /// <summary>Compares the files.</summary>
    /// <param name="old">The old file; <c>-</c> is standard input.</param>
    /// <param name="new">The new file.</param>
    /// <param name="conversion">How rows of other formats are read.</param>
    /// <param name="receive">Gets every difference: changed and added rows in the order of the new file, then those that are gone.</param>
    /// <exception cref="MttException">A file cannot be read, or a row is no conversation.</exception>
    public static DifferenceCounts Run(string old, string @new, ConversionOptions conversion, Action<RowChange> receive)
    {
        List<RowDigest> before = Read(old, conversion);
        List<RowDigest> after = Read(@new, conversion);
        DifferenceCounts counts = new() { OldRows = before.Count, NewRows = after.Count };
        HashSet<RowDigest> left = new(before, ReferenceEqualityComparer.Instance);
        RowDigest?[] partners = FindPartners(before, after, left);
        for (int i = 0; i < after.Count; i++)
        {
            if (partners[i] is { } partner)
            {
                Tell(Compare(partner, after[i]));
            }
            else
            {
                Tell(Whole(ChangeKind.Added, after[i]));
            }
        }

        foreach (RowDigest row in before.Where(left.Contains))
        {
            Tell(Whole(ChangeKind.Gone, row));
        }

        return counts;

        void Tell(RowChange? change)
        {
            if (change is null)
            {
                counts.Same++;
                return;
            }

            Count(counts, change);
            receive(change);
        }
    }

    private static List<RowDigest> Read(string path, ConversionOptions conversion) =>
        [.. ConversationReader.Read(path, conversion).Select(RowDigest.Of)];

    // The old row of each new one: the surest sign first. Those that are found are taken out of what is left.
    private static RowDigest?[] FindPartners(List<RowDigest> before, List<RowDigest> after, HashSet<RowDigest> left)
    {
        RowDigest?[] partners = new RowDigest?[after.Count];
        Func<RowDigest, ulong>[] signs = [row => row.All, row => row.Text, row => row.Id, row => row.Opening];
        foreach (Func<RowDigest, ulong> sign in signs)
        {
            Dictionary<ulong, Queue<RowDigest>> bySign = [];
            foreach (RowDigest row in before.Where(row => left.Contains(row) && sign(row) != 0))
            {
                if (!bySign.TryGetValue(sign(row), out Queue<RowDigest>? rows))
                {
                    bySign[sign(row)] = rows = [];
                }

                rows.Enqueue(row);
            }

            for (int i = 0; i < after.Count; i++)
            {
                if (
                    partners[i] is null
                    && bySign.TryGetValue(sign(after[i]), out Queue<RowDigest>? rows)
                    && rows.TryDequeue(out RowDigest? partner)
                )
                {
                    partners[i] = partner;
                    left.Remove(partner);
                }
            }
        }

        return partners;
    }

    private static RowChange? Compare(RowDigest before, RowDigest after)
    {
        if (before.All == after.All)
        {
            return null;
        }

        List<MessageChange> messages = [];
        (MessageDigest[] a, MessageDigest[] b) = (before.Messages, after.Messages);
        int head = 0;
        while (head < a.Length && head < b.Length && a[head].Text == b[head].Text)
        {
            AddPair(messages, a[head], b[head], head, head);
            head++;
        }

        int tail = 0;
        while (tail < a.Length - head && tail < b.Length - head && a[^(tail + 1)].Text == b[^(tail + 1)].Text)
        {
            tail++;
        }

        int both = Math.Min(a.Length, b.Length) - tail;
        for (int i = head; i < both; i++)
        {
            AddPair(messages, a[i], b[i], i, i);
        }

        messages.AddRange(Enumerable.Range(both, a.Length - tail - both).Select(i => One(ChangeKind.Gone, a[i], i)));
        messages.AddRange(Enumerable.Range(both, b.Length - tail - both).Select(i => One(ChangeKind.Added, b[i], i)));
        for (int i = tail; i > 0; i--)
        {
            AddPair(messages, a[^i], b[^i], a.Length - i, b.Length - i);
        }

        return new RowChange(ChangeKind.Changed, before.Line, after.Line, messages, before.Tools != after.Tools);
    }

    private static void AddPair(
        List<MessageChange> messages,
        MessageDigest before,
        MessageDigest after,
        int old,
        int @new
    )
    {
        ChangeKind? kind =
            before.Text != after.Text ? ChangeKind.Changed
            : before.Weight != after.Weight || before.Inside != after.Inside ? ChangeKind.Supervision
            : before.All != after.All ? ChangeKind.Other
            : null;
        if (kind is { } found)
        {
            messages.Add(new MessageChange(found, old, @new, after.Role, before.Weight, after.Weight));
        }
    }

    private static RowChange Whole(ChangeKind kind, RowDigest row) =>
        new(
            kind,
            kind == ChangeKind.Gone ? row.Line : null,
            kind == ChangeKind.Added ? row.Line : null,
            [.. row.Messages.Select((message, i) => One(kind, message, i))],
            Tools: false
        );

    private static MessageChange One(ChangeKind kind, MessageDigest message, int index) =>
        kind == ChangeKind.Gone
            ? new MessageChange(kind, index, null, message.Role, message.Weight, null)
            : new MessageChange(kind, null, index, message.Role, null, message.Weight);

    private static void Count(DifferenceCounts counts, RowChange change)
    {
        counts.Rows[change.Kind] = counts.Rows.GetValueOrDefault(change.Kind) + 1;
        counts.Tools += change.Tools ? 1 : 0;
        if (change.Kind == ChangeKind.Changed)
        {
            foreach (MessageChange message in change.Messages)
            {
                counts.Messages[message.Kind] = counts.Messages.GetValueOrDefault(message.Kind) + 1;
            }
        }
    }
}
