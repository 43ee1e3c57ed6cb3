using MultiTurnTrainer.Training.Report;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What was lost of the data of a run: counted while masking, or in the manifests of rows that were made before.</summary>
internal static class LostRows
{
    /// <summary>Counts.</summary>
    public static LostTokens Of(LoadedRun run, RunSummary summary)
    {
        TrainRequest request = run.Request;
        Dictionary<string, Loss> losses = new(request.Masked.Losses, StringComparer.Ordinal);
        Dictionary<string, Loss>?[] manifests = [.. request.TrainFiles.Select(ReadLost)];
        // One file whose losses are known says nothing of the others.
        bool isKnown =
            request.Masked.Conversations > 0 || (manifests.Length > 0 && manifests.All(lost => lost is not null));
        foreach (Dictionary<string, Loss> made in manifests.OfType<Dictionary<string, Loss>>())
        {
            foreach ((string cause, Loss loss) in made)
            {
                Loss before = losses.GetValueOrDefault(cause) ?? new Loss(0, 0);
                losses[cause] = new Loss(
                    before.Conversations + loss.Conversations,
                    before.SupervisedTokens + loss.SupervisedTokens
                );
            }
        }

        return new LostTokens(
            [
                .. losses
                    .OrderByDescending(loss => loss.Value.SupervisedTokens)
                    .ThenBy(loss => loss.Key, StringComparer.Ordinal)
                    .Select(loss => new LostPart(loss.Key, loss.Value.Conversations, loss.Value.SupervisedTokens)),
            ],
            isKnown,
            summary.SupervisedTokens,
            summary.RowsWithoutLabels,
            run.Data.Packing is { } plan ? Describe(plan) : null
        );
    }

    private static string Describe(PackingPlan plan) =>
        Invariant(
            $"Packing: {Counted.Of(plan.Packs.Count, "pack")} of {plan.Capacity:N0} tokens, {((long)plan.Capacity * plan.Packs.Count) - plan.Tokens:N0} places empty ({1 - plan.Efficiency:P1}); no row is split or left out."
        );

    /// <summary>What the manifest beside rows says; null where there is none, or it is not one of ours.</summary>
    private static Dictionary<string, Loss>? ReadLost(string file)
    {
        string manifest = Manifest.PathFor(file);
        if (!File.Exists(manifest))
        {
            return null;
        }

        try
        {
            return JsonView
                .Parse(InputFile.ReadBytes(manifest))
                .GetProperty("counts")
                .GetProperty("lost")
                .EnumerateObject()
                .ToDictionary(
                    cause => cause.Name,
                    cause => new Loss(
                        cause.Value.GetProperty("conversations").GetInt64(),
                        cause.Value.GetProperty("supervised_tokens").GetInt64()
                    )
                );
        }
        catch (Exception problem)
            when (problem
                    is MttException
                        or FormatException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or ArgumentException
            )
        {
            return null;
        }
    }
}
