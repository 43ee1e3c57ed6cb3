using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Datasets.Tests.Contexts;

/// <summary>What each preset costs and keeps on recorded conversations, as docs/context.md says it.</summary>
public class PresetFiguresTests
{
    private const int Window = 4096;
    private const int LeastTurns = 3;

    // A step of FactRecall's.
    private const int FarTurns = 8;

    // What a hosted model asks for a token that its prefix cache holds, over the price of one that it does not.
    private const double CachedPrice = 0.1;

    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the tables; the times in them are measured then and not compared.</summary>
    [Fact]
    public void Context_TablesOfPresets_AreTheProgramsOwn()
    {
        RowModel model = RowModel.Load(SharedData.Path("tokenizers", "qwen3"), new RowOptions());
        StringBuilder text = new();
        foreach ((string title, IReadOnlyList<Conversation> conversations) in Groups())
        {
            text.Append(Table(title, model, conversations));
        }

        GeneratedSection.Check("context.md", "presets", text.ToString(), @"(?<=\| )\d+ µs(?= \|)");
    }

    private static IEnumerable<(string Title, IReadOnlyList<Conversation> Conversations)> Groups()
    {
        string chats = SharedData.Path("chats");
        yield return (
            "τ-bench, airline (support with tools, one trial of each task)",
            [.. Airline(Path.Combine(chats, "taubench__gpt-4o-airline.json"))]
        );
        yield return (
            "Glaive, KTO and DPO samples (tools, code, knowledge, stories)",
            [
                .. new[] { "glaive_toolcall_en", "kto_en", "dpo_en" }.SelectMany(name =>
                    Long(Path.Combine(chats, $"llamafactory__{name}_demo.json"))
                ),
            ]
        );
        yield return (
            "datasets/policies (labelled facts between small talk)",
            [.. ConversationReader.Read(Path.Combine(Repository.Root, "datasets/policies/sessions.jsonl"))]
        );
    }

    // The templates want a content where the recording has none beside a call.
    private static IEnumerable<Conversation> Airline(string file)
    {
        foreach (JsonNode? run in JsonNode.Parse(File.ReadAllText(file))!.AsArray())
        {
            if ((int)run!["trial"]! != 0)
            {
                continue;
            }

            foreach (JsonNode? message in run["traj"]!.AsArray())
            {
                message!["content"] ??= "";
            }

            yield return Policies.Read(new JsonObject { ["messages"] = run["traj"]!.DeepClone() }, file);
        }
    }

    private static IEnumerable<Conversation> Long(string file) =>
        ConversationReader
            .Read(file, new ConversionOptions { Preference = PreferenceSide.Chosen })
            .Where(conversation => conversation.Messages.Count(message => message.Role == Role.User) >= LeastTurns);

    private static string Table(string title, RowModel model, IReadOnlyList<Conversation> conversations)
    {
        string[] names = [PolicyPresets.Naive, .. PolicyPresets.Names.Where(name => name != PolicyPresets.Naive)];
        Dictionary<string, Replayed?[]> all = names.ToDictionary(
            name => name,
            name => Replay(name, model, conversations)
        );
        bool[] taken =
        [
            .. Enumerable.Range(0, conversations.Count).Select(i => names.All(name => all[name][i] is not null)),
        ];
        ContextReport Sum(string name)
        {
            ContextReport sum = new();
            foreach (ContextReport? report in all[name].Where((_, i) => taken[i]).Select(one => one!.Report))
            {
                sum.Add(report!);
            }

            return sum;
        }

        (long Held, long Said) Recall(string name)
        {
            RecallAtDistance[] far =
            [
                .. all[name]
                    .Where((_, i) => taken[i])
                    .SelectMany(one => one!.Recall)
                    .Where(distance => distance.Least >= FarTurns),
            ];
            return (far.Sum(distance => distance.Held), far.Sum(distance => distance.Said));
        }

        ContextReport naive = Sum(PolicyPresets.Naive);
        List<string[]> rows = [];
        foreach (string name in names)
        {
            ContextReport report = Sum(name);
            RetentionCount kept = report.Retention;
            rows.Add([
                $"`{name}`",
                Percent(report.Tokens, naive.Tokens),
                Percent(Cost(report), Cost(naive)),
                Percent(kept.Kept + kept.KeptConstraints, kept.Active + kept.ActiveConstraints),
                Recall(name) is { Said: > 0 } far ? Percent(far.Held, far.Said) : "–",
                kept.ActiveLabels == 0 ? "–" : Percent(kept.KeptLabels, kept.ActiveLabels),
                Number(report.Longest),
                Number(report.OverBudget),
                Number(all[name].Count(one => one is null)),
                $"{(GeneratedSection.IsUpdate ? Microseconds(name, model, conversations) : 0)} µs",
            ]);
        }

        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"**{title}**: {conversations.Count} conversations; sums over the {naive.Conversations} that no preset refuses, {naive.Calls:N0} calls, {naive.Tokens:N0} tokens of prompts under `naive`\n\n"
        );
        string[] titles =
        [
            "preset",
            "tokens",
            "cost",
            "kept",
            "kept from 8 turns on",
            "labels kept",
            "longest prompt",
            "over the budget",
            "refused",
            "CPU a turn",
        ];
        return $"{head}{Files.Pages.Table.Markdown(titles, rows)}\n";
    }

    /// <summary>A report for each conversation; null for one that is refused.</summary>
    private static Replayed?[] Replay(string name, RowModel model, IReadOnlyList<Conversation> conversations)
    {
        PolicyModel policy = new(PolicyPresets.Find(name)!, model, Window);
        return [.. conversations.Select(conversation => Replay(policy, conversation))];
    }

    private static Replayed? Replay(PolicyModel policy, Conversation conversation)
    {
        ContextReplay replay = new(policy);
        FactRecall recall = new();
        int next = 0;
        try
        {
            foreach (ReplayedCall call in replay.Run(conversation))
            {
                for (; next < call.Prompt.Plan.Call; next++)
                {
                    recall.Append(conversation.Messages[next], next);
                }

                recall.Count(call.Prompt.Plan);
            }

            return new Replayed(replay.Report, recall.Distances);
        }
        catch (MttException)
        {
            return null;
        }
    }

    /// <summary>Processor time of a call's plan, template and count: the least of five passes, the first ones compiling.</summary>
    private static long Microseconds(string name, RowModel model, IReadOnlyList<Conversation> conversations)
    {
        PolicyModel policy = new(PolicyPresets.Find(name)!, model, Window);
        return Enumerable.Range(0, 5).Min(_ => Pass(policy, conversations));
    }

    private static long Pass(PolicyModel policy, IReadOnlyList<Conversation> conversations)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        int calls = 0;
        foreach (Conversation conversation in conversations)
        {
            ContextAssembler assembler = new(policy, conversation);
            try
            {
                foreach (Message message in conversation.Messages)
                {
                    calls += message.Role == Role.Assistant ? 1 : 0;
                    assembler.Append(message);
                }
            }
            catch (MttException)
            {
                // Counted as refused beside.
            }
        }

        return (long)((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / calls);
    }

    private static double Cost(ContextReport report) =>
        report.FreshTokens + (CachedPrice * (report.Tokens - report.FreshTokens));

    private static string Percent(double part, double whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:F1} %");

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private sealed record Replayed(ContextReport Report, IReadOnlyList<RecallAtDistance> Recall);
}
