using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>From messages to pieces with weights, and from those to tokens with labels.</summary>
internal sealed class SwiftEncoder
{
    private readonly TrainerModel _model;
    private readonly SwiftSettings _settings;
    private readonly SwiftTemplate _template;
    private readonly string[] _stopWords;
    private readonly int[] _suffix;
    private readonly int[] _before;
    private readonly string _opening;
    private readonly int[] _after;

    public SwiftEncoder(TrainerModel model, SwiftSettings settings, SwiftTemplate template, bool thinks)
    {
        _opening = thinks ? template.ThinkingPrefix : template.NonThinkingPrefix;
        _model = model;
        _settings = settings;
        _template = template;
        _stopWords =
        [
            .. new[] { template.Suffix[^1].Trim(), model.Eos }.OfType<string>().Where(word => word.Length > 0),
        ];
        _suffix = [.. template.Suffix.SelectMany(Tokens)];
        int[] around = template.AddsBos ? model.Encode("a", addSpecialTokens: true) : [];
        int at = template.AddsBos ? Array.IndexOf(around, model.Encode("a")[0]) : 0;
        (_before, _after) = template.AddsBos ? (around[..at], around[(at + 1)..]) : ([], []);
    }

    /// <summary>A piece of the conversation: its text, or its tokens, and its weight.</summary>
    private readonly record struct Piece(string Text, int[]? Ids, float Weight);

    /// <summary>Encodes a conversation.</summary>
    /// <exception cref="RefusedRowException">ms-swift refuses it.</exception>
    public AuditedRow Encode(SwiftConversation conversation)
    {
        List<SwiftMessage> messages = conversation.Messages;
        if (messages.Count > 0 && messages[0].Role == "assistant")
        {
            messages.Insert(0, new SwiftMessage { Role = "user", Parts = [new SwiftPart("", null, null)] });
        }

        if (messages.Count % 2 == 1)
        {
            messages.Add(new SwiftMessage { Role = "assistant" });
        }

        List<Piece> pieces = [];
        pieces.Add(new Piece("", _before, 0));
        string? system = conversation.System;
        if (system is not null && _template.SystemPrefix is null)
        {
            throw new RefusedRowException("the template does not support a system message");
        }

        bool hasSystem = !string.IsNullOrEmpty(system);
        AddOther(pieces, hasSystem ? _template.SystemPrefix! : _template.Prefix, "{{SYSTEM}}", system ?? "");
        int last = messages.FindLastIndex(message => message.Role is "user" or "tool");
        for (int i = 0; i < messages.Count; i += 2)
        {
            AddRound(pieces, messages, i, isLastRound: i >= last);
        }

        pieces.Add(new Piece("", _after, Weight(isLastRound: true, null)));
        return Labelled(Joined(pieces));
    }

    private void AddRound(List<Piece> pieces, List<SwiftMessage> messages, int at, bool isLastRound)
    {
        (SwiftMessage question, SwiftMessage answer) = (messages[at], messages[at + 1]);
        if (question.Role is not ("user" or "tool") || answer.Role != "assistant")
        {
            throw new RefusedRowException("its roles do not alternate");
        }

        AddOther(
            pieces,
            question.Pieces ?? _template.Prompt,
            question.Pieces is null ? "{{QUERY}}" : "\0none",
            question.Pieces is null && question.Parts is [{ Text: null }]
                ? throw new RefusedRowException("a question's content is null")
                : question.Text
        );
        bool isEnd = at + 2 == messages.Count;
        if (answer.Parts.Count == 0 || answer.Parts is [{ Text: null }])
        {
            if (!isEnd)
            {
                throw new RefusedRowException("an answer's content is null");
            }

            // As if it were to be answered.
            AddOther(pieces, [_opening], "\0none", "");
            return;
        }

        foreach (SwiftPart part in answer.Parts)
        {
            AddAnswer(pieces, part, isLastRound);
        }

        if (!isEnd)
        {
            if (messages[at + 2].Role != "tool")
            {
                AddOther(pieces, _template.Separator, "\0none", "");
            }
        }
        else if (
            _after.Length == 0
            && !Array.Exists(_stopWords, word => (answer.Parts[^1].Text ?? "").EndsWith(word, StringComparison.Ordinal))
        )
        {
            float weight = Weight(isLastRound, null);
            pieces.AddRange(_template.Suffix.Select(piece => PieceOf(piece, weight)));
        }
    }

    private void AddAnswer(List<Piece> pieces, SwiftPart part, bool isLastRound)
    {
        string text = part.Text ?? throw new RefusedRowException("an answer's content is null");
        if (Weight(isLastRound, part.Loss) == 0)
        {
            pieces.Add(new Piece(text, null, 0));
        }
        else if (part.Scale is float scale)
        {
            pieces.Add(new Piece(text, null, scale));
        }
        else
        {
            pieces.AddRange(
                _settings.LossScale.Pieces(text).Select(piece => new Piece(piece.Text, null, piece.Weight))
            );
        }
    }

    private float Weight(bool isLastRound, bool? loss) =>
        loss ?? (_settings.LossScale.Strategy != "last_round" || isLastRound) ? 1 : 0;

    private void AddOther(List<Piece> pieces, string[] texts, string placeholder, string content)
    {
        float weight = _settings.LossScale.Strategy == "all" ? 1 : 0;
        foreach (string text in texts)
        {
            string filled = text.Replace(placeholder, content, StringComparison.Ordinal);
            if (filled.Length > 0)
            {
                pieces.Add(PieceOf(filled, weight));
            }
        }
    }

    private Piece PieceOf(string text, float weight) =>
        text is SwiftTemplate.Bos or SwiftTemplate.Eos
            ? new Piece("", Tokens(text), weight)
            : new Piece(text, null, weight);

    private int[] Tokens(string piece) =>
        piece switch
        {
            SwiftTemplate.Bos => _model.IdOf(_model.Bos) is int bos ? [bos] : [],
            SwiftTemplate.Eos => _model.IdOf(_model.Eos) is int eos ? [eos] : [],
            _ => _model.Encode(piece),
        };

    /// <summary>Neighbouring texts of one weight as one.</summary>
    private static List<Piece> Joined(List<Piece> pieces)
    {
        List<Piece> joined = [];
        foreach (Piece piece in pieces.Where(piece => piece.Ids is null || piece.Ids.Length > 0))
        {
            if (piece.Ids is null && joined.Count > 0 && joined[^1].Ids is null && joined[^1].Weight == piece.Weight)
            {
                joined[^1] = joined[^1] with { Text = joined[^1].Text + piece.Text };
            }
            else
            {
                joined.Add(piece);
            }
        }

        return joined;
    }

    private AuditedRow Labelled(List<Piece> pieces)
    {
        List<int> ids = [];
        List<int> labels = [];
        List<float> weights = [];
        foreach (Piece piece in pieces)
        {
            int[] tokens = piece.Ids ?? _model.Encode(piece.Text);
            ids.AddRange(tokens);
            labels.AddRange(piece.Weight > 0 ? tokens : tokens.Select(_ => AuditedRow.Ignored));
            weights.AddRange(Enumerable.Repeat(piece.Weight, tokens.Length));
        }

        AddEnds(ids, labels, weights);
        return WithFirstIgnored(
            new AuditedRow(null, [.. ids], [.. labels], _settings.LossScale.HasWeights ? [.. weights] : null)
        );
    }

    /// <summary>Trains the end token behind a trained stretch.</summary>
    private void AddEnds(List<int> ids, List<int> labels, List<float> weights)
    {
        int start = 0;
        for (int i = 1; i <= labels.Count; i++)
        {
            if (i < labels.Count && labels[i - 1] >= 0 && labels[i] == AuditedRow.Ignored)
            {
                start = i;
            }
            else if (start > 0 && labels[i - 1] == AuditedRow.Ignored && (i == labels.Count || labels[i] >= 0))
            {
                bool ends = i - start >= _suffix.Length && ids.Skip(start).Take(_suffix.Length).SequenceEqual(_suffix);
                for (int j = start; ends && j < start + _suffix.Length; j++)
                {
                    labels[j] = ids[j];
                    weights[j] = weights[j] == 0 ? 1 : weights[j];
                }
            }
        }
    }

    /// <summary>ms-swift never trains the first token of a row.</summary>
    public static AuditedRow WithFirstIgnored(AuditedRow row)
    {
        if (row.Labels.Length > 0)
        {
            row.Labels[0] = AuditedRow.Ignored;
            row.Weights?.AsSpan(0, 1).Clear();
        }

        return row;
    }
}
