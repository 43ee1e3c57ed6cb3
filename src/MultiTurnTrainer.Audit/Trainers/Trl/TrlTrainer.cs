// Folder Trl: what TRL's SFTTrainer trains on.
// Refuses to know: other trainers, masks of mtt.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.Trl;

/// <summary>
/// TRL 1.16: <c>SFTTrainer._prepare_dataset</c>. Labels are where all masks agree that there are: the assistant's, from the
/// generation blocks of a template of TRL's own, and the completion's.
/// </summary>
internal sealed class TrlTrainer : ITrainer
{
    private readonly TrainerModel _model;
    private readonly TrlSettings _settings;
    private readonly TrainingTemplate? _training;

    public TrlTrainer(TrainerModel model, TrlSettings settings)
    {
        _model = model;
        _settings = settings;
        _training = settings.AssistantOnly ? TrainingTemplate.For(model.Template) : null;
    }

    public string Name => "TRL 1.16.0";

    public IReadOnlyList<AuditedRow> Build(JsonFields row)
    {
        object? tools = Tools(row);
        bool isPair = row.ContainsKey("prompt");
        List<JsonFields> prompt = isPair ? Messages(row, "prompt") : [];
        List<JsonFields> messages = isPair
            ? [.. prompt, .. Messages(row, "completion")]
            : Messages(row, row.ContainsKey("messages") ? "messages" : "conversations");
        JsonFields? variables = row.Get("chat_template_kwargs") as JsonFields;
        RenderedText rendered = _model.Render(messages, tools, variables: variables, template: Template());
        LocatedTokens tokens = _model.Locate(rendered.Text);
        bool[] supervised = new bool[tokens.Ids.Length];
        Array.Fill(supervised, true);
        if (_settings.AssistantOnly)
        {
            And(supervised, AssistantMask(rendered, tokens, messages));
        }

        if (isPair && _settings.CompletionOnly != false)
        {
            string asked = _model.RenderText(prompt, tools, true, variables, Template());
            int common = tokens.Ids.AsSpan().CommonPrefixLength(_model.Encode(asked));
            supervised.AsSpan(0, common).Clear();
        }

        return [Cut(row.Text("id"), tokens.Ids, supervised)];
    }

    private ChatTemplate? Template()
    {
        if (!_settings.AssistantOnly)
        {
            return null;
        }

        return _training?.Template
            ?? (
                _model.Template.HasGenerationBlocks
                    ? null
                    : throw new RefusedRowException(
                        "the template is not training-compatible: it has no generation block, and TRL has no copy of it that does"
                    )
            );
    }

    private bool[] AssistantMask(RenderedText rendered, LocatedTokens tokens, List<JsonFields> messages)
    {
        bool[] mask = new bool[tokens.Ids.Length];
        foreach ((int start, int end) in GenerationBlocks(rendered, messages))
        {
            int first = tokens.TokenAt(start);
            if (first < 0)
            {
                break;
            }

            // A last character that no token holds leaves the block open to the end, as in transformers.
            int last = tokens.TokenAt(end - 1);
            Array.Fill(mask, true, first, (last < 0 ? mask.Length : last + 1) - first);
        }

        return Array.IndexOf(mask, true) >= 0
            ? mask
            : throw new RefusedRowException("no token is the assistant's, which stops TRL's run");
    }

    private IEnumerable<(int Start, int End)> GenerationBlocks(RenderedText rendered, List<JsonFields> messages) =>
        _training is not null
            ? _training.Blocks(rendered, messages)
            : rendered
                .Spans.Where(span => (span.Traits & SpanTraits.Generation) != 0 && span.End > span.Start)
                .Select(span => (span.Start, span.End));

    private AuditedRow Cut(string? id, int[] ids, bool[] supervised)
    {
        if (_settings.MaxLength is int limit && ids.Length > limit)
        {
            (ids, supervised) = _settings.KeepEnd
                ? (ids[^limit..], supervised[^limit..])
                : (ids[..limit], supervised[..limit]);
        }

        if (Array.IndexOf(supervised, true) < 0)
        {
            throw new RefusedRowException("nothing of it is supervised once it is cut: TRL drops it without a count");
        }

        return new AuditedRow(id, ids, [.. ids.Select((token, i) => supervised[i] ? token : AuditedRow.Ignored)]);
    }

    private static void And(bool[] mask, bool[] other)
    {
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] &= other[i];
        }
    }

    private static object? Tools(JsonFields row)
    {
        if (row.Text("tools") is not { } text)
        {
            return row.Get("tools");
        }

        return RowTree.TryParse(text, out object? tools)
            ? tools
            : throw new RefusedRowException("'tools' is a text that is no JSON");
    }

    private List<JsonFields> Messages(JsonFields row, string name)
    {
        if (row.Get(name) is string)
        {
            throw new RefusedRowException($"'{name}' is a plain text: only lists of messages are reproduced");
        }

        List<JsonFields> messages = RowTree.Objects(row.Get(name), name);
        messages = name == "conversations" ? [.. messages.Select(FromShareGpt)] : messages;
        return _settings.AssistantOnly ? messages : _model.WithTextArguments(messages);
    }

    private static JsonFields FromShareGpt(JsonFields turn) =>
        new()
        {
            ["role"] = turn.Text("from") switch
            {
                "human" => "user",
                "gpt" => "assistant",
                var other => other,
            },
            ["content"] = turn.Get("value"),
        };
}
