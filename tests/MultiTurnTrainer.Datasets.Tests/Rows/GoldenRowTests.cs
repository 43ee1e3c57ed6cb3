using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Rows.Tokens;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Templates.Tests;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

/// <summary>
/// The decided masks of the render goldens, carried to tokens: a token is supervised exactly when all its characters are,
/// and answers begin and end at a token's edge.
/// </summary>
public class GoldenRowTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("qwen3")]
    [InlineData("llama3.1")]
    [InlineData("mistral-v0.3")]
    public void Build_EveryDecidedGolden_LearnsTheTokensOfTheSupervisedCharacters(string model)
    {
        using TempFolder folder = new();
        Tokenizer tokenizer = LoadWithStops(SharedData.Path("tokenizers", model), folder);
        Lazy<TokenTable> table = new(() => new TokenTable(tokenizer));
        ConcurrentBag<string> wrong = [];
        int rows = 0;
        int otherwise = 0;
        Parallel.ForEach(
            RenderGoldens.ByTemplate(),
            group =>
            {
                ChatModel chat = new()
                {
                    Template = ChatTemplate.Parse(
                        File.ReadAllText(Path.Combine(RenderGoldens.TemplateFolder, group.Key))
                    ),
                };
                RowOptions options = new() { Now = group.First().Input.Now };
                RowBuilder builder = new(new RowModel(chat, tokenizer, table, options), options);
                foreach (RenderGoldens.Golden golden in group.Where(IsDecided))
                {
                    // jinja2 was given null keys and the data's names of reasoning; rows are read as transformers 5 does.
                    if (!IsReadAlike(chat.Template, golden.Input))
                    {
                        Interlocked.Increment(ref otherwise);
                        continue;
                    }

                    string? problem = Check(builder, golden);
                    Interlocked.Increment(ref rows);
                    if (problem is not null)
                    {
                        wrong.Add($"{group.Key} {golden.Conversation}: {problem}");
                    }
                }
            }
        );

        output.WriteLine($"{rows} rows, {otherwise} read otherwise, {wrong.Count} wrong");
        Assert.InRange(otherwise, 1, rows / 100);
        Assert.True(wrong.IsEmpty, string.Join("\n", wrong.Order(StringComparer.Ordinal).Take(100)));
    }

    // Most of these templates belong to other tokenizers: their stop tokens are added, for an answer must end with one token.
    private static Tokenizer LoadWithStops(string source, TempFolder folder)
    {
        File.CreateSymbolicLink(folder["tokenizer.json"], Path.Combine(source, "tokenizer.json"));
        Tokenizer plain = Tokenizer.Load(source);
        string path = Path.Combine(source, "tokenizer_config.json");
        JsonObject config = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        JsonObject added = config["added_tokens_decoder"] as JsonObject ?? [];
        config["added_tokens_decoder"] = added;
        int next = plain.IdLimit;
        HashSet<string> known = [.. plain.AddedTokens.Select(token => token.Content)];
        foreach (
            string stop in RenderGoldens.ByTemplate().SelectMany(group => group).SelectMany(golden => golden.Stops)
        )
        {
            if (known.Add(stop))
            {
                int id = plain.TokenToId(stop) ?? next++;
                added[id.ToString(CultureInfo.InvariantCulture)] = new JsonObject
                {
                    ["content"] = stop,
                    ["special"] = true,
                };
            }
        }

        folder.Write("tokenizer_config.json", config.ToJsonString());
        return Tokenizer.Load(folder.Path);
    }

    // One that renders only as it is written is read in another way.
    private static bool IsReadAlike(ChatTemplate template, RenderInput input)
    {
        try
        {
            return template.RenderText(input with { AsWritten = true })
                == template.RenderText(input with { AsWritten = false });
        }
        catch (TemplateException)
        {
            return false;
        }
    }

    private static bool IsDecided(RenderGoldens.Golden golden) =>
        !golden.Input.AddGenerationPrompt
        && !golden.Expected.TryGetProperty("error", out _)
        && !golden.Expected.TryGetProperty("why", out _)
        && !golden.Expected.TryGetProperty("refusals", out _)
        && golden.Expected.GetProperty("supervised").GetArrayLength() > 0;

    private static string? Check(RowBuilder builder, RenderGoldens.Golden golden)
    {
        RowOutcome outcome = builder.Build(ToConversation(golden));
        if (outcome.IsRefused && outcome.Findings.TrueForAll(finding => IsUnrendered(golden, finding)))
        {
            return null;
        }

        if (outcome.Rows.Count != 1)
        {
            return $"gives {outcome.Rows.Count} rows: {string.Join("; ", outcome.Findings)}";
        }

        BuiltRow built = outcome.Rows[0];
        byte[] utf8 = built.Text.Utf8;
        bool[] supervised = Supervised(built.Rendered.Text, golden.Expected.GetProperty("supervised"), utf8.Length);
        HashSet<int> edges = [0, utf8.Length];
        for (int i = 0; i < built.Places.Length; i++)
        {
            (int start, int end) = built.Places[i];
            edges.Add(start);
            edges.Add(end);
            bool expected = start < end && supervised.AsSpan(start, end - start).IndexOf(false) < 0;
            bool actual = built.Row.Labels[i] != TokenRow.Unsupervised;
            if (expected != actual || (actual && built.Row.Labels[i] != built.Row.InputIds[i]))
            {
                return $"token {i} at {start}-{end} has label {built.Row.Labels[i]}";
            }
        }

        for (int at = 1; at < supervised.Length; at++)
        {
            if (supervised[at] != supervised[at - 1] && !edges.Contains(at))
            {
                return $"a token lies across {at}, where learning {(supervised[at] ? "begins" : "ends")}";
            }
        }

        return null;
    }

    // The goldens learn the end of answers that are not in the text; such an answer is refused here. They list what was
    // dropped, but not parts.
    private static bool IsUnrendered(RenderGoldens.Golden golden, RowFinding finding) =>
        UnrenderedAnswer.IsCode(finding.Code)
        && (
            !golden.Input.Messages[finding.Message].TryGetProperty("content", out JsonView content)
            || content.Kind is JsonKind.Null or JsonKind.Array
            || (
                golden.Expected.TryGetProperty("lints", out JsonView lints)
                && lints
                    .EnumerateArray()
                    .Any(lint =>
                        lint[0].Kind == JsonKind.Number
                        && lint[0].GetInt32() == finding.Message
                        && lint[1].GetString()!.EndsWith("-dropped", StringComparison.Ordinal)
                    )
            )
        );

    private static bool[] Supervised(string text, JsonView ranges, int length)
    {
        bool[] supervised = new bool[length];
        CodePointBytes bytes = new(text);
        foreach (JsonView range in ranges.EnumerateArray())
        {
            supervised.AsSpan(bytes[range[0].GetInt32()]..bytes[range[1].GetInt32()]).Fill(true);
        }

        return supervised;
    }

    private static Conversation ToConversation(RenderGoldens.Golden golden)
    {
        JsonObject json = new()
        {
            ["messages"] = JsonNode.Parse(golden.Input.Messages.GetRawText()),
            ["tools"] = golden.Input.Tools is { } tools ? JsonNode.Parse(tools.GetRawText()) : null,
            ["bos_token"] = golden.Input.BosToken,
            ["eos_token"] = golden.Input.EosToken,
            ["stop"] = new JsonArray([.. golden.Stops.Select(stop => JsonValue.Create(stop))]),
        };
        if (golden.Input.Variables is { } variables)
        {
            json["kwargs"] = new JsonObject(
                variables.Select(variable =>
                    KeyValuePair.Create(variable.Key, JsonNode.Parse(variable.Value.GetRawText()))
                )
            );
        }

        return Conversation.FromJson(JsonText.ToView(json), golden.Template, 1);
    }
}
