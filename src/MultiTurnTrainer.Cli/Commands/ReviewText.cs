namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt review</c> says.</summary>
internal static class ReviewText
{
    private const int ShownLeftOut = 10;

    public static void WriteReport(ReviewReport report, string output)
    {
        TextWriter error = Console.Error;
        string outcomes = string.Join(", ", report.Outcomes.Select(pair => $"{pair.Value} {pair.Key}"));
        error.WriteLine(
            Printable.Of(
                $"{Counted.Of(report.Conversations, "conversation")} from {Counted.Of(report.Seeds, "seed")} ({outcomes}) in {output}"
            )
        );
        if (report.Spent.Requests > 0)
        {
            error.WriteLine(Printable.Of($"spent: {Describe(report.Spent)}"));
        }

        foreach (LeftOut left in report.LeftOut.Take(ShownLeftOut))
        {
            error.WriteLine(Printable.Of($"left out: seed {left.SeedIndex}, {left.Outcome}: {left.Reason}"));
        }

        if (report.LeftOut.Count > ShownLeftOut)
        {
            error.WriteLine(Printable.Of($"left out: {report.LeftOut.Count - ShownLeftOut} more, all in trace.jsonl"));
        }

        if (report.Outcomes.ContainsKey("failed"))
        {
            error.WriteLine("  hint: --resume tries the failed ones again");
        }

        foreach (IGrouping<string, Synthesis.Seeds.SkippedSeed> file in report.Skipped.GroupBy(seed => seed.File))
        {
            string records = string.Join(", ", file.Take(ShownLeftOut).Select(seed => seed.Line));
            error.WriteLine(
                Printable.Of(
                    $"skipped: {Counted.Of(file.Count(), "record")} of {file.Key} ({(file.Count() == 1 ? "line" : "lines")} {records}): {file.First().Reason}"
                )
            );
        }

        if (report.Stopped is { } limit)
        {
            error.WriteLine(
                $"stopped at the limit of {limit}; {Counted.Of(report.Incomplete, "dialogue is", "dialogues are")} not finished"
            );
            error.WriteLine("  hint: raise the limit and run again with --resume");
        }
    }

    public static void WriteEstimate(ReviewEstimate estimate)
    {
        static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
        Console.Out.WriteLine(Printable.Of($"seeds: {Number(estimate.Seeds)}"));
        foreach (ModelEstimate model in estimate.Models)
        {
            string money = model.Money is { } price
                ? price.ToString("0.00", CultureInfo.InvariantCulture)
                : "no price in review.prices";
            Console.Out.WriteLine(
                Printable.Of(
                    $"{(model.Model.Length > 0 ? model.Model : "(no model named)")}: calls {Number(model.Calls)}, prompt tokens {Number(model.PromptTokens)}, completion tokens {Number(model.CompletionTokens)}, cost {money}"
                )
            );
        }

        Console.Out.WriteLine(
            Printable.Of(
                $"total: calls {Number(estimate.Models.Sum(model => model.Calls))}, tokens {Number(estimate.Models.Sum(model => model.PromptTokens + model.CompletionTokens))}, cost {Cost(estimate.Models)}"
            )
        );
        Console.Out.WriteLine("An estimate: replies of usual length, four bytes a token, no repairs, no retries.");
    }

    private static string Cost(IReadOnlyCollection<ModelEstimate> models) =>
        models.All(model => model.Money is not null)
            ? models.Sum(model => model.Money!.Value).ToString("0.00", CultureInfo.InvariantCulture)
            : "unknown";

    public static string Describe(Spending spent) =>
        Invariant(
            $"{Counted.Of(spent.Requests, "request")}, {Counted.Of(spent.Tokens, "token")}{(spent.Money > 0 ? $", cost {spent.Money:0.00}" : "")}"
        );
}
