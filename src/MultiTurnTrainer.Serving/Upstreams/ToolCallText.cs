namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>
/// Finds the calls in what a local model writes: <c>&lt;tool_call&gt;{"name", "arguments"}&lt;/tool_call&gt;</c>, the form of the Hermes
/// and Qwen templates. What is not of that form stays text.
/// </summary>
internal sealed class ToolCallText
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    private string _held = "";

    /// <summary>The calls so far, in OpenAI's form.</summary>
    public List<object?> Calls { get; } = [];

    /// <summary>The text that may be shown now that more has come.</summary>
    public string Take(string text, bool isLast)
    {
        _held += text;
        StringBuilder shown = new();
        while (_held.IndexOf(Open, StringComparison.Ordinal) is var open and >= 0)
        {
            shown.Append(_held, 0, open);
            int close = _held.IndexOf(Close, open, StringComparison.Ordinal);
            if (close < 0)
            {
                _held = _held[open..];
                return isLast ? shown + Drain() : shown.ToString();
            }

            string body = _held[(open + Open.Length)..close];
            if (!TryAdd(body))
            {
                shown.Append(_held, open, close + Close.Length - open);
            }

            _held = _held[(close + Close.Length)..].TrimStart('\n');
        }

        int keep = isLast ? 0 : HeldBack();
        shown.Append(_held, 0, _held.Length - keep);
        _held = _held[(_held.Length - keep)..];
        return Calls.Count > 0 && string.IsNullOrWhiteSpace(shown.ToString()) ? "" : shown.ToString();
    }

    private string Drain()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>How much of the end may be the beginning of a call.</summary>
    private int HeldBack()
    {
        for (int length = Math.Min(Open.Length - 1, _held.Length); length > 0; length--)
        {
            if (_held.EndsWith(Open[..length], StringComparison.Ordinal))
            {
                return length;
            }
        }

        return 0;
    }

    private bool TryAdd(string body)
    {
        try
        {
            JsonView call = JsonView.Parse(body);
            if (call.GetString("name") is not { } function)
            {
                return false;
            }

            Calls.Add(
                new JsonFields
                {
                    ["index"] = Calls.Count,
                    ["id"] = $"call_{Guid.NewGuid():N}",
                    ["type"] = "function",
                    ["function"] = new JsonFields
                    {
                        ["name"] = function,
                        ["arguments"] = call.Get("arguments") is { } arguments ? JsonText.Line(arguments) : "{}",
                    },
                }
            );
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
