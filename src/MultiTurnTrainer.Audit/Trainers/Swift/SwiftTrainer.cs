// Folder Swift: what ms-swift's supervised fine-tuning trains.
// Refuses to know: other trainers, masks of mtt.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>
/// ms-swift 4.6: a template of its own gives pieces with a weight each; neighbours of one weight are tokenized together, and an
/// end token behind a trained stretch is trained with it.
/// </summary>
internal sealed class SwiftTrainer : ITrainer
{
    private readonly TrainerModel _model;
    private readonly SwiftSettings _settings;
    private readonly SwiftTemplate _template;
    private readonly SwiftMessages _messages;
    private readonly SwiftEncoder _encoder;
    private readonly SwiftAgent? _agent;
    private readonly bool _thinks;

    public SwiftTrainer(TrainerModel model, SwiftSettings settings, SwiftTemplate template)
    {
        _model = model;
        _settings = settings;
        _template = template.On(model.Today);
        string? agent = settings.AgentTemplate ?? template.AgentTemplate;
        _agent = agent is null ? null : SwiftAgent.Of(agent, _template);
        _messages = new SwiftMessages(_agent, settings.UsesJinja);
        _thinks = settings.EnablesThinking ?? (template.IsThinking && template.NonThinkingPrefix.Length == 0);
        _encoder = new SwiftEncoder(model, settings, _template, _thinks);
    }

    public string Name => "ms-swift 4.6.0";

    public IReadOnlyList<AuditedRow> Build(JsonFields row)
    {
        SwiftConversation conversation = _messages.Read(row);
        AuditedRow whole = _settings.UsesJinja
            ? RenderedByModel(conversation)
            : _encoder.Encode(WithSystem(WithThoughts(conversation)));
        return [.. Cut(whole with { Id = row.Text("id") })];
    }

    // One piece of weight 1: everything but the first token is trained.
    private AuditedRow RenderedByModel(SwiftConversation conversation)
    {
        List<JsonFields> messages =
        [
            .. conversation.Messages.Select(message => new JsonFields
            {
                ["role"] = message.Role,
                ["content"] = message.Parts[0].Text is null ? null : message.Text,
            }),
        ];
        string? system = conversation.System ?? _settings.System ?? _template.DefaultSystem;
        if (system is not null)
        {
            messages.Insert(0, new JsonFields { ["role"] = "system", ["content"] = system });
        }

        bool asks = messages[^1].Text("role") != "assistant";
        JsonFields variables = [];
        if (_template.IsThinking || _thinks)
        {
            variables["enable_thinking"] = _thinks;
            variables["preserve_thinking"] = PreservesThinking;
        }

        List<object?>? given = conversation.Tools.Count == 0 ? null : [.. conversation.Tools];
        int[] ids = _model.Encode(_model.RenderText(messages, given, asks, variables));
        return SwiftEncoder.WithFirstIgnored(new AuditedRow(null, ids, [.. ids]));
    }

    private bool PreservesThinking =>
        _settings.PreservesThinking
        ?? !((_template.IsThinking || _thinks) && _settings.LossScale.Strategy == "last_round");

    private SwiftConversation WithThoughts(SwiftConversation conversation)
    {
        List<SwiftMessage> messages = conversation.Messages;
        int lastRound = messages.FindLastIndex(message => message.Role is "user" or "tool");
        string system = conversation.System ?? "";
        if (_template.HasChannels)
        {
            AddChannels(messages);
            system = Channels(conversation.System);
        }

        if (_settings.AddsNonThinkingPrefix && _template.NonThinkingPrefix.Length > 0)
        {
            int from = _settings.LossScale.Strategy == "last_round" ? lastRound : -1;
            Change(
                messages,
                (i, text) =>
                    i >= from && !text.StartsWith("<think>", StringComparison.Ordinal)
                        ? _template.NonThinkingPrefix + text
                        : text
            );
        }

        if (_template.PutsSystemInQuestion)
        {
            Change(messages, (_, text) => text.Trim('\n'));
        }

        if (!PreservesThinking)
        {
            Change(
                messages,
                (i, text) => i < lastRound ? _template.HistoryThinkingPrefix + text.Split("</think>")[^1].Trim() : text
            );
        }

        return _template.HasChannels ? conversation with { System = system } : conversation;
    }

    // Of an answer in parts only the first is looked at.
    private static void Change(List<SwiftMessage> messages, Func<int, string, string> change)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role == "assistant" && messages[i].Parts[0].Text is { } text)
            {
                messages[i].Parts[0] = messages[i].Parts[0] with { Text = change(i, text) };
            }
        }
    }

    private static void AddChannels(List<SwiftMessage> messages)
    {
        foreach (SwiftMessage message in messages)
        {
            if (
                message.Role == "assistant"
                && message.Parts is [{ Text: { } text }]
                && !text.StartsWith("<|channel|>", StringComparison.Ordinal)
            )
            {
                message.Parts[0] = message.Parts[0] with { Text = "<|channel|>final<|message|>" + text };
            }
        }
    }

    private string Channels(string? system)
    {
        string today = _model.Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string head =
            "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\n"
            + $"Knowledge cutoff: 2024-06\nCurrent date: {today}\n\nReasoning: medium\n\n"
            + "# Valid channels: analysis, commentary, final. Channel must be included for every message.<|end|>";
        return system is null ? head
            : system.StartsWith("<|start|>", StringComparison.Ordinal) ? system
            : $"{head}<|start|>developer<|message|># Instructions\n\n{system}<|end|>";
    }

    private SwiftConversation WithSystem(SwiftConversation conversation)
    {
        SwiftMessage first = conversation.Messages[0];
        if (_template.PutsSystemInQuestion && conversation.System is { } text)
        {
            first.Parts[0] = first.Parts[0] with { Text = $"{text}\n\n{first.Parts[0].Text}" };
            conversation = conversation with { System = null };
        }

        string? system = conversation.System ?? _settings.System ?? _template.DefaultSystem;
        if (conversation.Tools.Count == 0)
        {
            return conversation with { System = system };
        }

        (system, string question) = _agent!.AddTools(conversation.Tools, system, first.Text);
        first.Parts[0] = first.Parts[0] with { Text = question };
        return conversation with { System = system };
    }

    private IEnumerable<AuditedRow> Cut(AuditedRow row)
    {
        if (_settings.MaxLength is not int limit || row.InputIds.Length <= limit)
        {
            return [row];
        }

        int length = row.InputIds.Length;
        return _settings.Truncation switch
        {
            "left" => [Slice(row, length - limit, length)],
            "right" => [Slice(row, 0, limit)],
            "split" =>
            [
                .. Enumerable
                    .Range(0, (length + limit - 1) / limit)
                    .Select(i => Slice(row, i * limit, Math.Min(length, (i + 1) * limit))),
            ],
            _ => throw new RefusedRowException($"it has {length} tokens, max_length is {limit}: ms-swift deletes it"),
        };
    }

    private static AuditedRow Slice(AuditedRow row, int start, int end) =>
        SwiftEncoder.WithFirstIgnored(
            row with
            {
                InputIds = row.InputIds[start..end],
                Labels = row.Labels[start..end],
                Weights = row.Weights?[start..end],
            }
        );
}
