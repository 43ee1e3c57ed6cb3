namespace MultiTurnTrainer.Conversations;

/// <summary>
/// Template variables: of a row (<c>chat_template_kwargs</c>, or <c>kwargs</c>, and a list <c>documents</c>) and of a
/// whole run. None may stand for what the conversation and the model say themselves.
/// </summary>
public static class VariablesReader
{
    private const string Hint = "Give an object such as {\"enable_thinking\": false}.";

    private static readonly string[] _reserved =
    [
        "messages",
        "tools",
        "add_generation_prompt",
        "bos_token",
        "eos_token",
    ];

    /// <summary>The keys of a row that hold template variables.</summary>
    internal static IReadOnlyList<string> Keys { get; } = ["chat_template_kwargs", "kwargs", "documents"];

    /// <summary>The keys of a row that rendering reads; every format keeps them where they are.</summary>
    internal static IReadOnlyList<string> OfTemplates { get; } =
    [.. Keys, "bos_token", "eos_token", "stop", "tool_choice", "parallel_tool_calls"];

    /// <summary>Whether a key of a row is read when it is rendered; <c>documents</c> that are no list are something else.</summary>
    internal static bool IsOfTemplates(JsonTape row, int name) =>
        OfTemplates.Contains(row.String(name))
        && (!row.Is(name, "documents"u8) || row[name + 1].Kind is JsonKind.Array or JsonKind.Null);

    /// <summary>The variables of a whole run: those of the settings, overlaid by those of the command line.</summary>
    /// <param name="settings">The settings' own.</param>
    /// <param name="place">Where they stand, for messages.</param>
    /// <param name="json">An object as JSON text, or null.</param>
    /// <param name="option">Where it stands, for messages.</param>
    /// <exception cref="MttException">The text is no object, or one names a variable that it must not.</exception>
    public static IReadOnlyDictionary<string, JsonView> Overlay(
        IReadOnlyDictionary<string, JsonView> settings,
        string place,
        string? json,
        string option
    )
    {
        Dictionary<string, JsonView> variables = new(Require(settings, place), StringComparer.Ordinal);
        foreach ((string name, JsonView value) in json is null ? _none : Parse(json, option))
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>Reads the variables of a whole run.</summary>
    /// <param name="json">An object as JSON text.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <exception cref="MttException">It is no object, or names a variable that it must not.</exception>
    public static IReadOnlyDictionary<string, JsonView> Parse(string json, string place)
    {
        JsonView value;
        try
        {
            value = JsonView.Parse(json);
        }
        catch (FormatException problem)
        {
            throw new MttException($"{place}: is not JSON: {problem.Message}", Hint, problem);
        }

        if (value.Kind != JsonKind.Object)
        {
            throw new MttException($"{place}: is not an object", Hint);
        }

        return Require(
            value.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value),
            place
        );
    }

    /// <summary>Refuses variables that stand for what the conversation and the model say.</summary>
    /// <exception cref="MttException">One does.</exception>
    public static IReadOnlyDictionary<string, JsonView> Require(
        IReadOnlyDictionary<string, JsonView> variables,
        string place
    ) =>
        variables.Keys.FirstOrDefault(_reserved.Contains) is { } reserved
            ? throw new MttException($"{place}.{reserved}: {Reserved}", ReservedHint)
            : variables;

    /// <summary>The variables of a canonical row that <see cref="Check"/> has passed.</summary>
    internal static IReadOnlyDictionary<string, JsonView> Of(JsonView row)
    {
        Dictionary<string, JsonView>? variables = null;
        foreach (string key in Keys)
        {
            switch (row.Get(key))
            {
                case { Kind: JsonKind.Object } given:
                    foreach (JsonMember variable in given.EnumerateObject())
                    {
                        (variables ??= new(StringComparer.Ordinal))[variable.Name] = variable.Value;
                    }

                    break;
                case { Kind: JsonKind.Array } list when key == "documents":
                    (variables ??= new(StringComparer.Ordinal))[key] = list;
                    break;
            }
        }

        return variables ?? _none;
    }

    /// <summary>Finds what is wrong with the variables of a canonical row.</summary>
    internal static void Check(JsonTape row, List<RowProblem> problems)
    {
        int first = row.Find(0, "chat_template_kwargs"u8);
        int second = row.Find(0, "kwargs"u8);
        foreach (int given in (ReadOnlySpan<int>)[first, second])
        {
            if (given < 0 || row[given].Kind == JsonKind.Null)
            {
                continue;
            }

            if (row[given].Kind != JsonKind.Object)
            {
                problems.Add(
                    new RowProblem(
                        given,
                        $"is {Shown.Kind(row, given)}, not an object of template variables",
                        Hint,
                        IsVariable: true
                    )
                );
                continue;
            }

            for (int at = given + 1; at < row[given].Next; at = row[at + 1].Next)
            {
                string name = row.String(at);
                int other = given == second ? row.Find(first, row.Raw(at)) : -1;
                other = other < 0 && name == "documents" ? Documents(row) : other;
                if (_reserved.Contains(name))
                {
                    problems.Add(new RowProblem(at, Reserved, ReservedHint, IsVariable: true));
                }
                else if (other >= 0 && !row.RawValue(other).SequenceEqual(row.RawValue(at + 1)))
                {
                    problems.Add(
                        new RowProblem(
                            at,
                            "is given twice in this row, with another value",
                            "Keep one of them.",
                            IsVariable: true
                        )
                    );
                }
            }
        }
    }

    private const string Reserved = "is no template variable of its own: the conversation and the model say it";

    private const string ReservedHint =
        "messages, tools, bos_token and eos_token are keys of the row; the generation prompt is mtt's choice.";

    private static readonly Dictionary<string, JsonView> _none = [];

    private static int Documents(JsonTape row) =>
        row.Find(0, "documents"u8) is >= 0 and int list && row[list].Kind == JsonKind.Array ? list : -1;
}
