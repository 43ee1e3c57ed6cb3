// Folder Axolotl: what Axolotl's chat_template data sets train.
// Refuses to know: other trainers, masks of mtt.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.Axolotl;

/// <summary>
/// Axolotl 0.19, <c>ChatTemplateStrategy</c>: a turn is where the text changes when its message is exchanged for a dummy; its
/// stop token is the first one within three tokens.
/// </summary>
internal sealed class AxolotlTrainer : ITrainer
{
    private const int StopDistance = 3;
    private static readonly string[] _dummies = ["[[dummy_message]]", "zzdummymessagezz"];

    private readonly TrainerModel _model;
    private readonly AxolotlSettings _settings;
    private readonly AxolotlMessages _messages;
    private readonly ChatTemplate _template;
    private readonly HashSet<int> _eot;
    private readonly int? _eos;

    public AxolotlTrainer(TrainerModel model, AxolotlSettings settings, ChatTemplate? template)
    {
        _model = model;
        _settings = settings;
        _template = template ?? model.Template;
        _messages = new AxolotlMessages(settings, _template.Source);
        _eos = model.IdOf(model.Eos);
        _eot =
        [
            .. EotTokens().Select(token => model.Encode(token)).Where(ids => ids.Length == 1).Select(ids => ids[0]),
        ];
    }

    public string Name => "Axolotl 0.19.0";

    public IReadOnlyList<AuditedRow> Build(JsonFields row)
    {
        JsonFields clean = (JsonFields)RowTree.WithoutNulls(row)!;
        List<AxolotlTurn> turns = _messages.Read(clean);
        object? tools = _messages.Tools(clean);
        string text = Render(turns.Select(turn => turn.Message), tools);
        LocatedTokens tokens = _model.Locate(text);
        int[] labels = new int[tokens.Ids.Length];
        Array.Fill(labels, AuditedRow.Ignored);
        int lastEot = -1;
        int lastEos = -1;
        for (int i = 0; i < turns.Count; i++)
        {
            bool isTrained = IsTrained(turns[i]);
            if (!isTrained && _settings.TrainOnEos != EndTraining.All && _settings.TrainOnEot != EndTraining.All)
            {
                continue;
            }

            (int start, int end) = Find(turns, i, tools, text, tokens);
            if (isTrained && start >= 0 && end >= 0)
            {
                Train(turns[i], tokens, labels, start, end);
            }

            TrainEnd(tokens.Ids, labels, end, isTrained, _settings.TrainOnEot, id => _eot.Contains(id), ref lastEot);
            TrainEnd(tokens.Ids, labels, end, isTrained, _settings.TrainOnEos, id => id == _eos, ref lastEos);
        }

        TrainLast(tokens.Ids, labels, _settings.TrainOnEot, lastEot);
        TrainLast(tokens.Ids, labels, _settings.TrainOnEos, lastEos);
        return [Cut(new AuditedRow(row.Text("id"), tokens.Ids, labels))];
    }

    private IEnumerable<string> EotTokens()
    {
        if (_settings.EotTokens is not { } given)
        {
            return _model.Eos is null ? [] : [_model.Eos];
        }

        return given is [var one] && one == _model.Eos
            ? given
            : given.Where(token => _template.Source.Contains(token, StringComparison.Ordinal));
    }

    private string Render(IEnumerable<JsonFields> messages, object? tools) =>
        _model.RenderText(messages, tools, variables: _settings.Variables, template: _template);

    private bool IsTrained(AxolotlTurn turn) =>
        turn.Training is not null ? RowTree.IsTrue(turn.Training)
        : turn.HasDetail ? turn.Detail.Count > 0
        : _settings.TrainOnInputs || _settings.RolesToTrain.Contains(turn.Role);

    /// <summary>The tokens of a turn; (−1, −1) where it is not found.</summary>
    private (int Start, int End) Find(
        List<AxolotlTurn> turns,
        int index,
        object? tools,
        string text,
        LocatedTokens tokens
    )
    {
        // Some templates print no system message alone; Axolotl knows them by the name of the model's folder.
        if (
            index == 0
            && turns[0].Role == "system"
            && _model.Folder.Contains("mistral", StringComparison.OrdinalIgnoreCase)
        )
        {
            return (-1, -1);
        }

        int from = int.MaxValue;
        int to = -1;
        foreach (string dummy in _dummies)
        {
            JsonFields message = new() { ["role"] = turns[index].Role, ["content"] = dummy };
            if (turns[index].HasDetail && turns[index].Message.Get(_settings.ThinkingKey) is { } reasoning)
            {
                message[_settings.ThinkingKey] = reasoning;
            }

            string other = Render(turns.Select((turn, i) => i == index ? message : turn.Message), tools);
            int same = text.AsSpan().CommonPrefixLength(other);
            if (same == Math.Min(text.Length, other.Length))
            {
                continue;
            }

            from = Math.Min(from, same);
            to = Math.Max(to, text.Length - CommonSuffix(text, other, same));
        }

        if (to <= from)
        {
            return (-1, -1);
        }

        int first = Array.FindIndex(tokens.Ends, end => end > from);
        int last = Array.FindIndex(tokens.Starts, start => start >= to);
        return first < 0 ? (-1, -1) : (first, last < 0 ? tokens.Ids.Length : last);
    }

    private static int CommonSuffix(string one, string other, int prefix)
    {
        int most = Math.Min(one.Length, other.Length) - prefix;
        int same = 0;
        while (same < most && one[^(same + 1)] == other[^(same + 1)])
        {
            same++;
        }

        return same;
    }

    private void Train(AxolotlTurn turn, LocatedTokens tokens, int[] labels, int start, int end)
    {
        if (turn.Detail.Count == 0)
        {
            Array.Copy(tokens.Ids, start, labels, start, end - start);
            return;
        }

        string content =
            turn.Message.Text("content")
            ?? throw new RefusedRowException("training_detail is not supported where content is not a text");
        bool[] supervised = TrainingDetail.FindSupervised(_model.Locate(content), content, turn.Detail);
        for (int i = 0; i < supervised.Length && start + i < labels.Length; i++)
        {
            if (supervised[i])
            {
                labels[start + i] = tokens.Ids[start + i];
            }
        }
    }

    private static void TrainEnd(
        int[] ids,
        int[] labels,
        int end,
        bool isTrained,
        EndTraining option,
        Func<int, bool> ends,
        ref int last
    )
    {
        int found = FirstEnd(ids, end, ends);
        if (found < 0 || Math.Abs(found - end) > StopDistance)
        {
            return;
        }

        last = found;
        if (option == EndTraining.All || (option == EndTraining.Turn && isTrained))
        {
            labels[found] = ids[found];
        }
    }

    // A turn that was not found has its end at −1, where Python reads the last token; found there, it is not found.
    private static int FirstEnd(int[] ids, int from, Func<int, bool> ends)
    {
        if (from < 0 && ids.Length > 0 && ends(ids[^1]))
        {
            return -1;
        }

        int start = Math.Max(0, from);
        return start >= ids.Length ? -1 : Array.FindIndex(ids, start, id => ends(id));
    }

    private static void TrainLast(int[] ids, int[] labels, EndTraining option, int last)
    {
        if (option == EndTraining.Last && last >= 0)
        {
            labels[last] = ids[last];
        }
    }

    private AuditedRow Cut(AuditedRow row)
    {
        int limit = _settings.SequenceLength;
        if (row.InputIds.Length <= limit)
        {
            return row;
        }

        return _settings.Excess == "truncate"
            ? row with
            {
                InputIds = row.InputIds[..limit],
                Labels = row.Labels[..limit],
            }
            : throw new RefusedRowException($"it has {row.InputIds.Length} tokens, sequence_len is {limit}");
    }
}
