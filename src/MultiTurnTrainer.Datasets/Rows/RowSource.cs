using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>A conversation with everything that stays the same over its rows: weights, targets, template variables.</summary>
internal sealed class RowSource
{
    private readonly RowOptions _options;
    private readonly ContentWeights?[] _inContent;
    private readonly IReadOnlyDictionary<string, JsonElement> _variables;
    private readonly string? _bos;
    private readonly string? _eos;

    public RowSource(Conversation conversation, RowModel model, RowOptions options)
    {
        Conversation = conversation;
        _options = options;
        All = ConversationView.Of(conversation);
        Weights = MessageWeights.Of(conversation);
        Turns = SupervisedSpans.Turns(conversation.Messages);
        _inContent = new ContentWeights?[Weights.Length];
        List<int> targets = [];
        for (int i = 0; i < Weights.Length; i++)
        {
            if (options.Roles.Contains(conversation.Messages[i].Role))
            {
                HasLearnable = true;
                targets.Add(i);
                _inContent[i] = MessageWeights.InContent(conversation, i);
            }
        }

        if (options.LastOnly && targets.Count > 1)
        {
            targets.RemoveRange(0, targets.Count - 1);
        }

        targets.RemoveAll(target => Weights[target] == 0);
        Targets = targets;
        JsonElement json = conversation.Json;
        Template = model.Chat.TemplateFor(conversation.Tools is not null);
        _variables = Variables(json, model);
        _bos = Token(json, "bos_token", model.Chat.BosToken);
        _eos = Token(json, "eos_token", model.Chat.EosToken);
        Stops = model.StopsFor(Texts(json, "stop"), json.TryGetProperty("eos_token", out _) ? _eos : null);
    }

    /// <summary>The conversation.</summary>
    public Conversation Conversation { get; }

    /// <summary>All its messages.</summary>
    public ConversationView All { get; }

    /// <summary>The weight of each message.</summary>
    public float[] Weights { get; }

    /// <summary>The number of the exchange that each message belongs to.</summary>
    public int[] Turns { get; }

    /// <summary>The messages to learn, ascending.</summary>
    public IReadOnlyList<int> Targets { get; }

    /// <summary>Whether any message has a role that is supervised.</summary>
    public bool HasLearnable { get; }

    /// <summary>The template: the model's, or the one it has for conversations with tools.</summary>
    public ChatTemplate Template { get; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; }

    /// <summary>Weights inside a message's content, or null.</summary>
    public ContentWeights? InContent(int message) => _inContent[message];

    /// <summary>What the template sees of some messages.</summary>
    public RenderInput Input(ConversationView view) =>
        new(view.Json)
        {
            Tools = Conversation.Tools,
            Variables = _variables,
            BosToken = _bos,
            EosToken = _eos,
            Now = _options.Now,
        };

    // A row's own variables win over the model's special tokens.
    private static IReadOnlyDictionary<string, JsonElement> Variables(JsonElement json, RowModel model)
    {
        if (!json.TryGetProperty("kwargs", out JsonElement kwargs) || kwargs.ValueKind != JsonValueKind.Object)
        {
            return model.SpecialTokens;
        }

        Dictionary<string, JsonElement> variables = new(model.SpecialTokens, StringComparer.Ordinal);
        foreach (JsonProperty variable in kwargs.EnumerateObject())
        {
            variables[variable.Name] = variable.Value;
        }

        return variables;
    }

    // A null says that there is none.
    private static string? Token(JsonElement owner, string name, string? other) =>
        !owner.TryGetProperty(name, out JsonElement value) ? other
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : null;

    private static string[]? Texts(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ?
            [
                .. value
                    .EnumerateArray()
                    .Where(item => item.ValueKind == JsonValueKind.String)
                    .Select(item => item.GetString()!),
            ]
            : null;
}
