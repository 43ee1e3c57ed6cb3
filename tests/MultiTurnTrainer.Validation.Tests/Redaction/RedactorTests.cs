using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Validation.Redaction;

namespace MultiTurnTrainer.Validation.Tests.Redaction;

public class RedactorTests
{
    private const string Mail = "jane.doe@corp-mail.net";
    private const string Phone = "+49 30 1234 5678";
    private const string Key = "sk-abcdefghijklmnopqrstuvwx";

    private static readonly string[] _secrets =
    [
        Mail,
        "müller@straße.de",
        "bob@example.com",
        Phone,
        "(212) 736-5000",
        Key,
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\"\\\n-----END RSA PRIVATE KEY-----",
    ];

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"I am X."}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"I am X."}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":"a","reasoning_content":"X says"}]}""")]
    [InlineData("""{"messages":[{"role":"tool","tool_call_id":"1","content":"{\"rows\":[{\"to\":\"X\"}]}"}]}""")]
    [InlineData("""{"messages":[{"role":"user","name":"X","content":"a"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"metadata":{"X":[1,{"by":"X"}]}}""")]
    [InlineData("""{"id":"X","messages":[{"role":"user","content":"caf\u00e9 \"X\"\n"}]}""")]
    [InlineData("""{"prompt":[{"role":"user","content":"X"}],"chosen":[{"role":"assistant","content":"X"}]}""")]
    [InlineData("""{"messages":[],"tools":[{"type":"function","function":{"name":"f","description":"asks X"}}]}""")]
    [InlineData(
        """{"messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"to\":\"X\"}"}}]}]}"""
    )]
    public void Redact_AnyTextOfARow_HasAPlaceholderInPlaceOfTheValue(string row)
    {
        foreach (string secret in _secrets)
        {
            string once = JsonSerializer.Serialize(secret)[1..^1];
            bool isInner =
                row.Contains("\\\"", StringComparison.Ordinal) && row.Contains("\"{", StringComparison.Ordinal);
            string filled = row.Replace(
                "X",
                isInner ? JsonSerializer.Serialize(once)[1..^1] : once,
                StringComparison.Ordinal
            );

            RedactedRow redacted = new Redactor([]).Redact(JsonView.Parse(filled));

            string text = redacted.Json.GetRawText();
            Assert.NotEmpty(redacted.Spans);
            Assert.Single(redacted.Spans.Select(span => span.Placeholder).Distinct());
            Assert.DoesNotContain(AllTexts(text), said => said.Contains(secret, StringComparison.Ordinal));
            Assert.All(redacted.Spans, span => Assert.Equal(secret, Spanned(filled, span)));
            Assert.DoesNotContain(redacted.Spans, span => span.Path.Contains(secret, StringComparison.Ordinal));
            Assert.Empty(new Redactor([]).Redact(redacted.Json).Spans);
            Assert.Equal(Shape(filled), Shape(text));
        }
    }

    [Fact]
    public void Redact_TheSameValueInOtherRows_HasTheSamePlaceholder()
    {
        Redactor redactor = new([]);

        string first = Content(redactor, $"{Mail} or other@corp-mail.net, {Phone}");
        string second = Content(redactor, $"other@corp-mail.net and {Mail}, {Key}");

        Assert.Equal("[EMAIL_1] or [EMAIL_2], [PHONE_1]", first);
        Assert.Equal("[EMAIL_2] and [EMAIL_1], [KEY_1]", second);
    }

    [Fact]
    public void Redact_ListedFields_GoWhateverTheyAreAndStructureStays()
    {
        const string row =
            """{"messages":[{"role":"user","name":"Jane","content":"{\"Name\":\"Jane\",\"age\":41}"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"find","arguments":"{\"name\":\"Bob\",\"role\":{\"a\":1}}"}}]},{"role":"tool","name":"find","content":"x"}],"tools":[{"type":"function","function":{"name":"find","parameters":{"properties":{"name":{"type":"string"},"age":{"type":"number"}}}}}],"metadata":{"name":null,"age":"","state":[{"turn":0,"name":"constraint a","value":"b"}]}}""";

        RedactedRow redacted = new Redactor(["name", "age", "role"]).Redact(JsonView.Parse(row));

        Assert.Equal(
            """{"messages":[{"role":"user","name":"[NAME_1]","content":"{\"Name\":\"[NAME_1]\",\"age\":\"[AGE_1]\"}"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"find","arguments":"{\"name\":\"[NAME_2]\",\"role\":\"[ROLE_1]\"}"}}]},{"role":"tool","name":"find","content":"x"}],"tools":[{"type":"function","function":{"name":"find","parameters":{"properties":{"name":{"type":"string"},"age":{"type":"number"}}}}}],"metadata":{"name":null,"age":"","state":[{"turn":0,"name":"constraint a","value":"b"}]}}""",
            redacted.Json.GetRawText()
        );
        Assert.All(redacted.Spans, span => Assert.Equal("field", span.Kind));
        Assert.Equal("messages[1].tool_calls[0].function.arguments.name", redacted.Spans[3].Path);
    }

    [Fact]
    public void Redact_RecordedPrompts_AreLeftOutOfTurns()
    {
        const string row =
            """{"messages":[],"metadata":{"turns":[{"id":"1","prompt_hash":"ab","prompt_ids":[1,2]}]}}""";

        RedactedRow redacted = new Redactor([]).Redact(JsonView.Parse(row));

        Assert.Equal(
            """{"messages":[],"metadata":{"turns":[{"id":"1","prompt_hash":null,"prompt_ids":null}]}}""",
            redacted.Json.GetRawText()
        );
        Assert.Equal(["prompt", "prompt"], redacted.Spans.Select(span => span.Kind));
    }

    [Theory]
    [InlineData(0, 3, "é → ")]
    [InlineData(26, 30, " then")]
    [InlineData(0, 30, "é → [EMAIL_1] then")]
    [InlineData(4, 25, "[EMAIL_1]")]
    public void Redact_ARangeWithAWeight_MeansTheSameCharacters(int begin, int end, string meant)
    {
        RedactedRow redacted = new Redactor([]).Redact(Ranged(begin, end));

        Assert.Null(redacted.Refusal);
        JsonView message = redacted.Json.GetProperty("messages")[0];
        JsonView range = message.GetProperty("training_detail")[0];
        int first = range.GetProperty("begin_offset").GetInt32();
        int last = range.GetProperty("end_offset").GetInt32();
        Assert.Equal(meant, message.GetString("content")![first..(last + 1)]);
        ContentWeights? weights = Conversation.FromJson(redacted.Json).Supervision.InContent(0);
        Assert.Equal(new WeightedRange(first, last + 1, 1), Assert.Single(weights!.Ranges));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 28)]
    public void Redact_ARangeThatPartsAValue_IsRefusedWithItsPlace(int begin, int end)
    {
        RedactedRow redacted = new Redactor([]).Redact(Ranged(begin, end));

        Assert.StartsWith("messages[0].training_detail[0]:", redacted.Refusal, StringComparison.Ordinal);
        Assert.Empty(redacted.Spans);
    }

    /// <summary>Secrets anywhere in any JSON are gone, where they were is said, and what else there was is as it was.</summary>
    [Fact]
    public void Redact_AnyRow_SaysWhereEverySecretWas() =>
        Prop.ForAll(
                Arb.From(Gen.Choose(0, int.MaxValue - 1)),
                seed =>
                {
                    Random random = new(seed);
                    string row = JsonSerializer.Serialize(
                        new
                        {
                            messages = new[] { new { role = "user", content = Text(random, 0) } },
                            metadata = Value(random, 0),
                        }
                    );

                    RedactedRow redacted = new Redactor([]).Redact(JsonView.Parse(row));

                    string text = redacted.Json.GetRawText();
                    Assert.All(redacted.Spans, span => Assert.Contains(Spanned(row, span), _secrets));
                    Assert.DoesNotContain(AllTexts(text), said => _secrets.Any(said.Contains));
                    Assert.Equal(AllTexts(row).Sum(Secrets), redacted.Spans.Count);
                    Assert.Equal(Shape(row), Shape(text));
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static JsonView Ranged(int begin, int end) =>
        JsonView.Parse(
            $$"""{"messages":[{"role":"assistant","training_detail":[{"begin_offset":{{begin}},"end_offset":{{end}},"train":true}],"content":"é → {{Mail}} then more"}]}"""
        );

    private static string Content(Redactor redactor, string text) =>
        redactor
            .Redact(
                JsonView.Parse(
                    JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = text } } })
                )
            )
            .Json.GetProperty("messages")[0]
            .GetString("content")!;

    private static object Value(Random random, int depth) =>
        depth > 3
            ? Text(random, depth)
            : random.Next(5) switch
            {
                0 => Enumerable.Range(0, random.Next(3)).Select(_ => Value(random, depth + 1)).ToArray(),
                1 => Enumerable.Range(0, random.Next(3)).ToDictionary(i => $"k{i}", _ => Value(random, depth + 1)),
                2 => random.Next(1000),
                _ => Text(random, depth),
            };

    private static string Text(Random random, int depth)
    {
        if (depth < 2 && random.Next(4) == 0)
        {
            return JsonSerializer.Serialize(new { a = Value(random, depth + 1), b = Text(random, depth + 1) });
        }

        string[] words = ["so", "日本 ", "\"quoted\"", "\n", "a-b", "😀", "2020-2021"];
        return string.Join(
            " ~ ",
            Enumerable
                .Range(0, random.Next(6))
                .Select(_ =>
                    random.Next(3) == 0 ? _secrets[random.Next(_secrets.Length)] : words[random.Next(words.Length)]
                )
        );
    }

    private static int Secrets(string text) =>
        _secrets.Sum(secret => text.Split(secret, StringSplitOptions.None).Length - 1);

    /// <summary>Every text and name of some JSON, that in texts included, which then is no text itself.</summary>
    private static List<string> AllTexts(string json)
    {
        List<string> texts = [];
        using JsonDocument document = JsonDocument.Parse(json);
        Collect(document.RootElement);
        return texts;

        void Collect(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (JsonProperty property in element.EnumerateObject())
                    {
                        texts.Add(property.Name);
                        Collect(property.Value);
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (JsonElement item in element.EnumerateArray())
                    {
                        Collect(item);
                    }

                    break;
                case JsonValueKind.String when element.GetString() is ['{', ..] inner:
                    texts.AddRange(AllTexts(inner));
                    break;
                case JsonValueKind.String:
                    texts.Add(element.GetString()!);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The JSON with every text and name empty.</summary>
    private static string Shape(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Of(document.RootElement);

        static string Of(JsonElement element) =>
            element.ValueKind switch
            {
                JsonValueKind.Object =>
                    $"{{{string.Join(',', element.EnumerateObject().Select(member => Of(member.Value)))}}}",
                JsonValueKind.Array => $"[{string.Join(',', element.EnumerateArray().Select(Of))}]",
                JsonValueKind.String when element.GetString() is ['{', ..] inner => $"'{Shape(inner)}'",
                JsonValueKind.String => "''",
                _ => element.GetRawText(),
            };
    }

    /// <summary>What a span means: the text at its path, from its first character on.</summary>
    private static string Spanned(string row, RedactedSpan span)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        string text = At(document.RootElement.Clone(), span.Path);
        Rune[] runes = [.. text.EnumerateRunes()];
        return string.Concat(runes.Skip(span.Start).Take(span.Length).Select(rune => rune.ToString()));
    }

    private static string At(JsonElement element, string path)
    {
        while (path.Length > 0)
        {
            if (element.ValueKind == JsonValueKind.String)
            {
                return At(JsonDocument.Parse(element.GetString()!).RootElement, path);
            }

            path = path.TrimStart('.');
            if (path[0] == '[' && !char.IsAsciiDigit(path[1]))
            {
                // A name with a secret is the only one of its object; its path does not say it.
                JsonProperty named = element.EnumerateObject().Single();
                int close =
                    path[1] == '"'
                        ? path.IndexOf("\"]", StringComparison.Ordinal) + 2
                        : path.IndexOf(']', StringComparison.Ordinal) + 1;
                if (close == path.Length)
                {
                    return named.Value.ValueKind == JsonValueKind.String ? named.Value.GetString()! : named.Name;
                }

                (element, path) = (named.Value, path[close..]);
                continue;
            }

            if (path[0] == '[')
            {
                int end = path.IndexOf(']', StringComparison.Ordinal);
                element = element[int.Parse(path[1..end])];
                path = path[(end + 1)..];
                continue;
            }

            int stop = path.IndexOfAny(['.', '[']);
            string name = stop < 0 ? path : path[..stop];
            element = element.GetProperty(name);
            path = stop < 0 ? "" : path[stop..];
        }

        return element.GetString()!;
    }
}
