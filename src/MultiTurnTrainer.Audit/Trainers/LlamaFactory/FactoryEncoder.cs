namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>Fills the slots of a template and tokenizes each alone: pairs of question and answer.</summary>
internal sealed class FactoryEncoder
{
    private readonly TrainerModel _model;
    private readonly FactoryTemplate _template;
    private readonly LlamaFactorySettings _settings;
    private readonly string _toolFormat;
    private readonly int[] _emptyThought;
    private readonly int? _bos;
    private readonly Dictionary<string, int> _readded;

    /// <summary>Readies a template.</summary>
    /// <exception cref="MttException">The tokenizer lacks the template's stop words.</exception>
    public FactoryEncoder(TrainerModel model, FactoryTemplate template, LlamaFactorySettings settings)
    {
        _model = model;
        _settings = settings;
        _toolFormat = settings.ToolFormat ?? template.ToolFormat;
        if (settings.ToolFormat is not null)
        {
            // The format of a call is then not the template's any more.
            template = template with
            {
                Function = template.HasEfficientEos ? ["{{content}}"] : ["{{content}}", FactoryTemplate.Eos],
            };
        }

        _template = template;
        _bos = model.IdOf(model.Bos);
        string? eos = template.ReplacesEos ? template.StopWords[0] : model.Eos;
        EosId = eos is null
            ? null
            : model.IdOf(eos)
                ?? throw new MttException(
                    $"{model.Folder}: its tokenizer has no token {eos}, which the template would add",
                    "Name the template that belongs to the model."
                );
        _readded = template
            .StopWords.Where(word => word != model.Eos && model.IdOf(word) is not null && TakesBlanks(word))
            .ToDictionary(word => word, word => model.IdOf(word)!.Value, StringComparer.Ordinal);
        _emptyThought = model.Encode(template.Thought.Open + template.Thought.Close);
    }

    /// <summary>The id of the token that ends an answer in slots, after the template has replaced it.</summary>
    public int? EosId { get; }

    /// <summary>The pairs of a conversation.</summary>
    /// <exception cref="RefusedRowException">LLaMA-Factory stops at it.</exception>
    public List<(int[] Question, int[] Answer)> Encode(FactoryConversation conversation)
    {
        List<FactoryMessage> messages = [.. conversation.Messages];
        bool isReasoning = _template.Kind == FactoryKind.Reasoning;
        bool forgetsThoughts = isReasoning && _settings.MaskHistory && !_settings.PreserveThinking;
        if (isReasoning)
        {
            for (int i = 1; i < messages.Count; i += 2)
            {
                bool isHistory = i < messages.Count - 2;
                if (_settings.EnableThinking == false || (forgetsThoughts && isHistory))
                {
                    messages[i] = messages[i] with { Content = WithoutThought(messages[i].Content) };
                }
            }
        }

        List<int[]> encoded = [.. messages.Select((message, i) => Message(message, i, conversation))];
        if (isReasoning)
        {
            for (int i = forgetsThoughts ? messages.Count - 2 : 0; i < messages.Count; i += 2)
            {
                AddEmptyThought(encoded, i, messages[i + 1].Content);
            }
        }

        return [.. Enumerable.Range(0, encoded.Count / 2).Select(i => (encoded[2 * i], encoded[(2 * i) + 1]))];
    }

    private void AddEmptyThought(List<int[]> encoded, int question, string answer)
    {
        if (
            answer.Contains(_template.Thought.Open.Trim(), StringComparison.Ordinal)
            || answer.Contains(_template.Thought.Close.Trim(), StringComparison.Ordinal)
        )
        {
            return;
        }

        if (_settings.EnableThinking == true)
        {
            encoded[question + 1] = [.. _emptyThought, .. encoded[question + 1]];
        }
        else
        {
            encoded[question] = [.. encoded[question], .. _emptyThought];
        }
    }

    private int[] Message(FactoryMessage message, int index, FactoryConversation conversation)
    {
        List<string> slots = [];
        string inQuestion = "";
        if (index == 0)
        {
            slots.AddRange(_template.Prefix);
            string system =
                conversation.System.Length > 0
                    ? conversation.System
                    : _settings.DefaultSystem ?? _template.DefaultSystem;
            if (system.Length > 0 || conversation.Tools.Length > 0)
            {
                string tools =
                    conversation.Tools.Length > 0
                        ? FactoryTools.Tools(_toolFormat, conversation.Tools, _model.Today)
                        : "";
                string[] filled = Fill(_template.System, system + tools);
                if (_template.Kind == FactoryKind.SystemInQuestion)
                {
                    inQuestion = filled[0];
                }
                else
                {
                    slots.AddRange(filled);
                }
            }
        }

        slots.AddRange(
            message.Role switch
            {
                FactoryRole.User => Fill(_template.User, inQuestion + message.Content),
                FactoryRole.Assistant => Fill(_template.Assistant, message.Content),
                FactoryRole.Observation => Fill(_template.Observation ?? _template.User, message.Content),
                _ => Fill(_template.Function ?? _template.Assistant, Calls(message.Content)),
            }
        );
        return Ids(slots);
    }

    private bool TakesBlanks(string word) =>
        _model.Encode($"a{word}\na").Length < _model.Encode("a").Length + 1 + _model.Encode("\na").Length;

    private static string[] Fill(string[] slots, string content) =>
        Array.ConvertAll(
            slots,
            slot =>
                slot.IndexOf(FactoryTemplate.Content, StringComparison.Ordinal) is int at and >= 0
                    ? string.Concat(slot.AsSpan(0, at), content, slot.AsSpan(at + FactoryTemplate.Content.Length))
                    : slot
        );

    private int[] Ids(List<string> slots)
    {
        List<int> ids = [];
        foreach (string slot in slots.Where(slot => slot.Length > 0))
        {
            ids.AddRange(
                slot switch
                {
                    FactoryTemplate.Bos => _bos is int bos ? [bos] : [],
                    FactoryTemplate.Eos => EosId is int eos ? [eos] : [],
                    _ => Encode(slot),
                }
            );
        }

        return [.. ids];
    }

    /// <summary>
    /// The ids of a slot. Stop words that the template gives to the tokenizer again no longer take the blanks beside them, as
    /// they do in some vocabularies.
    /// </summary>
    private IEnumerable<int> Encode(string slot)
    {
        int from = 0;
        foreach ((int start, string word) in Readded(slot))
        {
            foreach (int id in start > from ? _model.Encode(slot[from..start]) : [])
            {
                yield return id;
            }

            yield return _readded[word];
            from = start + word.Length;
        }

        foreach (int id in from < slot.Length ? _model.Encode(slot[from..]) : [])
        {
            yield return id;
        }
    }

    private List<(int Start, string Word)> Readded(string slot) =>
        [
            .. _readded
                .Keys.SelectMany(word => Places(slot, word).Select(start => (start, word)))
                .OrderBy(place => place.start),
        ];

    private static IEnumerable<int> Places(string text, string word)
    {
        for (
            int at = text.IndexOf(word, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(word, at + word.Length, StringComparison.Ordinal)
        )
        {
            yield return at;
        }
    }

    /// <summary>A call's text: the thought before it, and the calls in the tools' format.</summary>
    private string Calls(string content)
    {
        string thought = "";
        string json = content;
        if (_template.Kind != FactoryKind.SystemInQuestion)
        {
            if (Between(content, "<tool_call>", "</tool_call>") is var (callStart, callEnd))
            {
                string whole = content[callStart..callEnd];
                json = whole["<tool_call>".Length..^"</tool_call>".Length];
                thought = content.Replace(whole, "", StringComparison.Ordinal);
            }
            else if (Between(content, _template.Thought.Open, _template.Thought.Close) is var (start, end))
            {
                thought = content[start..end];
                json = content.Replace(thought, "", StringComparison.Ordinal);
            }
        }

        if (!RowTree.TryParse(json, out object? parsed) || parsed is not (JsonFields or List<object?>))
        {
            throw new RefusedRowException("a call is no JSON, which stops LLaMA-Factory's run");
        }

        (string Name, object? Arguments)[] calls =
        [
            .. RowTree
                .Objects(parsed is List<object?> ? parsed : new List<object?> { parsed }, "function_call")
                .Select(call =>
                    call.ContainsKey("arguments")
                        ? (call.RequireText("name"), call.Get("arguments"))
                        : throw new RefusedRowException("a call has no 'arguments'")
                ),
        ];
        return thought + FactoryTools.Calls(_toolFormat, calls);
    }

    private static (int Start, int End)? Between(string text, string open, string close)
    {
        int start = text.IndexOf(open, StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(close, start + open.Length, StringComparison.Ordinal);
        return end < 0 ? null : (start, end + close.Length);
    }

    private string WithoutThought(string content)
    {
        while (Between(content, _template.Thought.Open, _template.Thought.Close) is var (start, end))
        {
            content = content.Remove(start, end - start);
        }

        return content.TrimStart('\n');
    }
}
