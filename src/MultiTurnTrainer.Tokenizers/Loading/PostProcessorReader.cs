using MultiTurnTrainer.Tokenizers.PostProcessors;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Builds the <c>post_processor</c>, <c>truncation</c> and <c>padding</c> sections.</summary>
internal static class PostProcessorReader
{
    private const int LongestPadding = 1 << 20;

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
            Direction(settings, settings.Text("direction", "Right"))
        );

    /// <summary>The <c>padding</c> section.</summary>
    public static Padding ReadPadding(Settings settings)
    {
        Settings strategy = settings.Value("strategy");
        int length =
            strategy.Json.ValueKind == JsonValueKind.String && strategy.Json.GetString() == "BatchLongest" ? -1
            : strategy.HasOnly("Fixed") ? strategy.Number("Fixed")
            : throw strategy.Error("must be \"BatchLongest\" or {\"Fixed\": …}");
        settings.Text("pad_token");
        int multiple = settings.OptionalNumber("pad_to_multiple_of") ?? 0;
        if (Math.Max(length, multiple) > LongestPadding)
        {
            throw settings.Error($"pads to more than {LongestPadding} tokens");
        }

        return new Padding(
            length,
            multiple,
            Direction(settings, settings.Text("direction")),
            settings.Id("pad_id"),
            settings.Id("pad_type_id")
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
        settings.Flag("use_regex", true);
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
        if (parts.Length != 2)
        {
            throw settings.Error($"{name} must be [token, id]");
        }

        parts[0].AsText();
        return parts[1].AsId();
    }

    private static TemplatePostProcessor Template(Settings settings)
    {
        Settings special = settings.Value("special_tokens");
        Dictionary<string, SpecialToken> described = special.Fields().ToDictionary(f => f.Name, f => Special(f.Value));
        return new TemplatePostProcessor(
            [.. settings.List("single").Select(p => Part(p, described))],
            [.. settings.List("pair").Select(p => Part(p, described))]
        );
    }

    private static SpecialToken Special(Settings settings)
    {
        settings.Text("id");
        return new SpecialToken(
            [.. settings.List("ids").Select(i => i.AsId())],
            [.. settings.List("tokens").Select(t => OffsetTrimming.Count(Utf8.GetBytes(t.AsText())))]
        );
    }

    private static TemplatePart Part(Settings part, Dictionary<string, SpecialToken> special)
    {
        if (part.HasOnly("Sequence"))
        {
            Settings sequence = part.Value("Sequence");
            int number = sequence.Text("id") switch
            {
                "A" => 0,
                "B" => 1,
                var other => throw sequence.Error($"unknown sequence \"{other}\""),
            };
            return new TemplatePart(number, null, [], [], sequence.Id("type_id"));
        }

        if (!part.HasOnly("SpecialToken"))
        {
            throw part.Error("must be {\"Sequence\": …} or {\"SpecialToken\": …}");
        }

        Settings token = part.Value("SpecialToken");
        string id = token.Text("id");
        int type = token.Id("type_id");
        // Only a text that is to get a token that is not described meets the gap.
        return special.TryGetValue(id, out SpecialToken? described)
            ? new TemplatePart(-1, null, described.Ids, described.Blanks, type)
            : new TemplatePart(-1, id, [], [], type);
    }

    private sealed record SpecialToken(IReadOnlyList<int> Ids, IReadOnlyList<(int Leading, int Trailing)> Blanks);
}
