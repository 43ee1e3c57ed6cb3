using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What became of the conversations, and of every supervised token that was lost on the way.</summary>
public sealed class RowCounts
{
    private readonly SortedDictionary<string, Loss> _losses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, HabitCount> _habits = new(StringComparer.Ordinal);

    /// <summary>Conversations read.</summary>
    public long Conversations { get; set; }

    /// <summary>Rows made.</summary>
    public long Rows { get; set; }

    /// <summary>Tokens in them.</summary>
    public long Tokens { get; set; }

    /// <summary>Learned tokens in them.</summary>
    public long SupervisedTokens { get; set; }

    /// <summary>Tokens of the longest row.</summary>
    public int LongestRow { get; set; }

    /// <summary>Tokens that differ because answers are tokenized apart from prompts (or would, when they are merged).</summary>
    public long SeamTokens { get; set; }

    /// <summary>Stretches of text where the template's own <c>{% generation %}</c> marks differ from the mask.</summary>
    public long GenerationDifferences { get; set; }

    /// <summary>What was lost, by cause.</summary>
    public IReadOnlyDictionary<string, Loss> Losses => _losses;

    /// <summary>What the template silently did to messages, by the code that <c>lint-template</c> has for it.</summary>
    public IReadOnlyDictionary<string, HabitCount> Habits => _habits;

    /// <summary>The same in words, one line a habit.</summary>
    public IEnumerable<string> HabitLines => _habits.Select(habit => HabitText.Line(habit.Key, habit.Value));

    /// <summary>Counts a row.</summary>
    public void Add(TokenRow row)
    {
        Rows++;
        Tokens += row.Length;
        SupervisedTokens += row.SupervisedTokens;
        LongestRow = Math.Max(LongestRow, row.Length);
    }

    /// <summary>Counts a loss.</summary>
    /// <param name="cause">Why, such as <c>too-long</c>.</param>
    /// <param name="conversations">Conversations that lost something.</param>
    /// <param name="supervisedTokens">Learned tokens that were lost; 0 where the row was never tokenized.</param>
    public void AddLoss(string cause, long conversations, long supervisedTokens)
    {
        Loss before = _losses.GetValueOrDefault(cause) ?? new Loss(0, 0);
        _losses[cause] = new Loss(before.Conversations + conversations, before.SupervisedTokens + supervisedTokens);
    }

    /// <summary>Counts messages that the template silently changed.</summary>
    /// <param name="code">What it did.</param>
    /// <param name="messages">To how many messages.</param>
    /// <param name="characters">Characters of answers that are not in the text, and so not learned.</param>
    public void AddHabit(string code, long messages, long characters)
    {
        HabitCount before = _habits.GetValueOrDefault(code) ?? new HabitCount(0, 0);
        _habits[code] = new HabitCount(before.Messages + messages, before.Characters + characters);
    }

    /// <summary>Adds the counts of another part of the input.</summary>
    public void Add(RowCounts other)
    {
        Conversations += other.Conversations;
        Rows += other.Rows;
        Tokens += other.Tokens;
        SupervisedTokens += other.SupervisedTokens;
        LongestRow = Math.Max(LongestRow, other.LongestRow);
        SeamTokens += other.SeamTokens;
        GenerationDifferences += other.GenerationDifferences;
        foreach ((string cause, Loss loss) in other._losses)
        {
            AddLoss(cause, loss.Conversations, loss.SupervisedTokens);
        }

        foreach ((string code, HabitCount habit) in other._habits)
        {
            AddHabit(code, habit.Messages, habit.Characters);
        }
    }

    /// <summary>Writes the counts for a manifest.</summary>
    public void WriteTo(JsonObject counts)
    {
        counts["conversations"] = Conversations;
        counts["rows"] = Rows;
        counts["tokens"] = Tokens;
        counts["supervised_tokens"] = SupervisedTokens;
        counts["longest_row"] = LongestRow;
        counts["seam_tokens"] = SeamTokens;
        counts["generation_differences"] = GenerationDifferences;
        JsonObject losses = [];
        foreach ((string cause, Loss loss) in _losses)
        {
            losses[cause] = new JsonObject
            {
                ["conversations"] = loss.Conversations,
                ["supervised_tokens"] = loss.SupervisedTokens,
            };
        }

        counts["lost"] = losses;
        counts["template_habits"] = HabitsOf(habit => habit.Messages);
        counts["unlearned_characters"] = HabitsOf(habit => habit.Characters);
    }

    private JsonObject HabitsOf(Func<HabitCount, long> count) =>
        new(
            _habits
                .Where(habit => count(habit.Value) > 0)
                .Select(habit => KeyValuePair.Create(habit.Key, (JsonNode?)count(habit.Value)))
        );
}

/// <summary>What one habit of the template did.</summary>
/// <param name="Messages">Messages it changed.</param>
/// <param name="Characters">Characters (code points) of answers that are not in the text, and so not learned.</param>
public sealed record HabitCount(long Messages, long Characters);

/// <summary>What one cause cost.</summary>
/// <param name="Conversations">Conversations that lost something.</param>
/// <param name="SupervisedTokens">Learned tokens lost.</param>
public sealed record Loss(long Conversations, long SupervisedTokens);
