// Folder Unsloth: what Unsloth's train_on_responses_only trains.
// Refuses to know: other trainers, masks of mtt.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.Unsloth;

/// <summary>
/// Unsloth 2026.10, the notebooks' recipe: the rendered text is tokenized again, cut at its end, and what stands behind a marker
/// of an answer, up to the next sign of an end, is trained.
/// </summary>
internal sealed class UnslothTrainer : ITrainer
{
    private readonly TrainerModel _model;
    private readonly UnslothSettings _settings;
    private readonly MarkerTokens _question;
    private readonly MarkerTokens _answer;
    private readonly int? _opener;
    private readonly int? _eos;
    private readonly int? _bos;

    public UnslothTrainer(TrainerModel model, UnslothSettings settings)
    {
        _model = model;
        _settings = settings;
        (string instruction, string response) =
            settings.InstructionPart is null || settings.ResponsePart is null
                ? new GuessedMarkers(model).Find()
                : (settings.InstructionPart, settings.ResponsePart);
        _question = Marker(instruction);
        _answer = Marker(response);
        _eos = model.IdOf(model.Eos);
        _bos = model.IdOf(model.Bos);
        int first = _question.Core[0];
        _opener = first == _answer.Core[0] && model.Tokenizer.IsSpecial(first) ? first : null;
    }

    public string Name => "Unsloth 2026.10.9";

    public IReadOnlyList<AuditedRow> Build(JsonFields row)
    {
        object? tools = row.Get("tools");
        if (RowTree.Text(tools) is { } text)
        {
            tools = RowTree.TryParse(text, out object? parsed) ? parsed : null;
        }

        List<JsonFields> messages = _model.WithTextArguments(RowTree.Objects(row.Get("messages"), "messages"));
        string rendered = _model.RenderText(messages, tools);
        int[] ids = _model.Encode(rendered, AddsSpecialTokens(rendered));
        if (_settings.MaxLength is int limit && ids.Length > limit)
        {
            ids = ids[..limit];
        }

        int[] labels = new int[ids.Length];
        Array.Fill(labels, AuditedRow.Ignored);
        List<(int Start, int End)> spans = Spans(ids);
        foreach ((int start, int end) in _settings.LastOnly ? spans.TakeLast(1) : spans)
        {
            Array.Copy(ids, start, labels, start, end - start);
        }

        return Array.TrueForAll(labels, label => label == AuditedRow.Ignored)
            ? throw new RefusedRowException("no token of it is trained: Unsloth drops it")
            : [new AuditedRow(row.Text("id"), ids, labels)];
    }

    private MarkerTokens Marker(string marker) =>
        MarkerTokens.Of(marker, text => _model.Encode(text), _settings.ForceMatch)
        ?? throw new RefusedRowException($"the marker {marker} has no tokens that stay the same");

    // The text has its bos already where it begins with it, or where the template speaks of it.
    private bool AddsSpecialTokens(string text) =>
        _model.Bos is not { } bos
        || !(
            text.StartsWith(bos, StringComparison.Ordinal)
            || _model.Template.Source.Contains(bos, StringComparison.Ordinal)
            || _model.Template.Source.Contains("bos_token", StringComparison.Ordinal)
        );

    private List<(int Start, int End)> Spans(int[] ids)
    {
        List<(int Start, int End)> spans = [];
        int at = 0;
        while (at < ids.Length)
        {
            if (!Stands(_answer, ids, at))
            {
                at++;
                continue;
            }

            int start = at + _answer.Core.Length;
            foreach (int token in _answer.Right)
            {
                if (start >= ids.Length || ids[start] != token)
                {
                    break;
                }

                start++;
            }

            int end = End(ids, start);
            spans.Add((start, end));
            at = Math.Max(end, start);
        }

        return spans;
    }

    private int End(int[] ids, int start)
    {
        for (int i = start; i < ids.Length; i++)
        {
            if (ids[i] == _eos)
            {
                return i + 1;
            }

            if (ids[i] == _bos || ids[i] == _opener || Stands(_answer, ids, i))
            {
                return i;
            }

            if (Stands(_question, ids, i))
            {
                foreach (int token in _question.Left.Reverse())
                {
                    if (i <= start || ids[i - 1] != token)
                    {
                        break;
                    }

                    i--;
                }

                return i;
            }
        }

        return ids.Length;
    }

    private static bool Stands(MarkerTokens marker, int[] ids, int at) => ids.AsSpan(at).StartsWith(marker.Core);
}
