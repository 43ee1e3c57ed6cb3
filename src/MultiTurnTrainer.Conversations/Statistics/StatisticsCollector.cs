using System.Text;
using MultiTurnTrainer.Conversations.Duplicates;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Statistics;

/// <summary>Reads files once and counts. Rows with errors are counted as findings and left out of the lengths.</summary>
public sealed class StatisticsCollector
{
    private const int MostTools = 1000;

    private readonly StatisticsOptions _options;
    private readonly DatasetStatistics _statistics;
    private readonly List<int> _lengths = [];
    private readonly List<Role> _roles = [];

    /// <param name="options">The choices.</param>
    public StatisticsCollector(StatisticsOptions options)
    {
        _options = options;
        _statistics = new DatasetStatistics
        {
            Unit = options.Model is null ? "characters" : "tokens",
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
            Conversion = new ConversionOptions { Preference = _options.Preference },
            AcceptRow = Add,
        };
        _statistics.Summary = new Validator(options, _ => { }).Run(paths);
        return _statistics;
    }

    private void Add(Row row)
    {
        _lengths.Clear();
        _roles.Clear();
        bool reasoning = false;
        int text = 0;
        foreach (ref readonly MessageView message in row.Messages)
        {
            string role = Roles.Name(message.Role);
            bool learned = message.Role == Role.Assistant && !IsZero(row.Tape, message.Weight);
            int end = row.Tape[message.Token].Next;
            int length = 0;
            for (; text < row.Texts.Count && row.Texts[text].Token < end; text++)
            {
                TextToken piece = row.Texts[text];
                reasoning |= piece.IsReasoning;
                length += Field($"{role}.{(piece.IsReasoning ? "reasoning_content" : "content")}", piece.Utf8, learned);
            }

            if (message.CallCount > 0)
            {
                length += Field($"{role}.tool_calls", row.Tape.RawValue(message.Calls), learned);
                Count(row, message);
            }

            _lengths.Add(length);
            _roles.Add(message.Role);
            _statistics.Messages.Add(length);
            if (!_statistics.MessagesByRole.TryGetValue(role, out Distribution? ofRole))
            {
                _statistics.MessagesByRole[role] = ofRole = new Distribution();
            }

            ofRole.Add(length);
        }

        _statistics.WithReasoning += reasoning ? 1 : 0;
        _statistics.WithTools +=
            row.Tools >= 0 && row.Tape[row.Tools].Kind == JsonKind.Array && row.Tape.Length(row.Tools) > 0 ? 1 : 0;
        Whole();
    }

    private void Whole()
    {
        int total = _lengths.Sum();
        _statistics.Conversations.Add(total);
        int turns = 0;
        int turn = 0;
        for (int i = 0; i < _lengths.Count; i++)
        {
            bool starts = _roles[i] == Role.User && (i == 0 || _roles[i - 1] != Role.User);
            if (starts && turns > 0)
            {
                _statistics.Turns.Add(turn);
                turn = 0;
            }

            turns += starts ? 1 : 0;
            turn += turns > 0 ? _lengths[i] : 0;
        }

        if (turns > 0)
        {
            _statistics.Turns.Add(turn);
        }

        _statistics.TurnsPerConversation.Add(turns);
        if (_options is { MaxLength: { } limit, Truncate: { } truncate })
        {
            int? left = total <= limit ? total : truncate(_roles, _lengths, limit);
            _statistics.Truncated += left is { } kept && kept < total ? 1 : 0;
            _statistics.Unfit += left is null ? 1 : 0;
            if (left is { } length)
            {
                _statistics.AfterTruncation.Add(length);
            }
        }
    }

    private int Field(string name, ReadOnlySpan<byte> utf8, bool learned)
    {
        int length = _options.Model?.CountTokens(utf8) ?? Encoding.UTF8.GetCharCount(utf8);
        (long all, long taught) = _statistics.Fields.GetValueOrDefault(name);
        _statistics.Fields[name] = (all + length, taught + (learned ? length : 0));
        return length;
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

    private static bool IsZero(JsonTape tape, int weight) =>
        weight >= 0
        && tape[weight].Kind == JsonKind.Number
        && tape.Raw(weight).IndexOfAnyInRange((byte)'1', (byte)'9') < 0;
}
