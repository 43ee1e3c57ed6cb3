namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>The tokens of a text with the UTF-16 stretch that each stands for.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Starts">First character of each.</param>
/// <param name="Ends">One past its last.</param>
internal sealed record LocatedTokens(int[] Ids, int[] Starts, int[] Ends)
{
    /// <summary>The first token that holds a character; −1 where none does.</summary>
    public int TokenAt(int character)
    {
        for (int i = 0; i < Ids.Length; i++)
        {
            if (Starts[i] <= character && character < Ends[i])
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>
/// A model folder as the trainers see it: the template through transformers' <c>apply_chat_template</c>, which changes messages
/// before the template sees them, and the tokenizer, which lets text of the data form control tokens.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="folder">The folder's path, which one trainer looks at.</param>
internal sealed class TrainerModel(RowModel model, string folder)
{
    private static readonly string[] _reasoning = ["reasoning_content", "thinking", "reasoning"];
    private static readonly EncodeOptions _plain = new() { TruncateAndPad = false };
    private static readonly EncodeOptions _special = new() { TruncateAndPad = false, AddSpecialTokens = true };

    /// <summary>The folder's path.</summary>
    public string Folder { get; } = folder;

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => model.Tokenizer;

    /// <summary>The template for conversations without tools.</summary>
    public ChatTemplate Template => model.Template.Chat.Template;

    /// <summary>The date that clocks show.</summary>
    public DateTimeOffset Today => model.Template.Now ?? DateTimeOffset.UnixEpoch;

    /// <summary>The tokenizer's <c>bos_token</c>.</summary>
    public string? Bos => model.Template.Chat.BosToken;

    /// <summary>The tokenizer's <c>eos_token</c>.</summary>
    public string? Eos => model.Template.Chat.EosToken;

    /// <summary>The id of a token, or null where the token or its id is not there.</summary>
    public int? IdOf(string? token) => token is null ? null : Tokenizer.TokenToId(token);

    /// <summary>The ids of a text.</summary>
    public int[] Encode(string text, bool addSpecialTokens = false) =>
        Tokenizer.Encode(text, addSpecialTokens ? _special : _plain).Ids;

    /// <summary>The ids of a text and where they stand.</summary>
    public LocatedTokens Locate(string text)
    {
        TokenizerEncoding encoding = Tokenizer.Encode(text, _plain);
        int[] places = CodePoints(text);
        return new LocatedTokens(
            encoding.Ids,
            Array.ConvertAll(encoding.Offsets, offset => places[offset.Start]),
            Array.ConvertAll(encoding.Offsets, offset => places[offset.End])
        );
    }

    /// <summary>Renders messages.</summary>
    /// <param name="messages">The messages, as the trainer hands them over.</param>
    /// <param name="tools">The tools; null for none.</param>
    /// <param name="addGenerationPrompt">Whether the header of the answer to come ends the text.</param>
    /// <param name="variables">Further variables of the template.</param>
    /// <param name="template">Another template than the model's.</param>
    /// <exception cref="RefusedRowException">The template raises.</exception>
    public RenderedText Render(
        IEnumerable<JsonFields> messages,
        object? tools,
        bool addGenerationPrompt = false,
        JsonFields? variables = null,
        ChatTemplate? template = null
    ) => Guard(() => Choose(template, tools).Render(Input(messages, tools, addGenerationPrompt, variables)));

    /// <summary>The same without origins.</summary>
    /// <exception cref="RefusedRowException">The template raises.</exception>
    public string RenderText(
        IEnumerable<JsonFields> messages,
        object? tools,
        bool addGenerationPrompt = false,
        JsonFields? variables = null,
        ChatTemplate? template = null
    ) => Guard(() => Choose(template, tools).RenderText(Input(messages, tools, addGenerationPrompt, variables)));

    /// <summary>
    /// The same messages with the arguments of their calls as text, for a template that can print nothing else: what the data
    /// loader of TRL and Unsloth gives it.
    /// </summary>
    public List<JsonFields> WithTextArguments(List<JsonFields> messages) =>
        !Template.Source.Contains("['arguments'] +", StringComparison.Ordinal)
            ? messages
            : [.. messages.Select(RowTree.Copy).Select(TextArguments)];

    private static JsonFields TextArguments(JsonFields message)
    {
        foreach (JsonFields call in (message.Get("tool_calls") as List<object?>)?.OfType<JsonFields>() ?? [])
        {
            if (call.Get("function") is JsonFields function && function.Get("arguments") is JsonFields arguments)
            {
                function["arguments"] = PythonJson.Dump(arguments);
            }
        }

        return message;
    }

    private static T Guard<T>(Func<T> render)
    {
        try
        {
            return render();
        }
        catch (TemplateException problem)
        {
            throw new RefusedRowException($"the template refuses it: {problem.Describe()}");
        }
    }

    private ChatTemplate Choose(ChatTemplate? template, object? tools) =>
        template ?? model.Template.Chat.TemplateFor(tools is not null);

    private RenderInput Input(
        IEnumerable<JsonFields> messages,
        object? tools,
        bool addGenerationPrompt,
        JsonFields? variables
    )
    {
        Dictionary<string, JsonView> all = new(model.Template.Variables, StringComparer.Ordinal);
        foreach ((string name, object? value) in variables ?? [])
        {
            all[name] = JsonText.ToView(value);
        }

        return new RenderInput(JsonText.ToView(messages.Select(Normalized).ToList<object?>()))
        {
            Tools = tools is null ? null : JsonText.ToView(tools),
            Variables = all,
            BosToken = Bos,
            EosToken = Eos,
            Now = Today,
            AddGenerationPrompt = addGenerationPrompt,
            AsWritten = true,
        };
    }

    /// <summary>What transformers 5 makes of a message: null keys are absent, and reasoning has two names.</summary>
    private static JsonFields Normalized(JsonFields message)
    {
        JsonFields seen = [];
        foreach ((string name, object? value) in message)
        {
            if (value is not null)
            {
                seen[name] = value;
            }
        }

        object? reasoning = _reasoning.Select(name => seen.Get(name)).FirstOrDefault(value => value is not null);
        if (reasoning is not null)
        {
            seen.TryAdd("reasoning_content", reasoning);
            seen.TryAdd("thinking", reasoning);
        }

        return seen;
    }

    /// <summary>The UTF-16 place of each code point, and of the end.</summary>
    public static int[] CodePoints(string text)
    {
        List<int> places = new(text.Length + 1);
        for (int i = 0; i < text.Length; i += i + 1 < text.Length && char.IsSurrogatePair(text, i) ? 2 : 1)
        {
            places.Add(i);
        }

        places.Add(text.Length);
        return [.. places];
    }
}
