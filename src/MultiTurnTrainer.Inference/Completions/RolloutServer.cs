namespace MultiTurnTrainer.Inference.Completions;

/// <summary>An OpenAI-compatible server that samples token ids; training and generation wait for it.</summary>
/// <param name="server">The connection; disposed with this.</param>
public sealed class RolloutServer(CompletionServer server) : IRolloutServer
{
    /// <inheritdoc/>
    public void Use(string? folder) => server.UseAsync(folder, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options) =>
        [.. Complete(prompts, options, 0, CancellationToken.None).Select(completion => completion.Ids)];

    /// <summary>As the local <see cref="Generator"/> does, without log-probabilities.</summary>
    /// <param name="prompts">Token ids.</param>
    /// <param name="options">Limits, sampling, stop tokens.</param>
    /// <param name="firstRow">The number of the first prompt: each row draws by seed and number.</param>
    /// <param name="cancel">Ends it.</param>
    public IReadOnlyList<Completion> Complete(
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        int firstRow,
        CancellationToken cancel
    )
    {
        Completion[] completions = new Completion[prompts.Count];
        List<(int Row, CompletionRequest Request)> asked = [];
        for (int i = 0; i < prompts.Count; i++)
        {
            int most = Math.Min(options.MaxNewTokens, options.MaxLength - prompts[i].Length);
            if (most <= 0)
            {
                completions[i] = new Completion([], [], FinishReason.Length);
                continue;
            }

            // Each row draws by seed and number; servers take seeds of 63 bits.
            ulong seed = (options.Seed ^ (ulong)(firstRow + i + 1)) * 0x9E3779B97F4A7C15;
            asked.Add(
                (
                    i,
                    new CompletionRequest(prompts[i], most, (long)(seed >> 1))
                    {
                        Temperature = options.Temperature,
                        TopP = options.TopP,
                        TopK = options.TopK,
                        StopTokens = options.StopTokens,
                    }
                )
            );
        }

        IReadOnlyList<CompletionReply> replies = server
            .CompleteAsync([.. asked.Select(pair => pair.Request)], cancel)
            .GetAwaiter()
            .GetResult();
        for (int k = 0; k < asked.Count; k++)
        {
            FinishReason reason = replies[k].Stopped ? FinishReason.Stop : FinishReason.Length;
            completions[asked[k].Row] = new Completion(replies[k].Ids, [], reason);
        }

        return completions;
    }

    /// <inheritdoc/>
    public void Dispose() => server.Dispose();
}
