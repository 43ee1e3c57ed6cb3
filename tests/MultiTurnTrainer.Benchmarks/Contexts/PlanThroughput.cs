using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Benchmarks.Contexts;

/// <summary>Plans per second on one core, with token counts at hand and without.</summary>
internal static class PlanThroughput
{
    private const int Window = 8192;

    private static readonly ContextPolicy _policy = new();

    /// <summary>Plans every call of every conversation and prints one JSON object.</summary>
    /// <param name="model">A model folder or encoding.</param>
    /// <param name="path">Conversations.</param>
    public static void Run(string model, string path)
    {
        Conversation[] conversations = [.. ConversationReader.Read(path)];
        Tokenizer tokenizer = Tokenizer.Load(model);
        Pass(conversations, new Cached(tokenizer));
        Cached counter = new(tokenizer);
        (long plans, double cold, _, _) = Pass(conversations, counter);
        (_, double warm, double early, double late) = Pass(conversations, counter);
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    conversations = conversations.Length,
                    plans,
                    cold_plans_s = Math.Round(plans / cold),
                    warm_plans_s = Math.Round(plans / warm),
                    first_quarter_us = Math.Round(early, 1),
                    last_quarter_us = Math.Round(late, 1),
                }
            )
        );
    }

    private static (long Plans, double Seconds, double Early, double Late) Pass(
        Conversation[] conversations,
        Cached counter
    )
    {
        long plans = 0;
        long start = Stopwatch.GetTimestamp();
        (TimeSpan early, TimeSpan late) = default((TimeSpan, TimeSpan));
        (long earlyPlans, long latePlans) = default((long, long));
        foreach (Conversation conversation in conversations)
        {
            ContextSession session = new(_policy, ContextInputs.Of(conversation), counter, Window);
            int count = conversation.Messages.Count;
            for (int i = 0; i < count; i++)
            {
                Message message = conversation.Messages[i];
                long before = Stopwatch.GetTimestamp();
                if (message.Role == Role.Assistant)
                {
                    _ = session.Plan();
                    plans++;
                }

                session.Append(message);
                TimeSpan taken = Stopwatch.GetElapsedTime(before);
                long planned = message.Role == Role.Assistant ? 1 : 0;
                (early, earlyPlans) = i < count / 4 ? (early + taken, earlyPlans + planned) : (early, earlyPlans);
                (late, latePlans) = i >= count * 3 / 4 ? (late + taken, latePlans + planned) : (late, latePlans);
            }
        }

        return (
            plans,
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            early.TotalMicroseconds / earlyPlans,
            late.TotalMicroseconds / latePlans
        );
    }

    /// <summary>A session's counts stay at hand, as they do on a server.</summary>
    private sealed class Cached(Tokenizer tokenizer) : ITokenCounter
    {
        private readonly HostedTokenCounter _counter = new(tokenizer);
        private readonly Dictionary<Message, int> _messages = new(ReferenceEqualityComparer.Instance);
        private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);

        public bool IsEstimate => true;

        public int Frame => _counter.Frame;

        public int Count(Message message) =>
            _messages.TryGetValue(message, out int known) ? known : _messages[message] = _counter.Count(message);

        public int Count(string text) =>
            _texts.TryGetValue(text, out int known) ? known : _texts[text] = _counter.Count(text);

        public int CountTools(JsonView tools) => _counter.CountTools(tools);
    }
}
