using System.Text.Json;
using MultiTurnTrainer.Context.Truncation;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Views;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

public class RowBuilderTests
{
    private const string ChatMl = """
        {%- for message in messages -%}
        <|im_start|>{{ message.role }}
        {% if message.reasoning_content and loop.last %}<think>{{ message.reasoning_content }}</think>
        {% endif -%}
        {{ message.content if message.content is string else message.content | map(attribute='text') | join }}
        {%- for call in message.tool_calls or [] %}<call>{{ call.function.name }}({{ call.function.arguments }}){% endfor -%}
        <|im_end|>
        {% endfor -%}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif -%}
        """;

    // The stop token is the next header, as in GLM.
    private const string NextHeader =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    // The header ends with a space that the answer's first word would swallow.
    private const string Spaced =
        "{% for m in messages %}{{ m.role }}: {{ m.content }}<|im_end|>{% endfor %}"
        + "{% if add_generation_prompt %}assistant: {% endif %}";

    private static readonly Tokenizer _tokenizer = Tokenizer.Load(
        Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model")
    );

    private const string TwoTurns =
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"one"},{"role":"assistant","content":"uno"},{"role":"user","content":"two"},{"role":"assistant","content":"dos"}]}""";

    [Fact]
    public void Build_PlainChat_LearnsAnswersWithTheirStopToken() =>
        Assert.Equal(["uno<|im_end|>", "dos<|im_end|>"], Supervised(Build(TwoTurns).Rows.Single()));

    [Fact]
    public void Build_LastOnly_LearnsTheLastAnswer() =>
        Assert.Equal(["dos<|im_end|>"], Supervised(Build(TwoTurns, new RowOptions { LastOnly = true }).Rows.Single()));

    [Fact]
    public void Build_PlainChat_NeedsNoSpans() => Assert.Null(Build(TwoTurns).Rows.Single().Row.Spans);

    [Fact]
    public void Build_ReasoningAndCalls_TellsPartsAndExchanges()
    {
        const string json = """
            {"messages":[{"role":"user","content":"q"},
             {"role":"assistant","content":"look","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","content":"r"},{"role":"assistant","content":"a","weight":0},{"role":"user","content":"more"},
             {"role":"assistant","content":"done","reasoning_content":"hm"}]}
            """;

        TokenRow row = Build(json).Rows.Single().Row;

        Assert.Equal(
            [("content", 1), ("tool_calls", 1), ("reasoning", 2), ("content", 2)],
            row.Spans!.Select(span => (span.Field, span.Turn))
        );
        Assert.Equal(row.SupervisedTokens, row.Spans!.Sum(span => span.End - span.Start));
        Assert.All(row.Spans!, span => Assert.Equal("assistant", span.Role));
    }

    [Fact]
    public void Build_OtherRoles_NamesThemInSpans()
    {
        RowOptions options = new() { Roles = [Role.User, Role.Assistant] };

        TokenRow row = Build(TwoTurns, options).Rows.Single().Row;

        Assert.Equal(
            [("user", 1), ("assistant", 1), ("user", 2), ("assistant", 2)],
            row.Spans!.Select(span => (span.Role, span.Turn))
        );
    }

    [Fact]
    public void Build_OtherRoles_LearnsTheirWords()
    {
        RowOptions options = new() { Roles = [Role.System, Role.User] };
        Assert.Equal(
            ["S<|im_end|>", "one<|im_end|>", "two<|im_end|>"],
            Supervised(Build(TwoTurns, options).Rows.Single())
        );
    }

    [Theory]
    [InlineData("\"weight\":0")]
    [InlineData("\"loss_weight\":0.0")]
    [InlineData("\"train\":false")]
    [InlineData("\"training\":false")]
    public void Build_AnswerWithoutWeight_IsNotSupervised(string weight)
    {
        string json = TwoTurns.Replace("\"content\":\"uno\"", $"\"content\":\"uno\",{weight}");
        BuiltRow row = Build(json).Rows.Single();

        Assert.Equal(["dos<|im_end|>"], Supervised(row));
        Assert.Null(row.Row.LossWeights);
    }

    [Fact]
    public void Build_FractionalWeights_Multiply()
    {
        BuiltRow row = Build(
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","weight":0.5,"content":[{"type":"text","text":"keep","weight":0.5},{"type":"text","text":" drop","train":false}]}]}"""
        )
            .Rows.Single();

        Assert.Equal(["keep", "<|im_end|>"], Supervised(row));
        Assert.Equal([0.25f, 0.5f], row.Row.LossWeights!.Where(weight => weight > 0).Distinct());
        Assert.All(row.Row.Labels.Zip(row.Row.LossWeights!), pair => Assert.Equal(pair.First >= 0, pair.Second > 0));
    }

    [Fact]
    public void Build_TrainingDetail_WeighsCodePoints()
    {
        BuiltRow row = Build(
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"😀 secret. open","training_detail":[{"begin_offset":2,"end_offset":8,"train":false}]}]}"""
        )
            .Rows.Single();

        Assert.DoesNotContain("secret", string.Concat(Supervised(row)));
        Assert.Contains("open<|im_end|>", string.Concat(Supervised(row)));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"high\"")]
    public void Build_ImpossibleWeight_NamesPlaceAndPath(string weight)
    {
        string json = TwoTurns.Replace("\"content\":\"uno\"", $"\"content\":\"uno\",\"weight\":{weight}");
        MttException problem = Assert.Throws<MttException>(() => Build(json));
        Assert.StartsWith("chat.jsonl:7: messages[2].weight: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_Fields_LearnsOnlyTheseAndTheStopToken()
    {
        string json =
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"words","tool_calls":[{"function":{"name":"find","arguments":"x=1"}}]}]}""";
        Assert.Equal(["words<call>find(x=1)<|im_end|>"], Supervised(Build(json).Rows.Single()));
        RowOptions name = new() { Fields = [MessageField.CallName] };
        Assert.Equal(["<|im_end|>"], Supervised(Build(json, name).Rows.Single()).TakeLast(1));
        Assert.DoesNotContain("words", string.Concat(Supervised(Build(json, name).Rows.Single())));
    }

    [Fact]
    public void Build_ExpandTurns_TrainsEveryAnswerOnceInItsOwnContext()
    {
        string json =
            """{"id":"c","messages":[{"role":"user","content":"one"},{"role":"assistant","reasoning_content":"r1","content":"uno"},{"role":"user","content":"two"},{"role":"assistant","reasoning_content":"r2","content":"dos"}]}""";
        IReadOnlyList<BuiltRow> rows = Build(json, new RowOptions { ExpandTurns = true }).Rows;

        Assert.Equal(["c#1", "c#3"], rows.Select(row => row.Row.Id));
        Assert.Equal(["<think>r1</think>\nuno<|im_end|>"], Supervised(rows[0]));
        Assert.Equal(["<think>r2</think>\ndos<|im_end|>"], Supervised(rows[1]));
        Assert.DoesNotContain("r1", rows[1].Rendered.Text);
    }

    [Fact]
    public void Build_ExpandTurnsOfAStableTemplate_SharesOneRow() =>
        Assert.Equal(
            Supervised(Build(TwoTurns).Rows.Single()),
            Supervised(Build(TwoTurns, new RowOptions { ExpandTurns = true }).Rows.Single())
        );

    [Theory]
    [InlineData("user")]
    [InlineData("assistant")]
    public void Build_ControlTokenInData_StaysText(string role)
    {
        string json = TwoTurns.Replace(
            $$"""{"role":"{{role}}","content":"{{(role == "user" ? "one" : "uno")}}"}""",
            $$"""{"role":"{{role}}","content":"a<|im_end|>b"}"""
        );
        BuiltRow row = Build(json).Rows.Single();

        Assert.Contains("a<|im_end|>b", row.Rendered.Text);
        Assert.Equal(5, row.Row.InputIds.Count(id => id == _tokenizer.TokenToId("<|im_end|>")));
        Assert.Equal(row.Rendered.Text, _tokenizer.Decode(row.Row.InputIds, skipSpecialTokens: false));
    }

    [Theory]
    [InlineData("im_start", 5)]
    [InlineData("<|im_start|>", 0)]
    public void Build_RoleBetweenLiterals_FormsAControlTokenOnlyAsAPlainName(string role, int expected)
    {
        const string template =
            "{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ m.content }}<|im_end|>{% endfor %}"
            + "{% if add_generation_prompt %}<|assistant|>{% endif %}";
        string json =
            """{"messages":[{"role":"ROLE","content":"1"},{"role":"ROLE","content":"2"},{"role":"ROLE","content":"3"},{"role":"ROLE","content":"4"},{"role":"ROLE","content":"5"},{"role":"assistant","content":"dos"}]}""".Replace(
                "ROLE",
                role
            );
        BuiltRow row = Build(json, template: template).Rows.Single();

        Assert.Equal(expected, row.Row.InputIds.Count(id => id == _tokenizer.TokenToId("<|im_start|>")));
    }

    [Fact]
    public void Build_BoundaryInsideAToken_IsCutAsAServerWould()
    {
        RowOutcome split = Build(TwoTurns, template: Spaced);
        RowOutcome merged = Build(TwoTurns, new RowOptions { SplitAtBoundary = false }, Spaced);

        Assert.Equal(["uno<|im_end|>", "dos<|im_end|>"], Supervised(split.Rows.Single()));
        Assert.True(split.Counts.BoundaryTokens > 0);
        Assert.Equal(split.Counts.BoundaryTokens, merged.Counts.BoundaryTokens);
        Assert.Equal(
            _tokenizer.Encode("system: S<|im_end|>user: one<|im_end|>assistant: ", addSpecialTokens: false).Ids,
            split.Rows[0].Row.InputIds[..split.Rows[0].Row.Labels.AsSpan().IndexOfAnyExcept(TokenRow.Unsupervised)]
        );
    }

    [Fact]
    public void Build_StopTokenIsTheNextHeader_IsSupervised()
    {
        string json = TwoTurns.Replace(
            """{"role":"assistant","content":"dos"}]""",
            """{"role":"assistant","content":"dos","weight":0}]"""
        );
        Assert.Equal(
            ["uno<|im_start|>"],
            Supervised(Build(json, template: NextHeader, stop: "<|im_start|>").Rows.Single())
        );
    }

    [Fact]
    public void Build_NoStopToken_IsRefusedWithLineAndMessage()
    {
        RowOutcome outcome = Build(TwoTurns, template: NextHeader, stop: "<|endoftext|>");

        Assert.Empty(outcome.Rows);
        Assert.Equal(
            [("no-stop", 2), ("no-stop", 4)],
            outcome.Findings.Select(finding => (finding.Code, finding.Message))
        );
        Assert.All(outcome.Findings, finding => Assert.Equal("chat.jsonl:7", finding.Place));
    }

    [Fact]
    public void Build_PartsThatTheTemplateLeavesOut_AreCountedOnce()
    {
        const string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
        const string json = """
            {"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"uno","reasoning_content":"r"},
             {"role":"user","content":"two"},{"role":"assistant","content":"dos","reasoning_content":"r","tool_calls":
              [{"function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"t"},
             {"role":"assistant","content":"tres","reasoning":"r","weight":0}]}
            """;
        RowOutcome whole = Build(json, template: template);
        int limit = whole.Rows.Single().Row.Length - 1;

        Assert.Equal(
            [("earlier-reasoning-dropped", 2), ("reasoning-dropped", 1), ("tool-calls-dropped", 1)],
            whole.Counts.Effects.Select(p => (p.Key, p.Value.Messages))
        );
        RowOutcome shorter = Build(json, new RowOptions { MaxLength = limit }, template);
        Assert.Equal(
            [("earlier-reasoning-dropped", 1), ("reasoning-dropped", 1), ("tool-calls-dropped", 1)],
            shorter.Counts.Effects.Select(p => (p.Key, p.Value.Messages))
        );
        Assert.Empty(Build(TwoTurns).Counts.Effects);
    }

    [Theory]
    [InlineData("m.content")]
    [InlineData(
        "m.content if loop.last else m.content.split('</think>')[-1].lstrip()",
        "content-cut 1 14",
        "earlier-think-dropped 2 14"
    )]
    [InlineData(
        "m.content.split('</think>')[-1]",
        "content-cut 1 14",
        "earlier-think-dropped 2 14",
        "think-dropped 1 6"
    )]
    [InlineData("m.content.replace('<think>', '(').replace('</think>', ')')")]
    [InlineData("m.content | upper")]
    [InlineData("m.content[:-1]", "content-cut 8 8")]
    public void Build_ThinkThatTheTemplateCutsOut_IsCountedWithItsCharacters(string content, params string[] expected)
    {
        string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ "
            + content
            + " }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
        const string json = """
            {"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"<think>\nso\uD83D\uDE00 it is\n</think>\n\nuno"},
             {"role":"user","content":"<think>not supervised</think> two"},{"role":"assistant","content":"<think>deux?</think>dos"},
             {"role":"user","content":"three"},{"role":"assistant","content":"no"},
             {"role":"user","content":"four"},{"role":"assistant","content":"<think>quatre</think>x"}]}
            """;

        Assert.Equal(
            expected,
            Build(json, template: template)
                .Counts.Effects.Select(effect => $"{effect.Key} {effect.Value.Messages} {effect.Value.Characters}")
        );
    }

    [Theory]
    [InlineData("m.content")]
    [InlineData("m.content | trim")]
    [InlineData("m.content | string | upper")]
    public void Build_ContentPartsPrintedAsPythonWould_AreCounted(string content)
    {
        string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ "
            + content
            + " }}<|im_end|>{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
        const string json = """
            {"messages":[{"role":"user","content":[{"type":"text","text":"one"}]},{"role":"assistant","content":"[{'type': 1}]"}]}
            """;

        Assert.Equal(
            [("parts-stringified", 1)],
            Build(json, template: template).Counts.Effects.Select(effect => (effect.Key, effect.Value.Messages))
        );
        Assert.Empty(Build(json).Counts.Effects);
    }

    [Theory]
    [InlineData("\nSay whether that was safe.\n<|im_end|>", 1)]
    [InlineData("\n<|im_end|>\n", 0)]
    public void Build_WordsBehindTheConversation_AreSupervisedAndCounted(string tail, int counted)
    {
        string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% if not loop.last %}<|im_end|>\n{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}<|im_end|>\n<|im_start|>assistant\n{% else %}"
            + tail
            + "{% endif %}";

        RowOutcome outcome = Build(TwoTurns, template: template);

        Assert.Single(outcome.Rows);
        Assert.Equal(counted, outcome.Counts.Effects.GetValueOrDefault("tail-supervised")?.Messages ?? 0);
    }

    [Fact]
    public void Build_TooLong_DropsOldestTurnsAndCountsTheLoss()
    {
        int whole = Build(TwoTurns).Rows.Single().Row.Length;
        RowOutcome outcome = Build(TwoTurns, new RowOptions { MaxLength = whole - 1 });
        BuiltRow row = outcome.Rows.Single();

        Assert.StartsWith("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\ntwo", row.Rendered.Text);
        Assert.Equal(["dos<|im_end|>"], Supervised(row));
        Assert.Equal(1, outcome.Counts.Losses["truncated"].Conversations);
        Assert.Equal(
            Build(TwoTurns).Rows[0].Row.SupervisedTokens - row.Row.SupervisedTokens,
            outcome.Counts.Losses["truncated"].SupervisedTokens
        );
    }

    [Fact]
    public void Build_LastTurnTooLong_IsLeftOutAndCounted()
    {
        RowOutcome outcome = Build(TwoTurns, new RowOptions { MaxLength = 8 });
        Assert.Empty(outcome.Rows);
        Assert.Empty(outcome.Findings);
        Assert.Equal(Build(TwoTurns).Rows[0].Row.SupervisedTokens, outcome.Counts.Losses["too-long"].SupervisedTokens);
    }

    [Fact]
    public void Build_TooLongUnderError_IsRefused()
    {
        RowOutcome outcome = Build(TwoTurns, new RowOptions { MaxLength = 8, Truncation = TruncationMode.Error });
        Assert.Equal("too-long", outcome.Findings.Single().Code);
        Assert.Equal(Build(TwoTurns).Rows[0].Row.SupervisedTokens, outcome.Findings.Single().LostTokens);
    }

    [Fact]
    public void Build_ShortenedRow_CountsOnlyWhatIsWritten()
    {
        const string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}: {% generation %}{{ m.content }}{% endgeneration %}<|im_end|>{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant: {% endif %}";
        RowOutcome whole = Build(TwoTurns, template: template);
        int limit = whole.Rows.Single().Row.Length - 1;
        RowOutcome shorter = Build(TwoTurns, new RowOptions { MaxLength = limit }, template);

        Assert.True(shorter.Counts.GenerationDifferences < whole.Counts.GenerationDifferences);
        Assert.True(shorter.Counts.BoundaryTokens < whole.Counts.BoundaryTokens);
        RowOutcome dropped = Build(
            TwoTurns,
            new RowOptions { MaxLength = limit, Truncation = TruncationMode.Drop },
            template
        );
        Assert.Equal((0, 0), (dropped.Counts.GenerationDifferences, dropped.Counts.BoundaryTokens));
    }

    [Fact]
    public void Of_ARow_ShowsEveryCharacterOnce()
    {
        RowOutcome outcome = Build(TwoTurns.Replace("uno", "uñ😀o 日本"));
        BuiltRow row = outcome.Rows.Single();
        RowView view = RowViews.Of(row, outcome);

        Assert.Equal(row.Rendered.Text, string.Concat(view.Tokens.Select(token => token.Text)));
        Assert.Equal("messages[2].content", view.Tokens.First(token => token.Supervised).Origin);
    }

    private static RowOutcome Build(
        string json,
        RowOptions? options = null,
        string template = ChatMl,
        string stop = "<|im_end|>"
    )
    {
        ChatModel chat = new() { Template = ChatTemplate.Parse(template), StopTokens = [stop] };
        return new RowBuilder(new RowModel(chat, _tokenizer, new RowOptions()), options ?? new RowOptions()).Build(
            Parse(json)
        );
    }

    private static Conversation Parse(string json) => Conversation.FromJson(JsonView.Parse(json), "chat.jsonl", 7);

    // The supervised stretches as text.
    private static string[] Supervised(BuiltRow row)
    {
        List<string> stretches = [];
        for (int i = 0; i < row.Row.Length; i++)
        {
            if (row.Row.Labels[i] == TokenRow.Unsupervised)
            {
                continue;
            }

            int start = row.Places[i].Start;
            while (i + 1 < row.Row.Length && row.Row.Labels[i + 1] != TokenRow.Unsupervised)
            {
                i++;
            }

            stretches.Add(System.Text.Encoding.UTF8.GetString(row.Text.Utf8.AsSpan(start..row.Places[i].End)));
        }

        return [.. stretches];
    }
}
