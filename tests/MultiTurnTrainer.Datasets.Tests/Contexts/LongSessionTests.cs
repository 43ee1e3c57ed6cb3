using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Contexts;

/// <summary>Turn 40, 80 and 200: our own sessions with labelled facts, and real trajectories laid end to end.</summary>
public class LongSessionTests(ITestOutputHelper output)
{
    [Fact]
    public void Next_After40Turns_HoldsTheFactsThatMustNotBeLost()
    {
        RowModel model = Qwen();
        int kept = 0;
        int naive = 0;
        int facts = 0;
        foreach (
            Conversation conversation in ConversationReader.Read(
                Path.Combine(Repository.Root, "datasets/policies/sessions.jsonl")
            )
        )
        {
            // Everything but the newest turn is in the summary: 250 tokens for 39 turns.
            ContextPolicy policy = new()
            {
                History = new() { Turns = 1, Bite = 1 },
                Constraints = new() { RepeatEvery = 0 },
            };
            ContextAssembler assembler = new(new PolicyModel(policy, model, 100_000), conversation);
            foreach (Message message in conversation.Messages.SkipLast(1))
            {
                assembler.Append(message);
            }

            AssembledPrompt prompt = assembler.Next();
            int summary = prompt.Plan.Items.Single(item => item.Kind == ItemKind.Summary).Tokens;
            Assert.InRange(summary, 1, 250);
            string excerpt = Excerpt(conversation, model.Tokenizer, 250);
            foreach (JsonView fact in conversation.Metadata!.Value.GetProperty("must_keep").EnumerateArray())
            {
                string[] words = [.. fact.GetProperty("all_of").EnumerateArray().Select(word => word.GetString()!)];
                bool isKept = words.All(word => prompt.Text.Contains(word, StringComparison.Ordinal));
                facts++;
                kept += isKept ? 1 : 0;
                naive += words.All(word => excerpt.Contains(word, StringComparison.Ordinal)) ? 1 : 0;
                if (!isKept)
                {
                    output.WriteLine($"lost in {conversation.Id}: {fact.GetProperty("text")}");
                }
            }
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"facts kept at 250 tokens: {kept} of {facts} ({(double)kept / facts:P1}); naive excerpt {naive} ({(double)naive / facts:P1})"
            )
        );
        Assert.True(kept >= 0.9 * facts, $"{kept} of {facts}");
    }

    [Theory]
    [InlineData("taubench__gpt-4o-airline.json", "default", 8192)]
    [InlineData("taubench__gpt-4o-airline.json", "agent", 8192)]
    [InlineData("llamafactory__reason_tool_use_demo_50.jsonl", "agent", 8192)]
    [InlineData("llamafactory__glaive_toolcall_en_demo.json", "support", 4096)]
    public void Run_OfTrajectoriesLaidEndToEnd_HasNoFaultAtTurn40And80And200(string file, string policy, int window)
    {
        Conversation conversation = EndToEnd(SharedData.Path("chats", file), 201);
        ContextReplay replay = new(new PolicyModel(PolicyPresets.Find(policy)!, Qwen(), window));
        HashSet<int> turns = [];
        foreach (ReplayedCall call in replay.Run(conversation))
        {
            turns.Add(call.Prompt.Plan.Turn + 1);
            Assert.Empty(call.Faults);
            Assert.True(call.Tokens <= replay.Model.Budget);
            Assert.Equal(call.Retention.ActiveConstraints, call.Retention.KeptConstraints);
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{replay.Report.Calls} calls, {replay.Report.Compression:P1} of everything, retention {replay.Report.Retention.Share:P1}, {replay.Report.Rewrites} rewrites, longest {replay.Report.Longest}"
            )
        );
        Assert.Superset(new HashSet<int> { 40, 80, 200 }, turns);
    }

    [Fact]
    public void Compare_OfATrajectoryOf80Turns_FindsEqualIds()
    {
        Conversation conversation = EndToEnd(SharedData.Path("chats", "taubench__gpt-4o-airline.json"), 80);
        ContextParity parity = new(new PolicyModel(PolicyPresets.Find("support")!, Qwen(), 8192), new RowOptions());

        Assert.Empty(parity.Compare(conversation));
        Assert.True(parity.Equal >= 80);
    }

    // First characters of the last messages, as long as the summary may be.
    private static string Excerpt(Conversation conversation, Tokenizer tokenizer, int limit)
    {
        List<string> lines = [];
        int left = limit;
        foreach (Message message in conversation.Messages.SkipLast(2).Reverse())
        {
            string text = message.Content ?? "";
            string line = text.Length > 80 ? text[..80] : text;
            left -= tokenizer.Encode(line, false).Ids.Length + 1;
            if (left < 0)
            {
                break;
            }

            lines.Add(line);
        }

        return string.Join('\n', lines);
    }

    private static Conversation EndToEnd(string path, int turns)
    {
        List<JsonView> messages = [];
        JsonView? tools = null;
        int users = 0;
        foreach (Conversation conversation in Cycle(path))
        {
            tools ??= conversation.Tools;
            foreach (Message message in conversation.Messages)
            {
                if (message.Role is Role.System or Role.Developer && messages.Count > 0)
                {
                    continue;
                }

                bool opens = message.Role == Role.User && (messages.Count == 0 || Role.User != Of(messages[^1]));
                if (opens && ++users > turns)
                {
                    return Make(messages, tools);
                }

                messages.Add(WithContent(message));
            }
        }

        throw new InvalidOperationException("endless");
    }

    private static IEnumerable<Conversation> Cycle(string path)
    {
        while (true)
        {
            foreach (Conversation conversation in ConversationReader.Read(path))
            {
                yield return conversation;
            }
        }
    }

    // Calls of these trajectories have no content, which this template does not take.
    private static JsonView WithContent(Message message)
    {
        Dictionary<string, JsonView> fields = message.Json.EnumerateObject().ToDictionary(f => f.Name, f => f.Value);
        fields["content"] = JsonText.ToView(message.Content ?? "");
        return JsonText.ToView(fields);
    }

    private static Role Of(JsonView message) => Roles.Parse(message.GetProperty("role").GetString());

    private static Conversation Make(List<JsonView> messages, JsonView? tools)
    {
        Dictionary<string, object> row = new() { ["id"] = "long", ["messages"] = messages };
        if (tools is { } declared)
        {
            row["tools"] = declared;
        }

        return Conversation.FromJson(JsonText.ToView(row), "long.jsonl", 1);
    }

    private static RowModel Qwen() => RowModel.Load(SharedData.Path("tokenizers", "qwen3"), new RowOptions());
}
