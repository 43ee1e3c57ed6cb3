namespace MultiTurnTrainer.Cli.Commands;

/// <summary>An audit's report as text: the causes, then the first places of each.</summary>
internal static class AuditText
{
    private static readonly Table _causes = new(
        "  {0,-28}{1,12:N0}{2,10:N0}{3,10:N0}  {4}\n",
        "cause",
        "tokens",
        "answers",
        "rows",
        ""
    );

    public static void Write(TextWriter writer, bool colour, AuditReport report)
    {
        AuditCounts counts = report.Counts;
        writer.Write(
            Invariant(
                $"{Printable.Line(report.Subject)}\n{Counted.Of(counts.Conversations, "conversation")}, {Counted.Of(counts.Rows, "row")}: {Counted.Of(counts.Compared, "token")} compared, {counts.Supervised:N0} supervised, {counts.Right:N0} of them the assistant's own\n"
            )
        );
        KeyValuePair<AuditCause, CauseCount>[] causes = [.. counts.Causes];
        if (causes.Length == 0)
        {
            writer.Write("nothing found\n");
            return;
        }

        writer.Write(_causes.Head);
        foreach ((AuditCause cause, CauseCount count) in causes)
        {
            string allowed = report.IsAllowed(cause) ? " (allowed)" : "";
            writer.Write(_causes.Line(cause.Name, count.Tokens, count.Answers, count.Rows, cause.Meaning + allowed));
        }

        foreach ((AuditCause cause, CauseCount count) in causes.Where(cause => !report.IsAllowed(cause.Key)))
        {
            AuditExample example = count.Examples[0];
            string detail = example.Detail.Length == 0 ? "" : $"\n  {Printable.Line(example.Detail)}";
            writer.Write($"\n{cause.Name}: {Printable.Line(example.Place)}{detail}\n");
            if (example.View is { } view)
            {
                RowText.WriteTokens(writer, colour, view);
            }
        }
    }
}
