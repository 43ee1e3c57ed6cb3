// Folder Statistics: lengths, turns and shares of a data set.
// Refuses to know: rules, outputs.
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Reads files once and counts. Rows with errors are counted as findings and left out of the lengths.</summary>
public sealed class StatisticsCollector
{
    private const int MostTools = 1000;

    private readonly StatisticsOptions _options;
    private readonly DatasetStatistics _statistics;
    private readonly List<int> _lengths = [];
    private readonly List<int> _supervised = [];
    private readonly List<Role> _roles = [];

    /// <param name="options">The choices.</param>
    public StatisticsCollector(StatisticsOptions options)
    {
        _options = options;
        _statistics = new DatasetStatistics
        {
            Unit = options.Model is null ? "characters" : "tokens",
            OfRows = options.Measure is not null,
            MaxLength = options.MaxLength,
        };
    }

    /// <summary>Counts some files.</summary>
    /// <exception cref="Files.MttException">A file cannot be read.</exception>
    public DatasetStatistics Run(IEnumerable<string> paths)
    {
        ValidationOptions options = new()
        {
            Duplicates = DuplicateMode.All,
            Model = _options.Model,
            Conversion = _options.Conversion,
            AcceptRow = Add,
        };
        _statistics.Summary = new Validator(options, _ => { }).Run(paths);
        return _statistics;
    }

    private void Add(Row row)
    {
        _lengths.Clear();
        _supervised.Clear();
        _roles.Clear();
        foreach (ref readonly MessageView message in row.Messages)
        {
            _roles.Add(message.Role);
            Count(row, message);
        }

        _options.Follow?.Invoke(Parse(row));
        _statistics.WithReasoning += HasReasoning(row) ? 1 : 0;
        _statistics.WithTools +=
            row.Tools >= 0 && row.Tape[row.Tools].Kind == JsonKind.Array && row.Tape.Length(row.Tools) > 0 ? 1 : 0;
        if (_options.Measure is null)
        {
            Texts(row);
            int total = _lengths.Sum();
            int? left =
                _options is { MaxLength: { } limit, Truncate: { } truncate } && total > limit
                    ? truncate(_roles, _lengths, limit)
                    : total;
            Whole(total, left);
        }
        else if (_options.Measure.Measure(Parse(row)) is { } measured)
        {
            _lengths.AddRange(measured.MessageTokens);
            _supervised.AddRange(measured.MessageSupervised);
            foreach ((string field, (long all, long supervised)) in measured.Fields)
            {
                Field(field, all, supervised);
            }

            Whole(measured.Tokens, measured.Truncated);
        }
        else
        {
            _statistics.Refused++;
        }
    }

    private static Conversation Parse(Row row) =>
        Conversation.FromJson(new JsonView(row.Tape, 0), row.File, row.Record.Line);

    private static bool HasReasoning(Row row)
    {
        foreach (TextToken text in row.Texts)
        {
            if (text.IsReasoning)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Counts texts and calls without a template.</summary>
    private void Texts(Row row)
    {
        int text = 0;
        for (int i = 0; i < row.Messages.Length; i++)
        {
            MessageView message = row.Messages[i];
            string role = Roles.Name(message.Role);
            bool isSupervised = message.Role == Role.Assistant && row.Supervision.WeightOf(i) > 0;
            int end = row.Tape[message.Token].Next;
            int length = 0;
            int supervised = 0;
            for (; text < row.Texts.Count && row.Texts[text].Token < end; text++)
            {
                TextToken piece = row.Texts[text];
                int part = Length(piece.Utf8);
                string field = piece.IsReasoning ? "reasoning_content" : "content";
                int own =
                    !isSupervised ? 0
                    : !piece.IsReasoning && row.Supervision.InContent(i) is { } weights
                        ? CountSupervised(row, message.Content, piece, part, weights)
                    : part;
                Field($"{role}.{field}", part, own);
                length += part;
                supervised += own;
            }

            if (message.CallCount > 0)
            {
                int part = Length(row.Tape.RawValue(message.Calls));
                Field($"{role}.tool_calls", part, isSupervised ? part : 0);
                length += part;
                supervised += isSupervised ? part : 0;
            }

            _lengths.Add(length);
            _supervised.Add(supervised);
        }
    }

    /// <summary>How much of a content counts where its parts or ranges have weights of their own.</summary>
    private static int CountSupervised(Row row, int content, TextToken piece, int length, ContentWeights weights)
    {
        int index = 0;
        for (
            int at = content + 1;
            weights.Parts.Count > 0 && row.Tape[at].Next <= piece.Token && at < row.Tape[content].Next;
            at = row.Tape[at].Next
        )
        {
            index++;
        }

        return weights.Parts.Count > 0 && weights.Parts[index] == 0
            ? 0
            : Math.Max(
                0,
                length - weights.Ranges.Where(range => range.Weight == 0).Sum(range => range.End - range.Start)
            );
    }

    private int Length(ReadOnlySpan<byte> utf8) => _options.Model?.CountTokens(utf8) ?? Characters(utf8);

    /// <summary>Unicode characters: .NET counts those beyond the basic plane, four bytes in UTF-8, as two.</summary>
    private static int Characters(ReadOnlySpan<byte> utf8)
    {
        int count = Encoding.UTF8.GetCharCount(utf8);
        while (utf8.IndexOfAnyInRange((byte)0xF0, (byte)0xF4) is >= 0 and int at)
        {
            count--;
            utf8 = utf8[(at + 1)..];
        }

        return count;
    }

    private void Field(string name, long all, long supervised)
    {
        (long allBefore, long supervisedBefore) = _statistics.Fields.GetValueOrDefault(name);
        _statistics.Fields[name] = (allBefore + all, supervisedBefore + supervised);
    }

    /// <summary>Counts a conversation whose messages' roles and lengths are known.</summary>
    private void Whole(int total, int? afterTruncation)
    {
        _statistics.Conversations.Add(total);
        for (int i = 0; i < _lengths.Count; i++)
        {
            string role = Roles.Name(_roles[i]);
            _statistics.Messages.Add(_lengths[i]);
            if (!_statistics.MessagesByRole.TryGetValue(role, out Distribution? ofRole))
            {
                _statistics.MessagesByRole[role] = ofRole = new Distribution();
            }

            ofRole.Add(_lengths[i]);
        }

        Turns();
        if (_options.MaxLength is null)
        {
            return;
        }

        _statistics.Truncated += afterTruncation < total ? 1 : 0;
        _statistics.Unfit += afterTruncation is null ? 1 : 0;
        if (afterTruncation is { } left)
        {
            _statistics.AfterTruncation.Add(left);
        }
    }

    private void Turns()
    {
        int[] numbers = Turn.Numbers(_roles);
        for (int i = 0; i < numbers.Length; i++)
        {
            if (_supervised[i] > 0)
            {
                long before = _statistics.SupervisedByTurn.GetValueOrDefault(numbers[i]);
                _statistics.SupervisedByTurn[numbers[i]] = before + _supervised[i];
            }
        }

        Turn[] turns = [.. Turn.Of(_roles).Where(turn => turn.Users.Count > 0)];
        foreach (Turn turn in turns)
        {
            _statistics.Turns.Add(turn.Messages.Sum(message => _lengths[message]));
        }

        _statistics.TurnsPerConversation.Add(turns.Length);
    }

    private void Count(Row row, MessageView message)
    {
        for (int c = message.FirstCall; c < message.FirstCall + message.CallCount; c++)
        {
            _statistics.CallCount++;
            string name = row.Calls[c].Name >= 0 ? row.Tape.String(row.Calls[c].Name) : "";
            if (_statistics.Calls.Count < MostTools || _statistics.Calls.ContainsKey(name))
            {
                _statistics.Calls[name] = _statistics.Calls.GetValueOrDefault(name) + 1;
            }
        }
    }
}
