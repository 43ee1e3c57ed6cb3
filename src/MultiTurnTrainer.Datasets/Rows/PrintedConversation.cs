namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What a rendered text holds of each message and of the tools: gathered in one pass over its spans.</summary>
internal sealed class PrintedConversation
{
    // Fewer are labels: "System:", "Today is".
    private const int InjectedWords = 3;

    private static readonly SearchValues<char> _letters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    private readonly PrintedMessage[] _messages;
    private readonly HashSet<int> _tools = [];
    private int _tool = -1;

    /// <summary>Reads the spans.</summary>
    /// <param name="rendered">The rendered conversation.</param>
    /// <param name="messages">How many messages were rendered.</param>
    public PrintedConversation(RenderedText rendered, int messages)
    {
        _messages = new PrintedMessage[messages];
        for (int i = 0; i < messages; i++)
        {
            _messages[i] = new PrintedMessage();
        }

        int firstData = -1;
        IReadOnlyList<RenderedSpan> spans = rendered.Spans;
        for (int i = 0; i < spans.Count; i++)
        {
            RenderedSpan span = spans[i];
            ReadOnlySpan<char> text = rendered.Text.AsSpan(span.Start, span.End - span.Start);
            Origin origin = span.Origin;
            if (span.Context >= 0)
            {
                _messages[span.Context].AddEmitted(span, text);
            }

            if (origin.MessageIndex >= 0)
            {
                _messages[origin.MessageIndex].Add(span, i, text);
            }

            if (origin.Kind == OriginKind.Tool)
            {
                HasTools = true;
                AddTool(origin.ToolIndex);
            }

            HasDate |= origin.VariableName == "now";
            if (firstData < 0 && (origin.Kind == OriginKind.Tool || IsData(origin)))
            {
                firstData = span.Start;
            }
        }

        HasInjectedText = firstData > 0 && Words(rendered.Text.AsSpan(0, firstData)) >= InjectedWords;
    }

    /// <summary>Whether anything of the declared tools is in the text.</summary>
    public bool HasTools { get; }

    /// <summary>Whether anything of one of the declared tools is in the text; of a list that was printed whole, all are.</summary>
    public bool HasTool(int tool) => _tools.Contains(tool) || _tools.Contains(-1);

    /// <summary>Whether the date of the rendering is in the text.</summary>
    public bool HasDate { get; }

    /// <summary>Whether sentences that nobody wrote stand before the conversation.</summary>
    public bool HasInjectedText { get; }

    /// <summary>What was printed of a message.</summary>
    public PrintedMessage this[int message] => _messages[message];

    // Most spans are of the same tool as the one before.
    private void AddTool(int tool)
    {
        if (tool != _tool || _tools.Count == 0)
        {
            _tools.Add(tool);
            _tool = tool;
        }
    }

    private static bool IsData(Origin origin) => origin.MessageIndex >= 0 && origin.Field != MessageField.Role;

    private static int Words(ReadOnlySpan<char> text)
    {
        int words = 0;
        foreach (Range range in text.Split(' '))
        {
            words += range.End.Value > range.Start.Value && !text[range].ContainsAnyExcept(_letters) ? 1 : 0;
        }

        return words;
    }
}
