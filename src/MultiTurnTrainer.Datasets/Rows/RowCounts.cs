namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What became of the conversations, and of every supervised token that was lost on the way.</summary>
public sealed class RowCounts
{
    private readonly SortedDictionary<string, Loss> _losses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, long> _turns = [];
    private readonly SortedDictionary<string, EffectCount> _effects = new(StringComparer.Ordinal);

    /// <summary>Conversations read.</summary>
    public long Conversations { get; set; }

    /// <summary>Rows made.</summary>
    public long Rows { get; set; }

    /// <summary>Tokens in them.</summary>
    public long Tokens { get; set; }

    /// <summary>Supervised tokens in them.</summary>
    public long SupervisedTokens { get; set; }

    /// <summary>Supervised tokens by the turn that they stand in, from 1.</summary>
    public IReadOnlyDictionary<int, long> SupervisedByTurn => _turns;

    /// <summary>Tokens of the longest row.</summary>
    public int LongestRow { get; set; }

    /// <summary>Conversations whose reader left out nulls that Arrow had added to tools or to arguments.</summary>
    public long LostNulls { get; set; }

    /// <summary>Tokens that differ because answers are tokenized apart from prompts (or would, when they are merged).</summary>
    public long BoundaryTokens { get; set; }

    /// <summary>Stretches of text where the template's own <c>{% generation %}</c> marks differ from the mask.</summary>
    public long GenerationDifferences { get; set; }

    /// <summary>What was lost, by cause.</summary>
    public IReadOnlyDictionary<string, Loss> Losses => _losses;

    /// <summary>What the template silently did to messages, by the code that <c>lint-template</c> has for it.</summary>
    public IReadOnlyDictionary<string, EffectCount> Effects => _effects;

    /// <summary>The same in words, one line an effect.</summary>
    public IEnumerable<string> EffectLines => _effects.Select(effect => EffectText.Line(effect.Key, effect.Value));

    /// <summary>What was lost and what the template did, in words: the same lines in every command.</summary>
    public IEnumerable<string> Lines =>
        [
            .. _losses.Select(loss =>
                $"{loss.Key}: {Counted.Of(loss.Value.Conversations, "conversation")}, {Counted.Of(loss.Value.SupervisedTokens, "supervised token")} lost"
            ),
            .. EffectLines,
            .. LostNulls > 0
                ? (string[])
                    [
                        $"drop-null-keys: nulls that Arrow adds to tools and arguments are left out of {Counted.Of(LostNulls, "conversation")} (MTT309)",
                    ]
                : [],
        ];

    /// <summary>Counts a row.</summary>
    public void Add(TokenRow row)
    {
        Rows++;
        Tokens += row.Length;
        SupervisedTokens += row.SupervisedTokens;
        LongestRow = Math.Max(LongestRow, row.Length);
        foreach (SupervisedSpan span in row.Spans ?? SupervisedSpan.FromLabels(row.Labels))
        {
            AddTurn(span.Turn, span.End - span.Start);
        }
    }

    /// <summary>Counts a loss.</summary>
    /// <param name="cause">Why, such as <c>too-long</c>.</param>
    /// <param name="conversations">Conversations that lost something.</param>
    /// <param name="supervisedTokens">Supervised tokens that were lost; 0 where the row was never tokenized.</param>
    public void AddLoss(string cause, long conversations, long supervisedTokens)
    {
        Loss before = _losses.GetValueOrDefault(cause) ?? new Loss(0, 0);
        _losses[cause] = new Loss(before.Conversations + conversations, before.SupervisedTokens + supervisedTokens);
    }

    /// <summary>Counts messages that the template silently changed.</summary>
    /// <param name="code">What it did.</param>
    /// <param name="messages">To how many messages.</param>
    /// <param name="characters">Characters of answers that are not in the text, and so not supervised.</param>
    public void AddEffect(string code, long messages, long characters)
    {
        EffectCount before = _effects.GetValueOrDefault(code) ?? new EffectCount(0, 0);
        _effects[code] = new EffectCount(before.Messages + messages, before.Characters + characters);
    }

    /// <summary>Adds the counts of another part of the input.</summary>
    public void Add(RowCounts other)
    {
        Conversations += other.Conversations;
        Rows += other.Rows;
        Tokens += other.Tokens;
        SupervisedTokens += other.SupervisedTokens;
        LongestRow = Math.Max(LongestRow, other.LongestRow);
        LostNulls += other.LostNulls;
        BoundaryTokens += other.BoundaryTokens;
        GenerationDifferences += other.GenerationDifferences;
        foreach ((int turn, long tokens) in other._turns)
        {
            AddTurn(turn, tokens);
        }

        foreach ((string cause, Loss loss) in other._losses)
        {
            AddLoss(cause, loss.Conversations, loss.SupervisedTokens);
        }

        foreach ((string code, EffectCount effect) in other._effects)
        {
            AddEffect(code, effect.Messages, effect.Characters);
        }
    }

    /// <summary>Adds the counts to a manifest's.</summary>
    public void AddTo(JsonFields counts)
    {
        counts["conversations"] = Conversations;
        counts["rows"] = Rows;
        counts["tokens"] = Tokens;
        counts["supervised_tokens"] = SupervisedTokens;
        counts["supervised_by_turn"] = _turns;
        counts["longest_row"] = LongestRow;
        counts["drop_null_keys"] = LostNulls;
        counts["boundary_tokens"] = BoundaryTokens;
        counts["generation_differences"] = GenerationDifferences;
        counts["lost"] = _losses.ToDictionary(
            loss => loss.Key,
            loss => new { conversations = loss.Value.Conversations, supervised_tokens = loss.Value.SupervisedTokens }
        );
        counts["template_effects"] = EffectsOf(effect => effect.Messages);
        counts["unrendered_characters"] = EffectsOf(effect => effect.Characters);
    }

    private void AddTurn(int turn, long tokens) => _turns[turn] = _turns.GetValueOrDefault(turn) + tokens;

    private Dictionary<string, long> EffectsOf(Func<EffectCount, long> count) =>
        _effects
            .Where(effect => count(effect.Value) > 0)
            .ToDictionary(effect => effect.Key, effect => count(effect.Value));
}

/// <summary>What one effect of the template did.</summary>
/// <param name="Messages">Messages it changed.</param>
/// <param name="Characters">Characters (code points) of answers that are not in the text, and so not supervised.</param>
public sealed record EffectCount(long Messages, long Characters);

/// <summary>What one cause cost.</summary>
/// <param name="Conversations">Conversations that lost something.</param>
/// <param name="SupervisedTokens">Supervised tokens lost.</param>
public sealed record Loss(long Conversations, long SupervisedTokens);
