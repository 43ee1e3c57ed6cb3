using System.Text.Json;
using MultiTurnTrainer.Tokenization.Tokenizers.PostProcessors;
using MultiTurnTrainer.Tokenization.Unicode;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Loading;

/// <summary>Builds the <c>post_processor</c>, <c>truncation</c> and <c>padding</c> sections.</summary>
internal static class PostProcessorReader
{
    private static readonly (string Type, Func<Settings, IPostProcessor> Read)[] Kinds =
    [
        ("RobertaProcessing", Roberta),
        ("BertProcessing", s => new BertPostProcessor(Token(s, "sep"), Token(s, "cls"))),
        ("ByteLevel", ByteLevel),
        ("TemplateProcessing", Template),
        ("Sequence", Sequence),
    ];

    /// <summary>
    /// The post-processor that an object describes. As in the reference the fields decide, in this order; only two kinds
    /// are asked for their type.
    /// </summary>
    /// <exception cref="TokenizerFormatException">The object fits no kind; the message is about the kind it names.</exception>
    public static IPostProcessor Read(Settings settings)
    {
        TokenizerFormatException? reason = null;
        foreach ((string type, Func<Settings, IPostProcessor> read) in Kinds)
        {
            try
            {
                return read(settings);
            }
            catch (TokenizerFormatException problem)
            {
                reason = type == settings.Type ? problem : reason;
            }
        }

        throw reason ?? settings.Error($"unknown post-processor type {settings.Type ?? "(none)"}");
    }

    /// <summary>The <c>truncation</c> section.</summary>
    public static Truncation ReadTruncation(Settings settings) =>
        new(
            settings.Number("max_length"),
            settings.Number("stride"),
            settings.Text("strategy") switch
            {
                "LongestFirst" => TruncationStrategy.LongestFirst,
                "OnlyFirst" => TruncationStrategy.OnlyFirst,
                "OnlySecond" => TruncationStrategy.OnlySecond,
                var other => throw settings.Error($"unknown strategy \"{other}\""),
            },
            Direction(settings, settings.OptionalText("direction") ?? "Right")
        );

    /// <summary>The <c>padding</c> section.</summary>
    public static Padding ReadPadding(Settings settings)
    {
        Settings strategy = settings.Value("strategy");
        int length =
            strategy.Json.ValueKind == JsonValueKind.String && strategy.Json.GetString() == "BatchLongest"
                ? -1
                : strategy.Number("Fixed");
        settings.Text("pad_token");
        return new Padding(
            length,
            settings.OptionalNumber("pad_to_multiple_of") ?? 0,
            Direction(settings, settings.Text("direction")),
            settings.Number("pad_id"),
            settings.Number("pad_type_id")
        );
    }

    private static RobertaPostProcessor Roberta(Settings settings) =>
        new(
            Token(settings, "sep"),
            Token(settings, "cls"),
            settings.Flag("trim_offsets"),
            settings.Flag("add_prefix_space")
        );

    private static ByteLevelPostProcessor ByteLevel(Settings settings)
    {
        settings.NeedType("ByteLevel");
        settings.OptionalFlag("use_regex");
        return new ByteLevelPostProcessor(settings.Flag("add_prefix_space"), settings.Flag("trim_offsets"));
    }

    private static SequencePostProcessor Sequence(Settings settings)
    {
        settings.NeedType("Sequence");
        return new SequencePostProcessor([.. settings.List("processors").Select(Read)]);
    }

    private static bool Direction(Settings settings, string direction) =>
        direction switch
        {
            "Left" => true,
            "Right" => false,
            _ => throw settings.Error($"unknown direction \"{direction}\""),
        };

    // ["[SEP]", 102]
    private static int Token(Settings settings, string name)
    {
        Settings[] parts = [.. settings.List(name)];
        return
            parts.Length == 2
            && parts[0].Json.ValueKind == JsonValueKind.String
            && parts[1].Json.ValueKind == JsonValueKind.Number
            && parts[1].Json.TryGetInt32(out int id)
            && id >= 0
            ? id
            : throw settings.Error($"{name} must be [token, id]");
    }

    private static TemplatePostProcessor Template(Settings settings)
    {
        Settings special = settings.Value("special_tokens");
        return new TemplatePostProcessor(
            [.. settings.List("single").Select(p => Part(p, special))],
            [.. settings.List("pair").Select(p => Part(p, special))]
        );
    }

    private static TemplatePart Part(Settings part, Settings special)
    {
        if (part.Has("Sequence"))
        {
            Settings sequence = part.Value("Sequence");
            int number = sequence.Text("id") switch
            {
                "A" => 0,
                "B" => 1,
                var other => throw sequence.Error($"unknown sequence \"{other}\""),
            };
            return new TemplatePart(number, null, [], [], sequence.Number("type_id"));
        }

        Settings token = part.Value("SpecialToken");
        string id = token.Text("id");
        if (!special.Has(id))
        {
            // Only a text that is to get this token meets the gap.
            return new TemplatePart(-1, id, [], [], token.Number("type_id"));
        }

        Settings described = special.Value(id);
        described.Text("id");
        return new TemplatePart(
            -1,
            null,
            [.. described.List("ids").Select(i => i.Json.GetInt32())],
            [.. described.List("tokens").Select(t => OffsetTrimming.Count(Utf8.GetBytes(t.Json.GetString()!)))],
            token.Number("type_id")
        );
    }
}
