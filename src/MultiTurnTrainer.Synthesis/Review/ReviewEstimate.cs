using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Seeds;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>What a run would take of one model.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Calls">Calls.</param>
/// <param name="PromptTokens">Tokens of the prompts that would be sent.</param>
/// <param name="CompletionTokens">Tokens of replies of usual length.</param>
/// <param name="Money">By the price table; null without a price.</param>
public sealed record ModelEstimate(string Model, long Calls, long PromptTokens, long CompletionTokens, double? Money);

/// <summary>What a run would take.</summary>
/// <param name="Seeds">Usable seeds.</param>
/// <param name="Models">By model.</param>
public sealed record ReviewEstimate(int Seeds, IReadOnlyList<ModelEstimate> Models)
{
    /// <summary>
    /// Holds every dialogue with replies of usual length (answers 300 tokens, criticism and instructions 150, questions
    /// 50; in refine mode one revision per answer) and counts. Repairs and retries are not in it; a token is taken as
    /// four bytes.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="seeds">Files of instructions.</param>
    /// <param name="limit">The most seeds; null for all.</param>
    public static async Task<ReviewEstimate> OfAsync(ReviewSettings settings, IReadOnlyList<string> seeds, int? limit)
    {
        PromptSet prompts = PromptSet.Open(settings.Prompts);
        SupposedCalls calls = new(settings);

        // The supposed replies are in tags.
        ReviewLoop loop = new(settings with { Format = ReplyFormat.Tags }, prompts, calls);
        int count = 0;
        foreach (Seed seed in SeedReader.Read(seeds).Take(limit ?? int.MaxValue))
        {
            await loop.RunAsync(seed, CancellationToken.None).ConfigureAwait(false);
            count++;
        }

        return new ReviewEstimate(count, calls.Models);
    }

    private sealed class SupposedCalls(ReviewSettings settings) : ICalls
    {
        private readonly SortedDictionary<string, ModelEstimate> _models = new(StringComparer.Ordinal);

        public IReadOnlyList<ModelEstimate> Models => [.. _models.Values];

        public Task<CallRecord> CallAsync(
            CallKey key,
            ChatRequest request,
            IReadOnlyList<string> endpoints,
            CancellationToken cancellation
        )
        {
            (string text, int tokens) = Suppose(key.Step);
            ChatReply reply = new(text, request.EstimatePromptTokens(), Math.Min(tokens, request.MaxTokens));
            ModelEstimate sum = _models.GetValueOrDefault(
                request.Model,
                new ModelEstimate(request.Model, 0, 0, 0, settings.Prices.ContainsKey(request.Model) ? 0 : null)
            );
            _models[request.Model] = sum with
            {
                Calls = sum.Calls + 1,
                PromptTokens = sum.PromptTokens + reply.PromptTokens,
                CompletionTokens = sum.CompletionTokens + reply.CompletionTokens,
                Money =
                    sum.Money + Budget.Cost(settings.Prices, request.Model, reply.PromptTokens, reply.CompletionTokens),
            };
            return Task.FromResult(new CallRecord(key.ToString(), "") { Reply = reply });
        }

        private (string Text, int Tokens) Suppose(string step)
        {
            string role = step[(step.LastIndexOf('/') + 1)..];
            static string Filler(int tokens) => new('x', 4 * tokens);
            return role switch
            {
                "candidate" => ($"<respond>{Filler(300)}</respond>", 310),
                "ask" => ($"<ask>{Filler(50)}</ask>", 60),
                "decide" when step.Contains("/d0/", StringComparison.Ordinal) => (
                    $"<decide>revise</decide><instruct>{Filler(150)}</instruct>",
                    170
                ),
                "decide" => ("<decide>accept</decide>", 20),
                _ => (
                    $"<criticize>{Filler(150)}</criticize><scores>{Scores(role)}</scores>",
                    settings.Scores.Enabled ? 190 : 170
                ),
            };
        }

        private string Scores(string role) =>
            string.Join(
                ',',
                settings.Reviewers[int.Parse(role.AsSpan("reviewer".Length)) - 1].Criteria.Select(name => $"{name}=8")
            );
    }
}
